/** Parses an event into a request. */
import * as z from 'zod/mini';
import { EventError } from './errors.ts';
import type { RefreshTask } from './flow/refresh.ts';
import type { RevokeTask } from './flow/revoke.ts';
import { ROTATION_STEPS, type RotationTask } from './flow/rotate.ts';
import type { StatusTask } from './flow/status.ts';
import { KEY_ID } from './rules/key.ts';

export type Request =
  | ({ readonly kind: 'refresh' } & RefreshTask)
  | ({ readonly kind: 'rotation' } & RotationTask)
  | { readonly kind: 'sweep'; readonly scheduledAt?: number }
  | ({ readonly kind: 'status' } & StatusTask)
  | { readonly kind: 'preflight' }
  | ({ readonly kind: 'revoke-previous' } & RevokeTask);

export const ACCEPTED_EVENTS = [
  '{"momento_auth_token_secret_name": "<secret name>"} to refresh a secret now (also the first, seed call)',
  '{"action": "sweep"} to check every managed secret',
  '{"action": "status"} to see the state of every managed secret; with "prove": true Momento is asked about every key; only reads',
  '{"action": "preflight"} to see whether all is in place; only reads',
  '{"action": "revoke-previous", "momento_auth_token_secret_name": "<secret name>"} to revoke the v2 key before the current one at Momento; with "keyId" only if it has this id',
  'the events that this function books for itself, EventBridge\'s "Secret Label Updated", and the steps of a rotation by Secrets Manager',
];

const secretName = z
  .string('must be a string')
  .check(z.minLength(1, 'must not be empty'), z.maxLength(2048, 'is too long'));

const manualSchema = z.strictObject({ momento_auth_token_secret_name: secretName });

const scheduleSchema = z.strictObject({
  momento_auth_token_secret_name: secretName,
  trigger: z.literal('schedule', 'must be "schedule"'),
  bookedFor: z.strictObject(
    {
      wakeUp: z.string('must be a string'),
      at: z.iso.datetime('must be an ISO instant'),
      versionId: z.string('must be a string'),
      attempt: z.int('must be a whole number').check(z.minimum(1, 'must be at least 1')),
      demand: z.enum(['when-due', 'now'], 'must be "when-due" or "now"'),
      writeRefused: z.optional(z.boolean('must be true or false')),
    },
    'must say what the wake-up was booked for',
  ),
});

const actionSchema = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal(['sweep', 'preflight']) }),
    z.strictObject({
      action: z.literal('status'),
      prove: z._default(z.boolean('must be true or false'), false),
    }),
  ],
  'must be "sweep", "status", "preflight" or "revoke-previous"',
);

const revokeSchema = z.strictObject({
  action: z.literal('revoke-previous'),
  momento_auth_token_secret_name: secretName,
  keyId: z.optional(z.string('must be a string').check(z.regex(KEY_ID, 'is not the id of a key'))),
});

const scheduledSweepSchema = z.strictObject({
  action: z.literal('sweep', 'must be "sweep"'),
  scheduledAt: z.string('must be a string'),
});

const labelUpdatedSchema = z.looseObject({
  source: z.literal('aws.secretsmanager', 'must be "aws.secretsmanager"'),
  'detail-type': z.literal('Secret Label Updated', 'must be "Secret Label Updated"'),
  detail: z.looseObject(
    { name: secretName, versionId: z.optional(z.string('must be a string')) },
    'must be an object',
  ),
});

/** Unknown fields are allowed, because Secrets Manager adds some, such as a RotationToken for rotations across accounts. */
const rotationSchema = z.looseObject({
  Step: z.enum(ROTATION_STEPS, `must be one of ${ROTATION_STEPS.join(', ')}`),
  SecretId: secretName,
  ClientRequestToken: z
    .string('must be a string')
    .check(z.minLength(32, 'is too short'), z.maxLength(64, 'is too long')),
});

/** @throws {EventError} naming what was wrong, by field and never by value, and listing the accepted events */
export function parseEvent(event: unknown): Request {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw unknownEvent('it is not a JSON object');
  }
  if ('detail-type' in event) {
    const { detail } = parse(labelUpdatedSchema, event);
    const { name, versionId: announcedVersionId } = detail;
    return { kind: 'refresh', trigger: 'label-updated', secretName: name, announcedVersionId };
  }
  if ('Step' in event) {
    const { Step: step, SecretId, ClientRequestToken: versionId } = parse(rotationSchema, event);
    return { kind: 'rotation', step, secretName: SecretId, versionId };
  }
  if ('action' in event && event.action === 'revoke-previous') {
    const { momento_auth_token_secret_name: name, keyId } = parse(revokeSchema, event);
    return { kind: 'revoke-previous', secretName: name, keyId };
  }
  if ('scheduledAt' in event) {
    const scheduledAt = Date.parse(parse(scheduledSweepSchema, event).scheduledAt) / 1000;
    // The sweep does not need the instant.
    return Number.isNaN(scheduledAt) ? { kind: 'sweep' } : { kind: 'sweep', scheduledAt };
  }
  if ('action' in event) {
    const request = parse(actionSchema, event);
    return request.action === 'status' ? { kind: 'status', prove: request.prove } : { kind: request.action };
  }
  if ('trigger' in event || 'bookedFor' in event) {
    const { momento_auth_token_secret_name: name, bookedFor } = parse(scheduleSchema, event);
    const { wakeUp, at, ...rest } = bookedFor;
    return {
      kind: 'refresh',
      trigger: 'schedule',
      secretName: name,
      bookedFor: { name: wakeUp, at: Date.parse(at) / 1000, ...rest },
    };
  }
  if ('momento_auth_token_secret_name' in event) {
    const { momento_auth_token_secret_name: name } = parse(manualSchema, event);
    return { kind: 'refresh', trigger: 'manual', secretName: name };
  }
  throw unknownEvent(
    'it has none of the fields momento_auth_token_secret_name, action, Step and detail-type',
  );
}

function parse<T>(schema: z.ZodMiniType<T>, event: object): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw unknownEvent(parsed.error.issues.map(describeIssue).join(', '));
}

/** The names of unknown fields are counted and not repeated, because the sender chose them and they can contain anything. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path.length === 0 ? 'the event' : `field ${issue.path.join('.')}`;
  return issue.code === 'unrecognized_keys'
    ? `${field} has ${issue.keys.length} unknown field(s)`
    : `${field} ${issue.message}`;
}

function unknownEvent(fault: string): EventError {
  return new EventError('event-unknown', { fault, accepted: ACCEPTED_EVENTS });
}
