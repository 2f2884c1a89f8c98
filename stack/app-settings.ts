/** Parses the settings in CDK's context, and finds those that hold only for this run. */
import { Duration } from 'aws-cdk-lib';
import { RefreshBefore } from './construct/refresh-before.ts';
import {
  faultsIn,
  isKeyArn,
  isName,
  isTopicArn,
  refusal,
  SETTING_NAMES,
  type SettingName,
  SettingsError,
  type SettingValues,
} from './construct/settings.ts';
import { nearestName } from './nearest-name.ts';

/** A missing setting has the construct's default. */
export interface Settings extends SettingValues {
  readonly name?: string;
  readonly refreshBefore?: RefreshBefore;
  readonly alarmTopicArn?: string;
  readonly urgentAlarmTopicArn?: string;
  readonly dashboard?: boolean;
  readonly kmsKeyArn?: string;
}

/** A file from which the CDK CLI reads context. */
export interface ContextFile {
  /** The name in messages, such as `~/.cdk.json`. */
  readonly name: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** CDK keeps its own context under names with a colon, a slash or an at sign, except for these. */
const PLAIN_CDK_KEYS = new Set([
  'acknowledged-issue-numbers',
  'assets-ecr-repository-name',
  'cdk-migrate',
  'cli-telemetry',
]);
const CDK_KEY = /[:/@]/;

/** Each throws if the value has the wrong form. */
const PARSERS: { readonly [Name in SettingName]: (value: unknown) => Settings[Name] } = {
  name: textThat(isName),
  secretNames: list,
  createSecrets: truth,
  refreshBefore,
  sweepEvery: duration,
  alarmEmail: textThat(() => true),
  alarmTopicArn: textThat(isTopicArn),
  urgentAlarmTopicArn: textThat(isTopicArn),
  runbookUrl: textThat(() => true),
  dashboard: truth,
  kmsKeyArn: textThat(isKeyArn),
  nativeRotation: truth,
  nativeRotationEvery: duration,
  momentoHosts: list,
  managementSecretName: textThat(() => true),
};

/**
 * @param context the app's whole context, CDK's own keys included
 * @param files where a setting can come from, for the error about an unknown setting
 * @throws {SettingsError} naming each setting that is unknown or not accepted, and what is accepted
 */
export function parseSettings(
  context: Readonly<Record<string, unknown>>,
  files: readonly ContextFile[] = [],
): Settings {
  const faults = Object.keys(context)
    .filter((key) => !CDK_KEY.test(key) && !PLAIN_CDK_KEYS.has(key) && !Object.hasOwn(PARSERS, key))
    .map((key) => unknownSetting(key, files));
  const settings: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const value = context[name];
    if (value === undefined) continue;
    try {
      settings[name] = PARSERS[name](value);
    } catch (error) {
      faults.push(
        error instanceof SettingsError ? error.message : refusal(name, `is ${JSON.stringify(value)}`),
      );
    }
  }
  faults.push(...faultsIn(settings));
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
  return settings;
}

/**
 * The settings that were given with `-c` and that the next deployment without `-c` would not have.
 * @param context the app's whole context
 * @param files the files from which CDK reads context, the one with precedence first
 */
export function settingsOfThisRun(
  context: Readonly<Record<string, unknown>>,
  files: readonly ContextFile[],
): readonly { readonly name: SettingName; readonly warning: string }[] {
  return SETTING_NAMES.flatMap((name) => {
    const file = files.find((candidate) => Object.hasOwn(candidate.context, name));
    const lasting = file?.context[name];
    // With -c every value is a string.
    if (context[name] === undefined || String(context[name]) === String(lasting)) return [];
    const otherwise =
      file === undefined ? 'cdk.json does not set it' : `${file.name} has ${JSON.stringify(lasting)}`;
    const warning =
      `The setting ${name} is ${JSON.stringify(context[name])} for this run only, because it was given with -c ` +
      `(${otherwise}). To keep it, put it under "context" in cdk.json.`;
    return [{ name, warning }];
  });
}

function unknownSetting(key: string, files: readonly ContextFile[]): string {
  const file = files.find(({ context }) => Object.hasOwn(context, key));
  const nearest = nearestName(key, SETTING_NAMES);
  const suggestion = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return (
    `There is no setting "${key}"${file === undefined ? '' : `, which is in ${file.name}`}.${suggestion} ` +
    `Accepted settings: ${SETTING_NAMES.join(', ')}.`
  );
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a text');
  return value;
}

function textThat(isAccepted: (value: string) => boolean): (value: unknown) => string {
  return (value) => {
    if (!isAccepted(text(value))) throw new TypeError('not accepted');
    return text(value);
  };
}

function list(value: unknown): string[] {
  return (Array.isArray(value) ? value.map(text) : text(value).split(',')).map((item) => item.trim());
}

/** From `-c` every value is a string; cdk.json can have a boolean. */
function truth(value: unknown): boolean {
  if (String(value) === 'true') return true;
  if (String(value) === 'false') return false;
  throw new TypeError('neither true nor false');
}

function duration(value: unknown): Duration {
  return Duration.parse(text(value));
}

function refreshBefore(value: unknown): RefreshBefore {
  const percent = /^(\d+)%$/.exec(text(value))?.[1];
  return percent === undefined
    ? RefreshBefore.duration(duration(value))
    : RefreshBefore.percentOfLifetime(Number(percent));
}
