/** Parses the function's environment variables once, at start. */
import * as z from 'zod/mini';
import { ConfigurationError } from './errors.ts';
import { ENVIRONMENT } from './names.ts';
import type { LeadPolicy } from './rules/timing.ts';

export interface Configuration {
  readonly secretNames: readonly string[];
  readonly scheduleGroupName: string;
  readonly schedulerRoleArn: string;
  readonly deadLetterQueueArn: string;
  readonly lead: LeadPolicy;
  readonly sweepEverySeconds: number;
  /** A port of this machine where a Momento server without TLS listens, such as localhost:8080. For local runs and tests. Default: the endpoint in the key. */
  readonly momentoEndpoint?: string | undefined;
  /** The same for a server of Momento's HTTP API. For local runs and tests. Default: Momento's global host, over TLS. */
  readonly momentoApiEndpoint?: string | undefined;
  /** The managed secret whose key may manage keys. */
  readonly managementSecretName?: string | undefined;
  /** Hosts that a key may name as its endpoint in addition to Momento's. Their subdomains are included. */
  readonly momentoHosts?: readonly string[] | undefined;
}

const arn = z.string('is missing').check(z.startsWith('arn:', 'must be an ARN'));
// Keys and tokens are sent there without TLS.
const localEndpoint = z
  .string()
  .check(z.regex(/^(localhost|127\.0\.0\.1):\d+$/, 'must be localhost or 127.0.0.1 with a port'));

const environmentSchema = z.object({
  [ENVIRONMENT.secretNames]: z
    .pipe(
      z.string('is missing'),
      z.transform((names: string) => [...new Set(names.split(',').map((name) => name.trim()))]),
    )
    .check(z.refine((names) => names.every((name) => name !== ''), 'must be a comma list of secret names')),
  [ENVIRONMENT.scheduleGroupName]: z.string('is missing').check(z.minLength(1, 'is empty')),
  [ENVIRONMENT.schedulerRoleArn]: arn,
  [ENVIRONMENT.deadLetterQueueArn]: arn,
  [ENVIRONMENT.refreshBefore]: z.optional(
    z.string().check(z.regex(/^\d+(s|%)$/, 'must be seconds such as 259200s, or a percentage such as 10%')),
  ),
  [ENVIRONMENT.sweepEvery]: z.pipe(
    z.string('is missing').check(z.regex(/^[1-9]\d*s$/, 'must be seconds such as 3600s')),
    z.transform((seconds: string) => Number.parseInt(seconds, 10)),
  ),
  [ENVIRONMENT.momentoEndpoint]: z.optional(localEndpoint),
  [ENVIRONMENT.momentoApiEndpoint]: z.optional(localEndpoint),
  [ENVIRONMENT.managementSecretName]: z.optional(z.string().check(z.minLength(1, 'is empty'))),
  [ENVIRONMENT.momentoHosts]: z.optional(
    z.pipe(
      z
        .string()
        .check(
          z.regex(/^[a-z0-9.-]+(,[a-z0-9.-]+)*$/, 'must be a comma list of host names in small letters'),
        ),
      z.transform((hosts: string) => hosts.split(',')),
    ),
  ),
});

/** @throws {ConfigurationError} naming every variable at fault */
export function parseConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new ConfigurationError('environment-invalid', { faults });
  }
  const { data } = parsed;
  return {
    secretNames: data.SECRET_NAMES,
    scheduleGroupName: data.SCHEDULE_GROUP_NAME,
    schedulerRoleArn: data.SCHEDULER_ROLE_ARN,
    deadLetterQueueArn: data.DEAD_LETTER_QUEUE_ARN,
    lead: parseLead(data.REFRESH_BEFORE),
    sweepEverySeconds: data.SWEEP_EVERY,
    momentoEndpoint: data.MOMENTO_ENDPOINT,
    momentoApiEndpoint: data.MOMENTO_API_ENDPOINT,
    managementSecretName: data.MANAGEMENT_SECRET_NAME,
    momentoHosts: data.MOMENTO_HOSTS,
  };
}

function parseLead(refreshBefore: string | undefined): LeadPolicy {
  if (refreshBefore === undefined) return { kind: 'default' };
  const amount = Number.parseInt(refreshBefore, 10);
  return refreshBefore.endsWith('%')
    ? { kind: 'percentage', percent: amount }
    : { kind: 'duration', seconds: amount };
}
