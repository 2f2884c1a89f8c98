/** The one table of the settings: what each is, what it accepts and what holds without it. Plain data and predicates. */
import { type Duration, Token } from 'aws-cdk-lib';
import {
  DEFAULT_FUNCTION_NAME as DEFAULT_NAME,
  DEFAULT_SECRET_NAME,
  MAX_LEAD_PERCENT,
  MAX_SWEEP_MINUTES,
  MIN_LEAD_MINUTES,
} from '../../handlers/names.ts';

export { DEFAULT_NAME };

export interface Setting {
  /** The text of the table in docs/SETTINGS.md and of the prop's docstring. */
  readonly meaning: string;
  /** How it is written in cdk.json. */
  readonly form: string;
  /** Which values of that form are accepted, if not all are. */
  readonly range?: string;
  /** What holds if it is not set, as the table in docs/SETTINGS.md says it. */
  readonly byDefault: string;
  /** The construct's prop for the same thing; absent if only the app has this setting. */
  readonly prop?: string;
}

export type SettingName =
  | 'name'
  | 'secretNames'
  | 'createSecrets'
  | 'refreshBefore'
  | 'sweepEvery'
  | 'alarmEmail'
  | 'alarmTopicArn'
  | 'urgentAlarmTopicArn'
  | 'runbookUrl'
  | 'dashboard'
  | 'kmsKeyArn'
  | 'nativeRotation'
  | 'nativeRotationEvery'
  | 'momentoHosts'
  | 'managementSecretName';

/** The values that both the app and the construct take. */
export interface SettingValues {
  readonly secretNames?: string[] | undefined;
  readonly createSecrets?: boolean | undefined;
  readonly sweepEvery?: Duration | undefined;
  readonly alarmEmail?: string | undefined;
  readonly runbookUrl?: string | undefined;
  readonly nativeRotation?: boolean | undefined;
  readonly nativeRotationEvery?: Duration | undefined;
  readonly momentoHosts?: string[] | undefined;
  readonly managementSecretName?: string | undefined;
}

const MAX_SECRETS = 30;
/** All names together go into one IAM policy (10,240 characters), one event pattern (2,048) and the environment (4 KB). */
const MAX_SECRET_NAME_CHARACTERS = 1200;
/** Momento's console gives keys that live 90 days at most: a longer lead is a typing error. */
const MAX_LEAD_DAYS = 365;
const MIN_LEAD_PERCENT = 1;
/** Secrets Manager allows one new version per ten minutes. */
const MIN_SWEEP_MINUTES = 10;
/** What AutomaticallyAfterDays takes. */
const MAX_ROTATION_DAYS = 1000;
const MAX_MOMENTO_HOSTS = 10;
/** The description of an alarm has 1,024 characters, and the other texts in it need most of them. */
const MAX_RUNBOOK_URL_CHARACTERS = 100;
/** Lambda and the Scheduler allow 64 characters. The name of the sweep adds six. */
const MAX_NAME_CHARACTERS = 58;

const NAME = new RegExp(`^[A-Za-z][A-Za-z0-9-]{0,${MAX_NAME_CHARACTERS - 1}}$`);
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
/** Looks like the end of a secret's ARN: a hyphen and six random characters. */
const ARN_LIKE_ENDING = /-[A-Za-z0-9]{6}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const HOST_NAME = /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;
/** The mail and the dashboard add the section, so it has none. */
const URL_WITHOUT_SECTION = /^https:\/\/[^\s#<>()"`]+$/;
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;

const LIST = 'a comma list or a JSON array';
const BOOLEAN = 'true or false';
const DURATION = 'an ISO-8601 duration';
const TOPIC_ARN_FORM = 'the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME, not a FIFO topic';

export const DEFAULT_SWEEP_MINUTES = 60;
/** What auditors usually ask for. Keys from Momento's console live 90 days at most, so this rotation never comes first. */
export const DEFAULT_ROTATION_DAYS = 90;

export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  name: {
    meaning:
      'The name of the function and the schedule group. The names of the log group, the sweep, the dashboard and the alarms have it in them',
    form: 'a text',
    range: `1 to ${MAX_NAME_CHARACTERS} letters, digits and hyphens, a letter first, unique in the account and region`,
    byDefault: DEFAULT_NAME,
    prop: 'functionName',
  },
  secretNames: {
    meaning: 'The names of the secrets that hold the keys',
    form: LIST,
    range:
      `1 to ${MAX_SECRETS} names of letters, digits and /_+=.@-, at most ${MAX_SECRET_NAME_CHARACTERS} characters ` +
      'together, none twice',
    byDefault: DEFAULT_SECRET_NAME,
    prop: 'secretNames',
  },
  createSecrets: {
    meaning: 'Whether the stack creates the secrets. `false` if they exist already. They outlive the stack',
    form: BOOLEAN,
    byDefault: 'true',
    prop: 'createSecrets',
  },
  refreshBefore: {
    meaning: 'How long before its expiry a key is refreshed. Never more than half of its life',
    form: `${DURATION} such as P3D, or a percentage of the key's life such as 10%`,
    range: `${MIN_LEAD_MINUTES} minutes to ${MAX_LEAD_DAYS} days in whole seconds, or ${MIN_LEAD_PERCENT} to ${MAX_LEAD_PERCENT} whole percent`,
    byDefault: `10 % of the key's life, at least ${MIN_LEAD_MINUTES} minutes, at most 3 days`,
    prop: 'refreshBefore',
  },
  sweepEvery: {
    meaning: 'How often all secrets are checked',
    form: `${DURATION} such as PT30M`,
    range: `${MIN_SWEEP_MINUTES} to ${MAX_SWEEP_MINUTES} whole minutes`,
    byDefault: 'PT1H',
    prop: 'sweepEvery',
  },
  alarmEmail: {
    meaning:
      'The address that gets the alarms, after a person has confirmed the subscription. Not the urgent ones if they have a topic of their own',
    form: 'an e-mail address',
    byDefault: 'nobody is told',
    prop: 'alarmEmail',
  },
  alarmTopicArn: {
    meaning: 'An existing SNS topic for the alarms, in the same region. Not together with `alarmEmail`',
    form: TOPIC_ARN_FORM,
    byDefault: 'the stack creates one',
    prop: 'alarmTopic',
  },
  urgentAlarmTopicArn: {
    meaning: 'An existing SNS topic for the alarms whose names start with URGENT, in the same region',
    form: TOPIC_ARN_FORM,
    byDefault: 'the topic of the other alarms',
    prop: 'urgentAlarmTopic',
  },
  runbookUrl: {
    meaning: 'Where you publish the runbook, docs/RUNBOOK.md. Alarms and the dashboard link to its sections',
    form: 'an https URL without a section',
    range: `at most ${MAX_RUNBOOK_URL_CHARACTERS} characters`,
    byDefault: 'alarms and the dashboard name docs/RUNBOOK.md',
    prop: 'runbookUrl',
  },
  dashboard: {
    meaning: 'Whether there is a CloudWatch dashboard',
    form: BOOLEAN,
    byDefault: 'true',
    prop: 'dashboard',
  },
  kmsKeyArn: {
    meaning: 'The customer-managed KMS key that encrypts the secrets, in the same region',
    form: 'the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID, not of an alias: IAM grants on keys only',
    byDefault: 'the AWS-managed key of Secrets Manager',
    prop: 'encryptionKey',
  },
  nativeRotation: {
    meaning: "Whether Secrets Manager's own rotation is attached too. Nothing is rotated at deployment",
    form: BOOLEAN,
    byDefault: 'false',
    prop: 'nativeRotation',
  },
  nativeRotationEvery: {
    meaning: 'How long after the last refresh Secrets Manager rotates by itself. Needs `nativeRotation`',
    form: `${DURATION} such as P30D`,
    range: `1 to ${MAX_ROTATION_DAYS} whole days`,
    byDefault: `P${DEFAULT_ROTATION_DAYS}D`,
    prop: 'nativeRotationEvery',
  },
  momentoHosts: {
    meaning: "Hosts that keys may be sent to beside Momento's, with the hosts below them",
    form: LIST,
    range: `1 to ${MAX_MOMENTO_HOSTS} host names in small letters`,
    byDefault: 'none',
    prop: 'momentoHosts',
  },
  managementSecretName: {
    meaning: 'The secret whose v2 key replaces keys that cannot be refreshed',
    form: 'one of the names in `secretNames`',
    byDefault: 'none',
    prop: 'managementSecretName',
  },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** Thrown at synth if a setting or a prop is unknown or not accepted; the message names all that are. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** @param problem the rest of a sentence that begins with the name */
export function refusal(name: SettingName, problem: string, calledAs: string = name): string {
  const { form, range } = SETTINGS[name];
  return `${calledAs} ${problem}. Accepted: ${range === undefined ? form : `${form}: ${range}`}.`;
}

/** The same for a prop of the construct. Its type says already that it is a list or a duration. */
export function propRefusal(name: SettingName, problem: string): string {
  const { form, range, prop = name } = SETTINGS[name];
  const isTyped = form === LIST || form.startsWith(DURATION);
  return isTyped ? `${prop} ${problem}. Accepted: ${range}.` : refusal(name, problem, prop);
}

/**
 * What is wrong with these values, a sentence each; empty if nothing is.
 * @param refusalOf says what is accepted
 */
export function faultsIn(values: SettingValues, refusalOf = refusal): readonly string[] {
  const { secretNames, createSecrets = true, sweepEvery, alarmEmail, runbookUrl, momentoHosts } = values;
  const { nativeRotation = false, nativeRotationEvery } = values;
  const faults: string[] = [];
  const refuse = (name: SettingName, problem: string | undefined) => {
    if (problem !== undefined) faults.push(refusalOf(name, problem));
  };
  if (secretNames) refuse('secretNames', secretNamesProblem(secretNames, createSecrets));
  if (sweepEvery && !isWithin(sweepEvery, 60, MIN_SWEEP_MINUTES, MAX_SWEEP_MINUTES)) {
    refuse('sweepEvery', `is ${sweepEvery.toIsoString()}`);
  }
  if (alarmEmail !== undefined && !EMAIL.test(alarmEmail)) refuse('alarmEmail', `is "${alarmEmail}"`);
  if (runbookUrl !== undefined && !isRunbookUrl(runbookUrl)) refuse('runbookUrl', `is "${runbookUrl}"`);
  if (nativeRotationEvery && !isWithin(nativeRotationEvery, DAY_SECONDS, 1, MAX_ROTATION_DAYS)) {
    refuse('nativeRotationEvery', `is ${nativeRotationEvery.toIsoString()}`);
  }
  if (nativeRotationEvery && !nativeRotation) {
    faults.push(
      'nativeRotationEvery is set but nativeRotation is not: nothing would rotate. Set nativeRotation to true.',
    );
  }
  if (momentoHosts && !areMomentoHosts(momentoHosts)) {
    refuse('momentoHosts', `is "${momentoHosts.join(',')}"`);
  }
  return faults;
}

export function isName(name: string): boolean {
  return NAME.test(name);
}

export function isTopicArn(arn: string): boolean {
  return TOPIC_ARN.test(arn);
}

export function isKeyArn(arn: string): boolean {
  return KEY_ARN.test(arn);
}

export function isLead(lead: Duration): boolean {
  return isWithin(lead, 1, MIN_LEAD_MINUTES * 60, MAX_LEAD_DAYS * DAY_SECONDS);
}

export function isLeadPercent(percent: number): boolean {
  return Number.isInteger(percent) && percent >= MIN_LEAD_PERCENT && percent <= MAX_LEAD_PERCENT;
}

const DAY_SECONDS = 86_400;

/** A whole number of the unit, which is in seconds, between the two limits. */
function isWithin(duration: Duration, unit: number, least: number, most: number): boolean {
  const amount = duration.toMilliseconds() / (unit * 1000);
  return Number.isInteger(amount) && amount >= least && amount <= most;
}

function isRunbookUrl(url: string): boolean {
  return url.length <= MAX_RUNBOOK_URL_CHARACTERS && URL_WITHOUT_SECTION.test(url);
}

function areMomentoHosts(hosts: readonly string[]): boolean {
  return hosts.length > 0 && hosts.length <= MAX_MOMENTO_HOSTS && hosts.every((host) => HOST_NAME.test(host));
}

/** Of a name that is known only at deployment just the number counts. */
function secretNamesProblem(names: readonly string[], areCreated: boolean): string | undefined {
  if (names.length === 0) return 'names no secret';
  const known = names.filter((name) => !Token.isUnresolved(name));
  for (const name of known) {
    const problem = secretNameProblem(name, areCreated);
    if (problem !== undefined) return problem;
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `names ${known.includes(twice) ? `"${twice}"` : 'a secret'} twice`;
  if (names.length > MAX_SECRETS) return `names ${names.length} secrets`;
  const characters = known.join('').length;
  if (characters > MAX_SECRET_NAME_CHARACTERS) return `has names of ${characters} characters together`;
  return undefined;
}

function secretNameProblem(name: string, isCreated: boolean): string | undefined {
  if (name === '') return 'has an empty name in it';
  if (name.startsWith('arn:')) return `has the ARN "${name}" in it instead of the secret's name`;
  if (!SECRET_NAME.test(name)) return `has "${name}" in it, which Secrets Manager does not allow as a name`;
  // A secret that exists cannot be renamed, and its whole name finds it all the same. So only new names are refused.
  if (isCreated && ARN_LIKE_ENDING.test(name)) {
    return (
      `has "${name}" in it, which ends like a secret's ARN, in a hyphen and six characters: AWS advises against such ` +
      'names, because a partial ARN cannot be told from them (if the secret exists already, set createSecrets to false)'
    );
  }
  return undefined;
}
