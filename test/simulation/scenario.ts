/** What one seed stands for: which secrets live under which conditions, and how much goes wrong. It runs nothing. */
import { Dice } from './dice.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Which of the two ways to a refresh works: each alone must be enough. */
export type Mode = 'both' | 'chain' | 'sweep';

/** What may happen to one call of the function, or to the process that makes it. */
export const CALL_FAULTS = [
  'error-before',
  'error-after',
  'throttled',
  'killed-before',
  'killed-after',
  'slow',
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

/** What else goes wrong. */
export const OTHER_FAULTS = [
  'late-effect',
  'bad-key',
  'bad-expiry',
  'duplicate',
  'late-wake-up',
  'lost-wake-up',
  'failed-delivery',
  'late-label-event',
  'lost-label-event',
  'momento-outage',
  'aws-outage',
  'throttling',
  'hanging',
  'stale-read',
  'refused-write',
  'revoked-key',
  'disabled-entry',
  'deleted-entry',
  'lost-sweep',
  'dropped-name',
  'rotation',
  'lost-answer',
  'second-run',
  'key-limit',
  'locked-account',
  'revoke-previous',
  'unfit-management-key',
  'lapsed-management-key',
] as const;

export type Fault = CallFault | (typeof OTHER_FAULTS)[number];

export interface SecretPlan {
  readonly name: string;
  readonly lifetimeSeconds: number;
  readonly narrow: boolean;
  /**
   * How the value looks. Of a v1 key: as the console gives it, with numbers as text, in milliseconds, or the predecessor's. Of a v2 key:
   * Momento's own answer, or the record of docs/KEYS.md with an endpoint or without.
   */
  readonly record: V1Record | V2Record;
  readonly kind: 'v1' | 'v2';
  /** People put v2 keys without a refresh token into it. */
  readonly withoutToken: boolean;
  /** It holds the management key. */
  readonly isManagement: boolean;
}

type V1Record = 'console' | 'text' | 'milliseconds' | 'predecessor';
type V2Record = 'answer' | 'with-endpoint' | 'without-endpoint';

export interface Scenario {
  readonly seed: number;
  readonly days: number;
  readonly mode: Mode;
  /** Of v1 keys: Momento does not say how often their tokens work. */
  readonly singleUseTokens: boolean;
  readonly secrets: readonly SecretPlan[];
  /** Undefined: there is no management key. */
  readonly managementSecretName: string | undefined;
  readonly sweepEverySeconds: number;
  /** How far the clock of a process may be off, either way. */
  readonly maxSkewSeconds: number;
  /** How long entries stay after they have fired. */
  readonly maxLingerSeconds: number;
  /** The share of processes that meet trouble, and the share of their calls that do. */
  readonly troubledProcesses: number;
  readonly troubledCalls: number;
  readonly callFaults: readonly CallFault[];
  /** The chance of each other fault whenever it could happen; outages: how many in a day. */
  readonly chances: Readonly<Record<Exclude<Fault, CallFault>, number>>;
  /** What people do to each secret, times in a day. */
  readonly peoplePerDay: number;
  /** AWS does not say whether AWSPENDING stays on a version that is made current. */
  readonly promotionEndsPending: boolean;
}

export interface ScenarioLimits {
  readonly days: number;
  readonly secrets?: number | undefined;
  readonly mode?: Mode | undefined;
}

const LIFETIMES: readonly (readonly [number, number])[] = [
  [HOUR, 1],
  [3 * HOUR, 2],
  [12 * HOUR, 6],
  [DAY, 10],
  [7 * DAY, 20],
  [30 * DAY, 30],
  [60 * DAY, 15],
  [90 * DAY, 14],
];

/** Not every fault in every run: what hides behind a frequent fault shows where that one is absent. */
export function scenarioOf(seed: number, limits: ScenarioLimits): Scenario {
  const dice = new Dice(seed, 'scenario');
  const mode =
    limits.mode ??
    dice.pickWeighted([
      ['both', 50],
      ['chain', 25],
      ['sweep', 25],
    ] as const);
  const sweepEverySeconds = dice.pickWeighted([
    [HOUR, 35],
    [6 * HOUR, 40],
    [DAY, 25],
  ] as const);
  const calm = dice.chance(0.1);
  const count =
    limits.secrets ??
    dice.pickWeighted([
      [1, 70],
      [2, 22],
      [3, 6],
      [6, 2],
    ] as const);
  const some = (chance: number) => (!calm && dice.chance(0.6) ? chance * dice.random() : 0);
  const singleUseTokens = dice.chance(0.3);
  const plans = Array.from({ length: count }, (_, index) => secretPlan(dice, index, mode, sweepEverySeconds));
  const secrets = withV2Keys(seed, plans, mode, sweepEverySeconds);
  return {
    seed,
    days: limits.days,
    mode,
    singleUseTokens,
    secrets,
    managementSecretName: secrets.find(({ isManagement }) => isManagement)?.name,
    sweepEverySeconds,
    maxSkewSeconds: calm ? 0 : dice.pick([0, 0, 3, 30, 120]),
    maxLingerSeconds: dice.pick([1, 60, 600, 2 * HOUR]),
    troubledProcesses: calm ? 0 : dice.pick([0.02, 0.1, 0.3]),
    troubledCalls: dice.pick([0.03, 0.1, 0.3]),
    callFaults: CALL_FAULTS.filter(() => dice.chance(0.6)),
    chances: {
      'late-effect': some(0.3),
      'bad-key': some(0.1),
      'bad-expiry': some(0.1),
      duplicate: some(0.3),
      'late-wake-up': some(0.3),
      'lost-wake-up': some(0.3),
      'failed-delivery': some(0.3),
      'late-label-event': some(0.3),
      'lost-label-event': some(0.5),
      'momento-outage': some(0.3),
      'aws-outage': some(0.15),
      throttling: some(0.1),
      ...handsAndServices(seed, calm),
      ...ofV2Keys(seed, calm),
    },
    peoplePerDay: calm ? 0 : dice.pick([0, 0.01, 0.03, 0.1]),
    promotionEndsPending: dice.chance(0.5),
  };
}

type HandsAndServices = Pick<
  Scenario['chances'],
  | 'hanging'
  | 'stale-read'
  | 'refused-write'
  | 'revoked-key'
  | 'disabled-entry'
  | 'deleted-entry'
  | 'lost-sweep'
  | 'dropped-name'
  | 'rotation'
>;

/** Dice of their own: a new kind of fault changes no other choice of a seed. */
function handsAndServices(seed: number, calm: boolean): HandsAndServices {
  const dice = new Dice(seed, 'hands and services');
  const some = (chance: number) => {
    const drawn = dice.chance(0.6) ? chance * dice.random() : 0;
    return calm ? 0 : drawn;
  };
  return {
    hanging: some(0.2),
    'stale-read': some(0.3),
    'refused-write': some(0.1),
    'revoked-key': some(0.03),
    'disabled-entry': some(0.2),
    'deleted-entry': some(0.2),
    'lost-sweep': some(0.05),
    'dropped-name': some(0.03),
    rotation: some(0.1),
  };
}

type OfV2Keys = Pick<
  Scenario['chances'],
  | 'lost-answer'
  | 'second-run'
  | 'key-limit'
  | 'locked-account'
  | 'revoke-previous'
  | 'unfit-management-key'
  | 'lapsed-management-key'
>;

function ofV2Keys(seed: number, calm: boolean): OfV2Keys {
  const dice = new Dice(seed, 'faults of v2 keys');
  const some = (chance: number) => {
    const drawn = dice.chance(0.6) ? chance * dice.random() : 0;
    return calm ? 0 : drawn;
  };
  return {
    'lost-answer': some(0.2),
    'second-run': some(0.3),
    'key-limit': some(0.1),
    'locked-account': some(0.05),
    'revoke-previous': some(0.1),
    'unfit-management-key': some(0.02),
    'lapsed-management-key': some(0.02),
  };
}

/** Half of the secrets hold v2 keys, and in half of the runs with such a secret there is a management key. */
function withV2Keys(
  seed: number,
  plans: readonly SecretPlan[],
  mode: Mode,
  sweepEverySeconds: number,
): readonly SecretPlan[] {
  const dice = new Dice(seed, 'kinds of keys');
  const v2Plan = (plan: SecretPlan): SecretPlan => ({
    ...plan,
    kind: 'v2',
    withoutToken: dice.chance(0.15),
    record: dice.pick(['answer', 'with-endpoint', 'without-endpoint']),
  });
  const mixed = plans.map((plan) => (dice.chance(0.5) ? v2Plan(plan) : plan));
  if (!mixed.some(({ kind }) => kind === 'v2') || dice.chance(0.5)) return mixed;
  const management = secretPlan(dice, 0, mode, sweepEverySeconds);
  return [...mixed, v2Plan({ ...management, name: 'momento/management-key', isManagement: true })];
}

function secretPlan(dice: Dice, index: number, mode: Mode, sweepEverySeconds: number): SecretPlan {
  // A sweep can only carry a key whose lead is longer than its own interval.
  const shortest = mode === 'sweep' ? 12 * sweepEverySeconds : 0;
  return {
    name: index === 0 ? 'momento/authentication-token' : `team-${index}/momento_key`,
    kind: 'v1',
    withoutToken: false,
    isManagement: false,
    lifetimeSeconds: dice.pickWeighted(LIFETIMES.filter(([lifetime]) => lifetime >= shortest)),
    narrow: dice.chance(0.2),
    record: dice.pickWeighted([
      ['console', 6],
      ['text', 1],
      ['milliseconds', 1],
      ['predecessor', 2],
    ] as const),
  };
}
