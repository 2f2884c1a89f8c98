/** What EventBridge Scheduler refuses, and a schedule's definition with the defaults filled in. No state here. */
import type {
  CreateScheduleInput,
  FlexibleTimeWindow,
  GetScheduleOutput,
  Target,
} from '@aws-sdk/client-scheduler';
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
const KEY_ARN = /^arn:aws(-[a-z]+)?:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$/;
const TARGET_ARN = /^arn:aws(-[a-z]+)*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+$/;
const LAMBDA_ARN = /^arn:aws(-[a-z]+)*:lambda:/;
// Not in the API's model: what an asynchronous invocation of Lambda takes, the target that entries here have.
const INPUT_CHARACTERS = 262_144;
const START_DATE_GRACE_MS = 5 * 60 * 1000;

export interface ScheduleDefinition {
  readonly timing: ScheduleTiming;
  readonly startAtMs: number | undefined;
  readonly endAtMs: number | undefined;
  readonly maximumWindowMs: number;
  /** What GetSchedule answers beside name, group, ARN and dates. */
  readonly shown: GetScheduleOutput & { readonly Target: CheckedTarget };
}

export interface CheckedTarget extends Target {
  readonly RetryPolicy: {
    readonly MaximumRetryAttempts: number;
    readonly MaximumEventAgeInSeconds: number;
  };
}

/** A schedule's name and group, and the ClientToken's form, as each action checks them. */
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
 * CreateSchedule and UpdateSchedule take the same input; what is not given gets the system's default.
 * @throws ValidationException
 */
export function checkSchedule(input: CreateScheduleInput, nowMs: number): ScheduleDefinition {
  checkConstraints(input);
  const { Target: target, FlexibleTimeWindow: window, ScheduleExpression: expression } = input;
  if (target === undefined || window === undefined || expression === undefined)
    throw validation('unreachable');
  const zone = input.ScheduleExpressionTimezone ?? 'UTC';
  if (zone !== 'UTC')
    throw validation(`The local Scheduler evaluates expressions in UTC only, not in ${zone}.`);
  return {
    timing: checkTiming(expression, nowMs),
    ...checkPeriod(input, nowMs),
    maximumWindowMs: checkWindow(window),
    shown: {
      ActionAfterCompletion: input.ActionAfterCompletion ?? 'NONE',
      ...(input.Description !== undefined && { Description: input.Description }),
      ...(input.EndDate !== undefined && { EndDate: new Date(input.EndDate) }),
      FlexibleTimeWindow: { ...window },
      ...(input.KmsKeyArn !== undefined && { KmsKeyArn: input.KmsKeyArn }),
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: zone,
      ...(input.StartDate !== undefined && { StartDate: new Date(input.StartDate) }),
      State: input.State ?? 'ENABLED',
      Target: checkTarget(target),
    },
  };
}

type CompleteInput = CreateScheduleInput & {
  readonly ScheduleExpression: string;
  readonly FlexibleTimeWindow: FlexibleTimeWindow;
  readonly Target: Target & { readonly Arn: string };
};

function checkConstraints(input: CreateScheduleInput): asserts input is CompleteInput {
  const violations = new ConstraintViolations();
  nameConstraints(violations, input);
  violations.required('scheduleExpression', input.ScheduleExpression);
  violations.text('scheduleExpression', input.ScheduleExpression, { max: 256 });
  violations.text('scheduleExpressionTimezone', input.ScheduleExpressionTimezone, { max: 50 });
  violations.text('description', input.Description, { min: 0, max: 512 });
  violations.text('kmsKeyArn', input.KmsKeyArn, { max: 2048, pattern: KEY_ARN });
  violations.oneOf('state', input.State, ['ENABLED', 'DISABLED']);
  violations.oneOf('actionAfterCompletion', input.ActionAfterCompletion, ['NONE', 'DELETE']);
  violations.required('flexibleTimeWindow', input.FlexibleTimeWindow);
  if (input.FlexibleTimeWindow !== undefined) {
    violations.required('flexibleTimeWindow.mode', input.FlexibleTimeWindow.Mode);
    violations.oneOf('flexibleTimeWindow.mode', input.FlexibleTimeWindow.Mode, ['OFF', 'FLEXIBLE']);
    violations.range(
      'flexibleTimeWindow.maximumWindowInMinutes',
      input.FlexibleTimeWindow.MaximumWindowInMinutes,
      1,
      1440,
    );
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
  // Undocumented at AWS (FACTS): refused here, so that nothing comes to rely on a wake-up from the past.
  if (timing.kind === 'once' && timing.atMs <= nowMs) {
    throw validation(`Invalid Schedule Expression ${expression}. The time is in the past.`);
  }
  return timing;
}

function checkPeriod(
  input: CreateScheduleInput,
  nowMs: number,
): { startAtMs: number | undefined; endAtMs: number | undefined } {
  const startAtMs = input.StartDate?.getTime();
  const endAtMs = input.EndDate?.getTime();
  if (startAtMs !== undefined && startAtMs < nowMs - START_DATE_GRACE_MS) {
    throw validation('The StartDate you specify cannot be earlier than 5 minutes ago.');
  }
  if (endAtMs !== undefined && endAtMs <= Math.max(nowMs, startAtMs ?? nowMs)) {
    throw validation('The EndDate you specify must be in the future and later than the StartDate.');
  }
  return { startAtMs, endAtMs };
}

function checkWindow(window: FlexibleTimeWindow): number {
  if (window.Mode !== 'FLEXIBLE') return 0;
  if (window.MaximumWindowInMinutes === undefined) {
    throw validation('MaximumWindowInMinutes is required when the FlexibleTimeWindow mode is FLEXIBLE.');
  }
  return window.MaximumWindowInMinutes * 60_000;
}

function checkTarget(target: CompleteInput['Target']): CheckedTarget {
  const { Arn, RoleArn, Input, DeadLetterConfig, RetryPolicy, ...templated } = target;
  if (!TARGET_ARN.test(Arn)) throw validation('Provided Arn is not in correct format.');
  if (Object.values(templated).some((parameters) => parameters !== undefined)) {
    throw validation(`${Object.keys(templated).join(', ')} does not fit the target ${Arn}.`);
  }
  // Target, Input: for a Lambda target "the input must be a well-formed JSON".
  if (Input !== undefined && LAMBDA_ARN.test(Arn)) checkJson(Input);
  return {
    Arn,
    RoleArn,
    ...(Input !== undefined && { Input }),
    ...(DeadLetterConfig?.Arn !== undefined && { DeadLetterConfig: { Arn: DeadLetterConfig.Arn } }),
    // As recorded from AWS in LocalStack's test suite: a policy that was not given is shown with its defaults.
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
