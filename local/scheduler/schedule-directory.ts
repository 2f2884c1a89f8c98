/** Finds and lists groups and schedules. */
import type { ListSchedulesInput, ListSchedulesOutput, ScheduleSummary } from '@aws-sdk/client-scheduler';
import { NameIndex } from '../serving/name-index.ts';
import type { Schedule } from './schedule-firing.ts';
import { notFound, validation } from './schedule-rules.ts';

interface ScheduleGroup {
  readonly schedules: Map<string, Schedule>;
  readonly names: NameIndex;
}

interface Position {
  readonly groupName: string;
  readonly name: string;
}

export class ScheduleDirectory {
  readonly #groups = new Map<string, ScheduleGroup>();
  readonly #groupNames = new NameIndex();

  addGroup(name: string): void {
    this.#groups.set(name, { schedules: new Map(), names: new NameIndex() });
    this.#groupNames.add(name);
  }

  hasGroup(name: string): boolean {
    return this.#groups.has(name);
  }

  group(name: string): ScheduleGroup {
    const group = this.#groups.get(name);
    if (group === undefined) throw notFound(`Schedule group ${name} does not exist.`);
    return group;
  }

  add(schedule: Schedule): void {
    const group = this.group(schedule.groupName);
    group.schedules.set(schedule.name, schedule);
    group.names.add(schedule.name);
  }

  remove(schedule: Schedule): void {
    schedule.revision += 1;
    const group = this.group(schedule.groupName);
    group.schedules.delete(schedule.name);
    group.names.remove(schedule.name);
  }

  find({ groupName, name }: Position): Schedule {
    const schedule = this.group(groupName).schedules.get(name);
    if (schedule === undefined) throw notFound(`Schedule ${name} does not exist.`);
    return schedule;
  }

  /** One page, by group and name. The token stays valid if schedules change between two pages. */
  list(request: ListSchedulesInput): ListSchedulesOutput {
    const after = request.NextToken === undefined ? undefined : positionIn(request.NextToken);
    const maxResults = request.MaxResults ?? 100;
    const Schedules: ScheduleSummary[] = [];
    let last: Schedule | undefined;
    for (const groupName of this.#groupsFrom(request.GroupName, after?.groupName)) {
      const afterName = after?.groupName === groupName ? after.name : undefined;
      for (const schedule of matching(this.group(groupName), request, afterName)) {
        if (last !== undefined && Schedules.length === maxResults) {
          return { Schedules, NextToken: tokenFor(last) };
        }
        Schedules.push(summary(schedule));
        last = schedule;
      }
    }
    return { Schedules };
  }

  *#groupsFrom(only: string | undefined, first = ''): Generator<string> {
    if (only !== undefined) yield only;
    else for (const name of this.#groupNames.withPrefix('')) if (name >= first) yield name;
  }
}

function* matching(
  group: ScheduleGroup,
  request: ListSchedulesInput,
  afterName: string | undefined,
): Generator<Schedule> {
  for (const name of group.names.withPrefix(request.NamePrefix ?? '', afterName)) {
    const schedule = group.schedules.get(name);
    if (schedule === undefined) continue;
    if (request.State === undefined || schedule.definition.shown.State === request.State) yield schedule;
  }
}

function summary(schedule: Schedule): ScheduleSummary {
  const { shown } = schedule.definition;
  return {
    Arn: schedule.arn,
    CreationDate: new Date(schedule.createdAtMs),
    GroupName: schedule.groupName,
    LastModificationDate: new Date(schedule.modifiedAtMs),
    Name: schedule.name,
    State: shown.State,
    Target: { Arn: shown.Target.Arn },
  };
}

function tokenFor(schedule: Schedule): string {
  return Buffer.from(`${schedule.groupName}/${schedule.name}`).toString('base64');
}

function positionIn(token: string): Position {
  const [groupName, name, ...rest] = Buffer.from(token, 'base64').toString().split('/');
  if (groupName === undefined || name === undefined || rest.length > 0)
    throw validation('Invalid NextToken.');
  return { groupName, name };
}
