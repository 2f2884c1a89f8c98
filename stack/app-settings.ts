/** The settings that `npx cdk` takes as context: parses and checks them, names every fault, and creates nothing. */
import { Duration } from 'aws-cdk-lib';
import { z } from 'zod';
import {
  areMomentoHosts,
  DEFAULT_ROTATION_EVERY,
  DEFAULT_SECRET_NAME,
  DEFAULT_SWEEP_EVERY,
  isRefreshBefore,
  isRotationInterval,
  isSweepInterval,
  MOMENTO_HOSTS_RANGE,
  REFRESH_BEFORE_DURATION_RANGE,
  REFRESH_BEFORE_PERCENTAGE_RANGE,
  type RefreshBefore,
  ROTATION_EVERY_RANGE,
  SECRET_NAMES_RANGE,
  SWEEP_EVERY_RANGE,
  secretNamesProblem,
} from './construct/settings.ts';
import { nearestName } from './nearest-name.ts';

export interface Settings {
  readonly secretNames: readonly string[];
  readonly createSecrets: boolean;
  /** Absent: the function's own rule, a tenth of the lifetime within bounds. */
  readonly refreshBefore?: RefreshBefore | undefined;
  readonly sweepEvery: Duration;
  readonly alarmEmail?: string | undefined;
  /** Absent: a topic of our own. */
  readonly alarmTopicArn?: string | undefined;
  readonly dashboard: boolean;
  readonly kmsKeyArn?: string | undefined;
  readonly nativeRotation: boolean;
  readonly nativeRotationEvery: Duration;
  readonly momentoHosts?: readonly string[] | undefined;
}

/** Thrown at synth when the context holds settings that are unknown or out of range; the message names all of them. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** What each setting accepts, as the error says it. */
const ACCEPTED: Readonly<Record<keyof Settings, string>> = {
  secretNames: `a comma list of ${SECRET_NAMES_RANGE}, such as ${DEFAULT_SECRET_NAME}`,
  createSecrets: 'true, or false where the secrets exist already',
  refreshBefore:
    `an ISO-8601 duration in days, hours, minutes and seconds ${REFRESH_BEFORE_DURATION_RANGE}, such as P3D, or a ` +
    `whole percentage of the key's lifetime ${REFRESH_BEFORE_PERCENTAGE_RANGE}, such as 10%`,
  sweepEvery: `an ISO-8601 duration of ${SWEEP_EVERY_RANGE}, such as PT1H`,
  alarmEmail: 'an e-mail address',
  alarmTopicArn: 'the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME, not a FIFO topic',
  dashboard: 'true, or false for none',
  kmsKeyArn:
    'the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID (not of an alias: IAM grants on keys only)',
  nativeRotation: "true to attach Secrets Manager's own rotation too, or false",
  nativeRotationEvery: `an ISO-8601 duration of ${ROTATION_EVERY_RANGE}, such as P90D`,
  momentoHosts: `a comma list of ${MOMENTO_HOSTS_RANGE}, for keys whose endpoint is not Momento's`,
};
const SETTING_NAMES = Object.keys(ACCEPTED) as readonly (keyof Settings)[];

/** CDK keeps its own context under names with a colon, a slash or an at sign, except for these. */
const PLAIN_CDK_KEYS = new Set([
  'acknowledged-issue-numbers',
  'assets-ecr-repository-name',
  'cdk-migrate',
  'cli-telemetry',
]);
const CDK_KEY = /[:/@]/;

const text = z.string('is not a text');
/** From `-c` every value is a string, from cdk.json it can be a boolean. */
const truth = z.union([z.boolean(), z.literal(['true', 'false']).transform((word) => word === 'true')], {
  error: (issue) => `is ${JSON.stringify(issue.input)}`,
});

const settingsSchema = z
  .object({
    secretNames: text
      .default(DEFAULT_SECRET_NAME)
      .transform((list) => list.split(',').map((name) => name.trim())),
    createSecrets: truth.default(true),
    refreshBefore: parsedBy(parseRefreshBefore, isRefreshBefore).optional(),
    sweepEvery: parsedBy(Duration.parse, isSweepInterval).default(DEFAULT_SWEEP_EVERY),
    alarmEmail: z.email({ error: (issue) => `is ${JSON.stringify(issue.input)}` }).optional(),
    alarmTopicArn: text
      .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, {
        error: (issue) => `is ${JSON.stringify(issue.input)}`,
      })
      .optional(),
    dashboard: truth.default(true),
    kmsKeyArn: text
      .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, {
        error: (issue) => `is ${JSON.stringify(issue.input)}`,
      })
      .optional(),
    nativeRotation: truth.default(false),
    nativeRotationEvery: parsedBy(Duration.parse, isRotationInterval).default(DEFAULT_ROTATION_EVERY),
    momentoHosts: parsedBy((list) => list.split(',').map((host) => host.trim()), areMomentoHosts).optional(),
  })
  .superRefine(({ secretNames, createSecrets, alarmEmail, alarmTopicArn }, context) => {
    const problem = secretNamesProblem(secretNames, createSecrets);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['secretNames'], message: problem });
    if (alarmEmail !== undefined && alarmTopicArn !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['alarmEmail'],
        message: 'is set beside alarmTopicArn: subscribe it to that topic instead',
      });
    }
  });

/**
 * @param context the app's whole context, CDK's own keys included
 * @throws {SettingsError} naming each setting that is unknown or out of range, and what is accepted
 */
export function parseSettings(context: Readonly<Record<string, unknown>>): Settings {
  const unknownKeys = Object.keys(context).filter(
    (key) => !CDK_KEY.test(key) && !PLAIN_CDK_KEYS.has(key) && !Object.hasOwn(ACCEPTED, key),
  );
  const parsed = settingsSchema.safeParse(context);
  const faults = [...unknownKeys.map(unknownSetting), ...(parsed.error?.issues ?? []).map(faultySetting)];
  if (faults.length > 0 || !parsed.success) throw new SettingsError(faults.join('\n'));
  return parsed.data;
}

/** A text that `parse` reads without throwing, into a value that is in range. */
function parsedBy<T>(parse: (value: string) => T, isInRange: (value: T) => boolean) {
  return text.transform((value, context) => {
    try {
      const parsed = parse(value);
      if (isInRange(parsed)) return parsed;
    } catch {
      // Not of the form: told like one that is out of range, with what is accepted.
    }
    context.addIssue({ code: 'custom', message: `is ${JSON.stringify(value)}` });
    return z.NEVER;
  });
}

function unknownSetting(key: string): string {
  const nearest = nearestName(key, SETTING_NAMES);
  const suggestion = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return `There is no setting "${key}".${suggestion} Accepted settings: ${SETTING_NAMES.join(', ')}.`;
}

function faultySetting(issue: { readonly path: PropertyKey[]; readonly message: string }): string {
  const name = issue.path[0] as keyof Settings;
  return `The setting ${name} ${issue.message}. Accepted: ${ACCEPTED[name]}.`;
}

function parseRefreshBefore(value: string): RefreshBefore {
  const percentage = /^(\d+)%$/.exec(value)?.[1];
  return percentage === undefined ? Duration.parse(value) : { lifetimePercent: Number(percentage) };
}
