/** Amazon EventBridge Scheduler in memory: the actions that the project uses, as strict as the real ones. Checks no permissions. */
import type {
  CreateScheduleGroupInput,
  CreateScheduleGroupOutput,
  CreateScheduleInput,
  CreateScheduleOutput,
  DeleteScheduleInput,
  DeleteScheduleOutput,
  GetScheduleInput,
  GetScheduleOutput,
  ListSchedulesInput,
  ListSchedulesOutput,
  UpdateScheduleInput,
  UpdateScheduleOutput,
} from '@aws-sdk/client-scheduler';
import { CallGate } from '../serving/call-gate.ts';
import type { Random } from '../serving/randomness.ts';
import { ScheduleDirectory } from './schedule-directory.ts';
import { type Delivery, type Schedule, ScheduleFiring } from './schedule-firing.ts';
import { checkListing, checkNames, checkSchedule, conflict, throttled } from './schedule-rules.ts';

export type SchedulerOperation =
  | 'CreateSchedule'
  | 'CreateScheduleGroup'
  | 'DeleteSchedule'
  | 'GetSchedule'
  | 'ListSchedules'
  | 'UpdateSchedule';

export interface SchedulerOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly random: Random;
  readonly region?: string;
  readonly accountId?: string;
  /** See `ScheduleFiringOptions`. */
  readonly delayMs?: (scheduledAtMs: number) => number;
  readonly lingerMs?: () => number;
}

export class Scheduler {
  readonly gate: CallGate<SchedulerOperation>;
  readonly #clock: () => number;
  readonly #arnPrefix: string;
  readonly #firing: ScheduleFiring;
  readonly #directory = new ScheduleDirectory();

  constructor(options: SchedulerOptions) {
    const { region = 'us-east-1', accountId = '123456789012' } = options;
    this.#clock = options.clock;
    this.#arnPrefix = `arn:aws:scheduler:${region}:${accountId}:`;
    this.#firing = new ScheduleFiring(options);
    this.gate = new CallGate(options.clock, throttled);
    this.#directory.addGroup('default');
  }

  createScheduleGroup(input: CreateScheduleGroupInput): CreateScheduleGroupOutput {
    return this.gate.run('CreateScheduleGroup', input, (request) => {
      const { name } = checkNames(request);
      if (this.#directory.hasGroup(name)) throw conflict(`Schedule group ${name} already exists.`);
      this.#directory.addGroup(name);
      return { ScheduleGroupArn: `${this.#arnPrefix}schedule-group/${name}` };
    });
  }

  createSchedule(input: CreateScheduleInput): CreateScheduleOutput {
    return this.gate.run('CreateSchedule', input, (request) => {
      const now = this.#clock();
      const definition = checkSchedule(request, now);
      const { name, groupName } = checkNames(request);
      this.#removeExpired();
      const creation = creationOf(request);
      const existing = this.#directory.group(groupName).schedules.get(name);
      if (existing !== undefined) {
        // ClientToken: a repeated request succeeds. Any other request for the same name is a conflict.
        if (!isRepetition(existing, creation)) throw conflict(`Schedule ${name} already exists.`);
        return { ScheduleArn: existing.arn };
      }
      const schedule: Schedule = {
        name,
        groupName,
        arn: `${this.#arnPrefix}schedule/${groupName}/${name}`,
        createdAtMs: now,
        modifiedAtMs: now,
        definition,
        revision: 0,
        creation,
      };
      this.#directory.add(schedule);
      this.#firing.arm(schedule);
      return { ScheduleArn: schedule.arn };
    });
  }

  /** "uses all values, including empty values, specified in the request and overrides the existing schedule". */
  updateSchedule(input: UpdateScheduleInput): UpdateScheduleOutput {
    return this.gate.run('UpdateSchedule', input, (request) => {
      const now = this.#clock();
      const definition = checkSchedule(request, now);
      const schedule = this.#schedule(request);
      schedule.definition = definition;
      schedule.modifiedAtMs = now;
      schedule.revision += 1;
      this.#firing.arm(schedule);
      return { ScheduleArn: schedule.arn };
    });
  }

  getSchedule(input: GetScheduleInput): GetScheduleOutput {
    return this.gate.run('GetSchedule', input, (request) => {
      const schedule = this.#schedule(request);
      const { shown } = schedule.definition;
      return {
        Arn: schedule.arn,
        GroupName: schedule.groupName,
        Name: schedule.name,
        CreationDate: new Date(schedule.createdAtMs),
        LastModificationDate: new Date(schedule.modifiedAtMs),
        ...shown,
        Target: { ...shown.Target, RetryPolicy: { ...shown.Target.RetryPolicy } },
      };
    });
  }

  deleteSchedule(input: DeleteScheduleInput): DeleteScheduleOutput {
    return this.gate.run('DeleteSchedule', input, (request) => {
      this.#directory.remove(this.#schedule(request));
      return {};
    });
  }

  listSchedules(input: ListSchedulesInput): ListSchedulesOutput {
    return this.gate.run('ListSchedules', input, (request) => {
      checkListing(request);
      this.#removeExpired();
      return this.#directory.list(request);
    });
  }

  /** The earliest instant at which something is due, epoch milliseconds. Undefined if nothing is planned. */
  nextDueAt(): number | undefined {
    return this.#firing.nextDueAt();
  }

  /** What is due by now. Report each with `delivered` or `failed`. */
  takeDue(): Delivery[] {
    return this.#firing.takeDue();
  }

  delivered(delivery: Delivery): void {
    this.#firing.delivered(delivery);
  }

  failed(delivery: Delivery): void {
    this.#firing.failed(delivery);
  }

  #schedule(request: { Name: string | undefined; GroupName?: string | undefined }): Schedule {
    const position = checkNames(request);
    this.#removeExpired();
    return this.#directory.find(position);
  }

  #removeExpired(): void {
    for (let gone = this.#firing.takeExpired(); gone !== undefined; gone = this.#firing.takeExpired()) {
      this.#directory.remove(gone);
    }
  }
}

function creationOf(request: CreateScheduleInput): Schedule['creation'] {
  const { ClientToken: clientToken, ...rest } = request;
  return clientToken === undefined ? undefined : { clientToken, request: JSON.stringify(rest) };
}

/** An entry that was updated since is not what the repeated request asked for. */
function isRepetition(existing: Schedule, creation: Schedule['creation']): boolean {
  if (creation === undefined || existing.creation === undefined || existing.revision > 0) return false;
  return (
    existing.creation.clientToken === creation.clientToken && existing.creation.request === creation.request
  );
}
