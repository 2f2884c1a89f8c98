/** Outages and throttling: what befalls all calls to a service for a while. */
import type { Service } from './call.ts';
import type { Hinders, SecretLedger } from './ledger.ts';
import { leads } from './promise.ts';
import type { Fault } from './scenario.ts';
import type { World } from './world.ts';

const AWS_OUTAGE_MS = { shortest: 5_000, longest: 4 * 3_600_000 };
/** Three tries of one event fit into it, so that the chain alone lives on: longer ones are the sweep's business. */
const CHAIN_OUTAGE_MS = 30_000;

export function forecast(world: World): void {
  const { chances, mode, secrets } = world.scenario;
  const lead = Math.max(...secrets.map(({ lifetimeSeconds }) => leads(0, lifetimeSeconds).longest));
  repeat(world, chances['momento-outage'], () => {
    const lastsMs = world.dice.acrossScales(5_000, 1500 * lead);
    spell(world, 'momento-outage', lastsMs, (isOn) => {
      world.momento.outage = isOn;
      world.momento.account.outage = isOn;
    });
  });
  repeat(world, chances['aws-outage'], () => {
    const longest = mode === 'chain' ? CHAIN_OUTAGE_MS : AWS_OUTAGE_MS.longest;
    spell(world, 'aws-outage', world.dice.acrossScales(AWS_OUTAGE_MS.shortest, longest), (isOn) => {
      world.awsAway = isOn;
    });
  });
  forecastAccount(world, lead);
  repeat(world, chances.hanging, () => hang(world, lead));
  for (const secret of world.ledger.secrets.values())
    repeat(world, chances['refused-write'], () => refuseWrites(world, secret));
  repeat(world, chances.throttling, () => {
    const gate: { throttling: unknown } = world.dice.pick<{ throttling: unknown }>([
      world.secrets.gate,
      world.scheduler.gate,
      world.momento.gate,
      world.momento.account.gate,
    ]);
    const longest = mode === 'chain' ? CHAIN_OUTAGE_MS : 3_600_000;
    spell(world, 'throttling', world.dice.acrossScales(5_000, longest), (isOn) => {
      gate.throttling = isOn ? { requestsPerSecond: world.dice.between(0, 1) } : undefined;
    });
  });
}

/** The account has as many keys as it may have, or Momento has locked it: then it refreshes none. */
function forecastAccount(world: World, lead: number): void {
  const { chances } = world.scenario;
  const { account } = world.momento;
  const { keyLimit } = account;
  repeat(world, chances['key-limit'], () => {
    spell(world, 'key-limit', world.dice.acrossScales(60_000, 1500 * lead), (isOn) => {
      account.keyLimit = isOn ? account.liveKeys().length : keyLimit;
    });
  });
  repeat(world, chances['locked-account'], () => {
    spell(world, 'locked-account', world.dice.acrossScales(60_000, 1500 * lead), (isOn) => {
      account.locked = isOn;
    });
  });
}

function repeat(world: World, perDay: number, happen: () => void): void {
  if (perDay === 0) return;
  world.time.after(world.dice.nextArrivalMs(perDay), () => {
    happen();
    repeat(world, perDay, happen);
  });
}

/** While the Scheduler alone hangs, the sweep carries the keys. */
function hang(world: World, lead: number): void {
  const service = world.dice.pick<Service>(['momento', 'scheduler', 'scheduler', 'secrets-manager']);
  const longest = world.scenario.mode === 'chain' ? CHAIN_OUTAGE_MS : 3000 * lead;
  const hinders = service === 'scheduler' ? 'bookings' : 'all';
  spell(
    world,
    'hanging',
    world.dice.acrossScales(30_000, longest),
    (isOn) => {
      if (isOn) world.hanging.add(service);
      else world.hanging.delete(service);
    },
    hinders,
  );
}

const REFUSALS = [
  'AccessDeniedException',
  'EncryptionFailure',
  'InternalServiceError',
  'InvalidParameterException',
  'LimitExceededException',
] as const;

function refuseWrites(world: World, secret: SecretLedger): void {
  if (secret.refusedWrites !== undefined) return;
  const lastsMs = world.dice.acrossScales(5_000, 3 * 86_400_000);
  const code = world.dice.pick<string>(REFUSALS);
  world.count('refused-write');
  world.note('refused-write', secret.plan.name, `${code} ${lastsMs}`);
  secret.disturbed('refused-write', world.now, world.now + lastsMs);
  secret.refusedWrites = code;
  world.time.after(lastsMs, () => {
    world.note('refused-write-over', secret.plan.name);
    secret.refusedWrites = undefined;
  });
}

/** Only v2 keys belong to an account that can be full or locked. */
const OF_ACCOUNT: readonly Fault[] = ['key-limit', 'locked-account'];

/** Spells of one kind may overlap: the first end ends them all. */
function spell(
  world: World,
  kind: 'momento-outage' | 'aws-outage' | 'throttling' | 'hanging' | 'key-limit' | 'locked-account',
  lastsMs: number,
  set: (isOn: boolean) => void,
  hinders: Hinders = 'all',
): void {
  world.count(kind);
  world.note(kind, undefined, String(lastsMs));
  for (const secret of world.ledger.secrets.values()) {
    const isConcerned = secret.plan.kind === 'v2' || !OF_ACCOUNT.includes(kind);
    if (isConcerned) secret.disturbed(kind, world.now, world.now + lastsMs, hinders);
  }
  set(true);
  world.time.after(lastsMs, () => {
    world.note(`${kind}-over`, undefined);
    set(false);
  });
}
