/** Outages and throttling: what befalls all calls to a service for a while. */
import { leads } from './promise.ts';
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
    });
  });
  repeat(world, chances['aws-outage'], () => {
    const longest = mode === 'chain' ? CHAIN_OUTAGE_MS : AWS_OUTAGE_MS.longest;
    spell(world, 'aws-outage', world.dice.acrossScales(AWS_OUTAGE_MS.shortest, longest), (isOn) => {
      world.awsAway = isOn;
    });
  });
  repeat(world, chances.throttling, () => {
    const gate: { throttling: unknown } = world.dice.pick<{ throttling: unknown }>([
      world.secrets.gate,
      world.scheduler.gate,
      world.momento.gate,
    ]);
    const longest = mode === 'chain' ? CHAIN_OUTAGE_MS : 3_600_000;
    spell(world, 'throttling', world.dice.acrossScales(5_000, longest), (isOn) => {
      gate.throttling = isOn ? { requestsPerSecond: world.dice.between(0, 1) } : undefined;
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

/** Spells of one kind may overlap: the first end ends them all. */
function spell(
  world: World,
  kind: 'momento-outage' | 'aws-outage' | 'throttling',
  lastsMs: number,
  set: (isOn: boolean) => void,
): void {
  world.count(kind);
  world.note(kind, undefined, String(lastsMs));
  world.disturbed(undefined, world.now, world.now + lastsMs);
  set(true);
  world.time.after(lastsMs, () => {
    world.note(`${kind}-over`, undefined);
    set(false);
  });
}
