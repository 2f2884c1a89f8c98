/** What the stack accepts as names and times, by default and at most, and why; it parses nothing and creates nothing. */
import { Duration } from 'aws-cdk-lib';
import { MAX_LEAD_PERCENT, MIN_LEAD_MINUTES } from '../../handlers/names.ts';

export { DEFAULT_SECRET_NAME } from '../../handlers/names.ts';

/** How long before a key expires it is refreshed: a fixed time, or a share of the key's own lifetime. */
export type RefreshBefore = Duration | { readonly lifetimePercent: number };

export const DEFAULT_SWEEP_EVERY = Duration.hours(1);
/** What auditors ask for as a rule, and longer than a key of Momento's console lives: it then never fires by itself. */
export const DEFAULT_ROTATION_EVERY = Duration.days(90);

const MOST_SECRETS = 30;
/** All names together go into one IAM policy (10,240 characters), one event pattern (2,048) and the environment (4 KB). */
const MOST_SECRET_NAME_CHARACTERS = 1200;
/** Longer than Momento's console gives a key: more is a slip of the pen. */
const MOST_REFRESH_BEFORE_DAYS = 365;
const LEAST_LIFETIME_PERCENT = 1;
/** The function's own timeout: a more frequent sweep could overtake itself. */
const LEAST_SWEEP_MINUTES = 5;
const MOST_SWEEP_DAYS = 1;

/** What AutomaticallyAfterDays takes. */
const MOST_ROTATION_DAYS = 1000;
const MOST_MOMENTO_HOSTS = 10;
const HOST_NAME = /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,58}$/;

/** The limits in words, for errors. */
export const SECRET_NAMES_RANGE =
  `1 to ${MOST_SECRETS} names of letters, digits and /_+=.@-, with at most ${MOST_SECRET_NAME_CHARACTERS} characters ` +
  'together, none twice';
/** Lambda and the Scheduler allow 64, of which the name of the sweep takes six for its ending. */
export const FUNCTION_NAME_RANGE = '1 to 58 letters, digits, hyphens and underscores';
export const REFRESH_BEFORE_DURATION_RANGE = `from PT${MIN_LEAD_MINUTES}M to P${MOST_REFRESH_BEFORE_DAYS}D`;
export const REFRESH_BEFORE_PERCENTAGE_RANGE = `from ${LEAST_LIFETIME_PERCENT}% to ${MAX_LEAD_PERCENT}%`;
export const SWEEP_EVERY_RANGE = `whole minutes from PT${LEAST_SWEEP_MINUTES}M to P${MOST_SWEEP_DAYS}D`;
export const ROTATION_EVERY_RANGE = `whole days from P1D to P${MOST_ROTATION_DAYS}D`;
export const MOMENTO_HOSTS_RANGE = `1 to ${MOST_MOMENTO_HOSTS} host names in small letters`;

const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
/** Looks like the end of a secret's ARN, a hyphen and six random characters. */
const ARN_LIKE_ENDING = /-[A-Za-z0-9]{6}$/;

/** What is wrong with the names of the secrets, as the rest of a sentence; undefined where all is well. */
export function secretNamesProblem(names: readonly string[], areCreated: boolean): string | undefined {
  if (names.length === 0) return 'names no secret';
  for (const [index, name] of names.entries()) {
    if (name === '') return 'has an empty name in it';
    if (name.startsWith('arn:')) return `has the ARN "${name}" where the secret's name is wanted`;
    if (!SECRET_NAME.test(name)) return `has "${name}" in it, which Secrets Manager does not allow as a name`;
    if (names.indexOf(name) !== index) return `names "${name}" twice`;
    // One that exists already cannot be renamed and is found by its whole name all the same: only new ones are refused.
    if (areCreated && ARN_LIKE_ENDING.test(name)) {
      return (
        `has "${name}" in it, which ends in a hyphen and six characters like a secret's ARN: AWS advises against it, ` +
        'because a partial ARN then takes that ending for the random one (a secret that exists already may be called so, ' +
        'with createSecrets=false)'
      );
    }
  }
  if (names.length > MOST_SECRETS) return `names ${names.length} secrets`;
  const characters = names.join('').length;
  if (characters > MOST_SECRET_NAME_CHARACTERS) return `has names of ${characters} characters together`;
  return undefined;
}

export function isFunctionName(name: string): boolean {
  return FUNCTION_NAME.test(name);
}

export function isRefreshBefore(refreshBefore: RefreshBefore): boolean {
  if ('lifetimePercent' in refreshBefore) {
    const { lifetimePercent } = refreshBefore;
    return (
      Number.isInteger(lifetimePercent) &&
      lifetimePercent >= LEAST_LIFETIME_PERCENT &&
      lifetimePercent <= MAX_LEAD_PERCENT
    );
  }
  const seconds = wholeSeconds(refreshBefore);
  return (
    seconds !== undefined && seconds >= MIN_LEAD_MINUTES * 60 && seconds <= MOST_REFRESH_BEFORE_DAYS * 86_400
  );
}

/** The Scheduler's rates are in whole minutes. */
export function isSweepInterval(sweepEvery: Duration): boolean {
  const seconds = wholeSeconds(sweepEvery);
  return (
    seconds !== undefined &&
    seconds % 60 === 0 &&
    seconds >= LEAST_SWEEP_MINUTES * 60 &&
    seconds <= MOST_SWEEP_DAYS * 86_400
  );
}

export function isRotationInterval(rotationEvery: Duration): boolean {
  const days = rotationEvery.toDays({ integral: false });
  return Number.isInteger(days) && days >= 1 && days <= MOST_ROTATION_DAYS;
}

export function areMomentoHosts(hosts: readonly string[]): boolean {
  return (
    hosts.length > 0 && hosts.length <= MOST_MOMENTO_HOSTS && hosts.every((host) => HOST_NAME.test(host))
  );
}

function wholeSeconds(duration: Duration): number | undefined {
  const seconds = duration.toSeconds({ integral: false });
  return Number.isInteger(seconds) ? seconds : undefined;
}
