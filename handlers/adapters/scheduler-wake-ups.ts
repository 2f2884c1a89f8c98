/** Books, cancels and lists wake-ups as one-shot entries in a group of EventBridge Scheduler. */
import {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  FlexibleTimeWindowMode,
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  ListSchedulesCommand,
  type SchedulerClient,
  ScheduleState,
} from '@aws-sdk/client-scheduler';
import { type SchedulerFacts, type SchedulerFault, WakeUpError } from '../errors.ts';
import type { WakeUps } from '../ports.ts';
import type { BookedEntry, WakeUp } from '../rules/wake-up.ts';
import { isoInstant, secretOfWakeUpEvent, wakeUpEvent } from '../rules/wake-up.ts';
import { awsCallError, awsErrorCode } from './aws.ts';

export interface SchedulerTarget {
  readonly groupName: string;
  /** The function that an entry invokes, and the role that the Scheduler assumes for it. */
  readonly functionArn: string;
  readonly roleArn: string;
  /** The queue for deliveries that failed every retry. */
  readonly deadLetterQueueArn: string;
}

/** One hour. A later delivery would only repeat the work of the sweep. */
const MAX_EVENT_AGE_SECONDS = 3600;
const MAX_DELIVERY_RETRIES = 20;

export class SchedulerWakeUps implements WakeUps {
  readonly #client: Pick<SchedulerClient, 'send'>;
  readonly #target: SchedulerTarget;

  constructor(client: Pick<SchedulerClient, 'send'>, target: SchedulerTarget) {
    this.#client = client;
    this.#target = target;
  }

  async book(wakeUp: WakeUp): Promise<'booked' | 'already-booked' | 'disabled'> {
    try {
      await this.#create(wakeUp);
      return 'booked';
    } catch (error) {
      if (awsErrorCode(error) !== 'ConflictException')
        throw this.#failure('book', wakeUp.name, 'CreateSchedule', error);
    }
    const entry = await this.#get(wakeUp.name);
    if (entry !== undefined) return entry.State === ScheduleState.DISABLED ? 'disabled' : 'already-booked';
    // The conflicting entry has fired before and was deleted in the meantime.
    try {
      await this.#create(wakeUp);
      return 'booked';
    } catch (error) {
      throw this.#failure('book', wakeUp.name, 'CreateSchedule', error);
    }
  }

  async secretOf(name: string): Promise<string | undefined> {
    const entry = await this.#get(name);
    return entry === undefined ? undefined : secretOfWakeUpEvent(entry.Target?.Input);
  }

  async cancel(name: string): Promise<void> {
    try {
      await this.#client.send(new DeleteScheduleCommand({ Name: name, GroupName: this.#target.groupName }));
    } catch (error) {
      if (awsErrorCode(error) === 'ResourceNotFoundException') return;
      throw this.#failure('cancel', name, 'DeleteSchedule', error);
    }
  }

  async list(namePrefix?: string): Promise<readonly BookedEntry[]> {
    const entries: BookedEntry[] = [];
    let nextToken: string | undefined;
    try {
      do {
        const page = await this.#client.send(
          new ListSchedulesCommand({
            GroupName: this.#target.groupName,
            State: ScheduleState.ENABLED,
            MaxResults: 100,
            ...(namePrefix === undefined ? {} : { NamePrefix: namePrefix }),
            ...(nextToken === undefined ? {} : { NextToken: nextToken }),
          }),
        );
        for (const { Name, CreationDate } of page.Schedules ?? []) {
          if (Name === undefined) continue;
          entries.push({ name: Name, createdAt: Math.floor((CreationDate?.getTime() ?? 0) / 1000) });
        }
        nextToken = page.NextToken;
      } while (nextToken !== undefined);
    } catch (error) {
      throw this.#failure('list', this.#target.groupName, 'ListSchedules', error);
    }
    return entries;
  }

  async #create(wakeUp: WakeUp): Promise<void> {
    const { groupName, functionArn, roleArn, deadLetterQueueArn } = this.#target;
    await this.#client.send(
      new CreateScheduleCommand({
        Name: wakeUp.name,
        GroupName: groupName,
        Description: `Refresh of the Momento key in secret ${wakeUp.secretName}`.slice(0, 512),
        ScheduleExpression: `at(${isoInstant(wakeUp.at).replace('Z', '')})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
        ActionAfterCompletion: ActionAfterCompletion.DELETE,
        Target: {
          Arn: functionArn,
          RoleArn: roleArn,
          Input: JSON.stringify(wakeUpEvent(wakeUp)),
          RetryPolicy: {
            MaximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
            MaximumRetryAttempts: MAX_DELIVERY_RETRIES,
          },
          DeadLetterConfig: { Arn: deadLetterQueueArn },
        },
      }),
    );
  }

  /** @returns undefined if there is no such entry */
  async #get(name: string): Promise<GetScheduleCommandOutput | undefined> {
    try {
      return await this.#client.send(
        new GetScheduleCommand({ Name: name, GroupName: this.#target.groupName }),
      );
    } catch (error) {
      if (awsErrorCode(error) === 'ResourceNotFoundException') return undefined;
      throw this.#failure('look at', name, 'GetSchedule', error);
    }
  }

  #failure(task: SchedulerFacts['task'], name: string, operation: string, error: unknown): WakeUpError {
    const cause = awsCallError(operation, error, true);
    const facts = { task, name, groupName: this.#target.groupName, awsCode: cause.code };
    return new WakeUpError(faultOf(cause.code), facts, { cause });
  }
}

function faultOf(awsCode: string): SchedulerFault {
  switch (awsCode) {
    case 'ResourceNotFoundException':
      return 'schedule-group-missing';
    case 'AccessDeniedException':
      return 'schedule-denied';
    case 'ServiceQuotaExceededException':
      return 'schedule-quota';
    default:
      return 'scheduler-unavailable';
  }
}
