/** Situations that several tests of the flow start from, and looks at what is booked in them. */
import { DAY, GROUP, SECRET, START, World } from './world.ts';

/** A person's call: refresh now. */
export const MANUAL = { momento_auth_token_secret_name: SECRET };
export const SWEEP = { action: 'sweep' };

/** A healthy chain, one day into its first refreshed key; what was reported so far is forgotten. */
export async function healthyWorld(): Promise<World> {
  const world = new World();
  world.seed({ lifetimeSeconds: 30 * DAY });
  world.now = START + DAY;
  await world.run(MANUAL);
  world.now = START + 2 * DAY;
  world.reports.length = 0;
  return world;
}

/** An entry that somebody puts into the function's group, far in the future. */
export function book(world: World, Name: string): void {
  world.scheduler.createSchedule({
    Name,
    GroupName: GROUP,
    ScheduleExpression: 'at(2027-12-01T00:00:00)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
      RoleArn: 'arn:aws:iam::123456789012:role/scheduler',
      Input: '{}',
    },
  });
}

/** The names of all entries in the function's group. */
export function names(world: World): string[] {
  return (world.scheduler.listSchedules({ GroupName: GROUP }).Schedules ?? []).map(({ Name = '' }) => Name);
}
