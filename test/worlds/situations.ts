/** The situations that tests start from. Each has one secret with a key of 30 days unless its sentence says otherwise. */
import { DAY, MANUAL, START } from './names.ts';
import { World } from './world.ts';

/** A person put a key a minute ago; the function has not run yet. */
export function seededWorld(): World {
  const world = new World();
  world.seed();
  world.now = START + 60;
  return world;
}

/** The key was refreshed a day ago and the next refresh is booked. The reports so far are dropped. */
export async function healthyWorld(): Promise<World> {
  const world = seededWorld();
  world.now = START + DAY;
  await world.run(MANUAL);
  world.now = START + 2 * DAY;
  world.reports.length = 0;
  return world;
}

/** As `healthyWorld`, after a person has disabled the booked entry. @returns also its epoch second */
export async function disabledEntryWorld(): Promise<{ world: World; disabledAt: number }> {
  const world = await healthyWorld();
  const [name = ''] = world.entries();
  world.disableEntry(name);
  return { world, disabledAt: Number(name.slice(-10)) };
}

/** As `healthyWorld`, after a deployment that no longer names the secret. */
export async function abandonedWorld(): Promise<World> {
  const world = await healthyWorld();
  world.configuration = { ...world.configuration, secretNames: [] };
  return world;
}

/** As `healthyWorld`, at the instant of the booked refresh; its wake-up has not been delivered yet. */
export async function dueWorld(): Promise<World> {
  const world = await healthyWorld();
  world.now = (world.scheduler.nextDueAt() ?? 0) / 1000;
  return world;
}

/** A key of 7 days that expired a day ago and was never refreshed. */
export function lapsedWorld(): World {
  const world = new World();
  world.seed({ lifetimeSeconds: 7 * DAY });
  world.now = START + 8 * DAY;
  return world;
}

/** As `healthyWorld`, after a refresh that was killed when it had stored the new key: it is under AWSPENDING. */
export async function halfDoneWorld(): Promise<World> {
  const world = await healthyWorld();
  await world.run(MANUAL, { after: 'PutSecretValue', mode: 'kill' });
  world.reports.length = 0;
  return world;
}

/** As `healthyWorld`, after Momento was away for a demanded refresh and the two retries after it. @returns also the last retry's event */
export async function retryingWorld(): Promise<{ world: World; event: unknown }> {
  const world = await healthyWorld();
  world.faults = [{ before: 'RefreshApiKey', mode: 'fail' }];
  await world.run(MANUAL);
  await world.wakeUp();
  await world.wakeUp();
  const event = world.nextEvent();
  await world.run(event);
  return { world, event };
}
