/** The checks of EventBridge Scheduler's requests, and a schedule's definition with its defaults. */
import type { CreateScheduleInput, GetScheduleOutput, Target } from '@aws-sdk/client-scheduler';
import { ConstraintViolations } from '../aws/constraint-violations.ts';
import { AwsServiceError } from '../aws/service-error.ts';
import { parseScheduleExpression, type ScheduleTiming } from './schedule-expression.ts';

export const validation = (message: string) => new AwsServiceError('ValidationException', 400, message);
export const conflict = (message: string) => new AwsServiceError('ConflictException', 409, message);
export const notFound = (message: string) => new AwsServiceError('ResourceNotFoundException', 404, message);
export const throttled = () => new AwsServiceError('ThrottlingException', 429, 'Rate exceeded');

// Lengths, patterns and ranges: the API reference's "Constraints" of each parameter.
const NAME = /^[0-9a-zA-Z-_.]+$/;
const CLIENT_TOKEN = /^[a-zA-Z0-9-_]+$/;
const ROLE_ARN = /^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const QUEUE_ARN = /^arn:aws(-[a-z]+)?:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9\-_]+$/;
const TARGET_ARN = /^arn:aws(-[a-z]+)*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+$/;
const LAMBDA_ARN = /^arn:aws(-[a-z]+)*:lambda:/;
// The limit of an asynchronous Lambda invocation. The Scheduler's API names none.
const INPUT_CHARACTERS = 262_144;

export interface ScheduleDefinition {
  readonly timing: ScheduleTiming;
  /** GetSchedule's answer without name, group, ARN and dates. */
  readonly shown: GetScheduleOutput & { readonly Target: CheckedTarget };
}

interface CheckedTarget extends Target {
  readonly RetryPolicy: {
    readonly MaximumRetryAttempts: number;
    readonly MaximumEventAgeInSeconds: number;
  };
}

/** Checks name, group and ClientToken, which every action takes. */
export function checkNames(input: {
  Name?: string | undefined;
  GroupName?: string | undefined;
  ClientToken?: string | undefined;
}): { name: string; groupName: string } {
  const violations = new ConstraintViolations();
  nameConstraints(violations, input);
  violations.assertNone();
  return { name: input.Name ?? '', groupName: input.GroupName ?? 'default' };
}

function nameConstraints(violations: ConstraintViolations, input: Parameters<typeof checkNames>[0]): void {
  violations.required('name', input.Name);
  violations.text('name', input.Name, { max: 64, pattern: NAME });
  violations.text('groupName', input.GroupName, { max: 64, pattern: NAME });
  violations.text('clientToken', input.ClientToken, { max: 64, pattern: CLIENT_TOKEN });
}

export function checkListing(input: {
  GroupName?: string | undefined;
  NamePrefix?: string | undefined;
  State?: string | undefined;
  NextToken?: string | undefined;
  MaxResults?: number | undefined;
}): void {
  const violations = new ConstraintViolations();
  violations.text('groupName', input.GroupName, { max: 64, pattern: NAME });
  violations.text('namePrefix', input.NamePrefix, { max: 64, pattern: NAME });
  violations.oneOf('state', input.State, ['ENABLED', 'DISABLED']);
  violations.text('nextToken', input.NextToken, { max: 2048, unquoted: true });
  violations.range('maxResults', input.MaxResults, 1, 100);
  violations.assertNone();
}

/**
 * CreateSchedule and UpdateSchedule take the same input. Absent members get their defaults.
 * @throws ValidationException
 */
export function checkSchedule(input: CreateScheduleInput, nowMs: number): ScheduleDefinition {
  checkConstraints(input);
  const { Target: target, ScheduleExpression: expression } = input;
  if (input.FlexibleTimeWindow.Mode !== 'OFF')
    throw validation('The local Scheduler offers the flexible time window OFF only.');
  const zone = input.ScheduleExpressionTimezone ?? 'UTC';
  if (zone !== 'UTC')
    throw validation(`The local Scheduler evaluates expressions in UTC only, not in ${zone}.`);
  return {
    timing: checkTiming(expression, nowMs),
    shown: {
      ActionAfterCompletion: input.ActionAfterCompletion ?? 'NONE',
      ...(input.Description !== undefined && { Description: input.Description }),
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: zone,
      State: input.State ?? 'ENABLED',
      Target: checkTarget(target),
    },
  };
}

type CompleteInput = CreateScheduleInput & {
  readonly ScheduleExpression: string;
  readonly FlexibleTimeWindow: { readonly Mode: string };
  readonly Target: Target & { readonly Arn: string };
};

function checkConstraints(input: CreateScheduleInput): asserts input is CompleteInput {
  const violations = new ConstraintViolations();
  nameConstraints(violations, input);
  violations.required('scheduleExpression', input.ScheduleExpression);
  violations.text('scheduleExpression', input.ScheduleExpression, { max: 256 });
  violations.text('scheduleExpressionTimezone', input.ScheduleExpressionTimezone, { max: 50 });
  violations.text('description', input.Description, { min: 0, max: 512 });
  violations.oneOf('state', input.State, ['ENABLED', 'DISABLED']);
  violations.oneOf('actionAfterCompletion', input.ActionAfterCompletion, ['NONE', 'DELETE']);
  violations.required('flexibleTimeWindow', input.FlexibleTimeWindow);
  if (input.FlexibleTimeWindow !== undefined) {
    violations.required('flexibleTimeWindow.mode', input.FlexibleTimeWindow.Mode);
    violations.oneOf('flexibleTimeWindow.mode', input.FlexibleTimeWindow.Mode, ['OFF', 'FLEXIBLE']);
  }
  violations.required('target', input.Target);
  if (input.Target !== undefined) targetConstraints(violations, input.Target);
  violations.assertNone();
}

function targetConstraints(violations: ConstraintViolations, target: Target): void {
  violations.required('target.arn', target.Arn);
  violations.text('target.arn', target.Arn, { max: 1600 });
  violations.required('target.roleArn', target.RoleArn);
  violations.text('target.roleArn', target.RoleArn, { max: 1600, pattern: ROLE_ARN });
  violations.text('target.input', target.Input, { max: INPUT_CHARACTERS, unquoted: true });
  violations.text('target.deadLetterConfig.arn', target.DeadLetterConfig?.Arn, {
    max: 1600,
    pattern: QUEUE_ARN,
  });
  const { RetryPolicy: policy } = target;
  violations.range('target.retryPolicy.maximumRetryAttempts', policy?.MaximumRetryAttempts, 0, 185);
  violations.range(
    'target.retryPolicy.maximumEventAgeInSeconds',
    policy?.MaximumEventAgeInSeconds,
    60,
    86_400,
  );
}

function checkTiming(expression: string, nowMs: number): ScheduleTiming {
  const timing = parseScheduleExpression(expression);
  if (timing === undefined) throw validation(`Invalid Schedule Expression ${expression}.`);
  // AWS does not document what happens. Refused here, so that nothing relies on a time in the past.
  if (timing.kind === 'once' && timing.atMs <= nowMs) {
    throw validation(`Invalid Schedule Expression ${expression}. The time is in the past.`);
  }
  return timing;
}

function checkTarget(target: CompleteInput['Target']): CheckedTarget {
  const { Arn, RoleArn, Input, DeadLetterConfig, RetryPolicy } = target;
  if (!TARGET_ARN.test(Arn)) throw validation('Provided Arn is not in correct format.');
  // Target, Input: for a Lambda target "the input must be a well-formed JSON".
  if (Input !== undefined && LAMBDA_ARN.test(Arn)) checkJson(Input);
  return {
    Arn,
    RoleArn,
    ...(Input !== undefined && { Input }),
    ...(DeadLetterConfig?.Arn !== undefined && { DeadLetterConfig: { Arn: DeadLetterConfig.Arn } }),
    // AWS shows an absent policy with its defaults, as recorded in LocalStack's test suite.
    RetryPolicy: {
      MaximumEventAgeInSeconds: RetryPolicy?.MaximumEventAgeInSeconds ?? 86_400,
      MaximumRetryAttempts: RetryPolicy?.MaximumRetryAttempts ?? 185,
    },
  };
}

function checkJson(input: string): void {
  try {
    JSON.parse(input);
  } catch {
    throw validation('The Input of a Lambda target must be well-formed JSON.');
  }
}
