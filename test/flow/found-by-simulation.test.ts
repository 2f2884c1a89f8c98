/** What the simulation found, each as the short story that it comes down to; the seeds are those of test/simulation at that time. */
import { describe, expect, it } from 'vitest';
import { healthyWorld, MANUAL, SWEEP } from '../worlds/situations.ts';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

/** The event of the next wake-up, delivered. */
function nextEvent(world: World): unknown {
  world.now = Math.max(world.now, (world.scheduler.nextDueAt() ?? 0) / 1000);
  const [delivery] = world.scheduler.takeDue();
  if (delivery === undefined) throw new Error('nothing is due');
  world.scheduler.delivered(delivery);
  return JSON.parse(delivery.input);
}

function issueCalls(world: World): number {
  return world.recorded.filter(({ operation }) => operation === 'RefreshApiKey').length;
}

describe("a demand that fails does not multiply through Lambda's own retries (seed 44)", () => {
  it('a booked try that is delivered again leaves the demand to the retry that it has booked', async () => {
    const world = await healthyWorld();
    world.momento.outage = true;
    await world.run(MANUAL);
    // The third failure books its retry four minutes ahead: far enough to be relied on.
    let event: unknown;
    for (let attempt = 2; attempt <= 4; attempt++) {
      event = nextEvent(world);
      await world.run(event);
    }
    const before = issueCalls(world);

    for (let again = 0; again < 2; again++) {
      world.now += 60;
      expect(await world.run(event)).toEqual({
        result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }),
      });
    }

    expect(issueCalls(world)).toBe(before);
    expect(world.booked().filter((at) => at < '2026-01-10')).toHaveLength(1);
  });

  it('a pending key that was demanded is left to its booked retry as well', async () => {
    const world = await healthyWorld();
    world.momento.gate.faultHook = (operation) => {
      if (operation === 'ListCaches') throw new Error('not reached');
    };
    await world.run(MANUAL);
    let event: unknown;
    for (let attempt = 2; attempt <= 4; attempt++) {
      event = nextEvent(world);
      await world.run(event);
    }
    world.now += 60;
    expect(await world.run(event)).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }),
    });
  });

  it('but a person who asks again is not put off', async () => {
    const world = await healthyWorld();
    world.momento.outage = true;
    await world.run(MANUAL);
    for (let attempt = 2; attempt <= 4; attempt++) await world.wakeUp();
    world.momento.outage = false;
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ outcome: 'refresh', reason: 'requested' }),
    });
  });
});

describe('a clock that is two minutes behind the services (seed 124)', () => {
  it('books where the first instant is past for the Scheduler, and refreshes', async () => {
    const world = await healthyWorld();
    world.skewSeconds = -120;
    const before = world.current().versionId;

    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ outcome: 'refresh', reason: 'requested' }),
    });

    expect(world.current().versionId).not.toBe(before);
    const retries = world.reports.flatMap((entry) =>
      entry.kind === 'effect' && entry.effect === 'retry-booked' ? [entry.at ?? 0] : [],
    );
    // By its clock it is 23:58: three minutes on, up to the whole minute.
    expect(retries.at(-1)).toBe(START + 2 * DAY + 60);
  });

  it('the wake-up of a key that is about to be due is booked safely ahead, and answered as booked', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 3600 });
    world.skewSeconds = -120;
    // 59 minutes before it expires it is not due, 5 to 6.6 minutes before it is; by this clock it is so in 90 seconds.
    const planned = await plannedAt(world);
    world.now = planned - 90 + 120;

    const outcome = await world.run(SWEEP);

    expect(outcome).toEqual({
      result: expect.objectContaining({
        secrets: [
          expect.objectContaining({
            outcome: 'wait',
            nextRefreshAt: world.booked()[0]?.replace('.000Z', 'Z'),
          }),
        ],
      }),
    });
    expect(world.booked()).toHaveLength(1);
  });
});

/** When the key in the secret is due, as a run of another world's clock would say. */
async function plannedAt(world: World): Promise<number> {
  await world.run(SWEEP);
  const [at = ''] = world.booked();
  const { Schedules = [] } = world.scheduler.listSchedules({ GroupName: 'momento-key-refresher' });
  for (const { Name = '' } of Schedules)
    world.scheduler.deleteSchedule({ Name, GroupName: 'momento-key-refresher' });
  return Date.parse(at) / 1000;
}

describe('a rollback between the reads of the two labels (seed 1492)', () => {
  it('is not undone: what was current when AWSPENDING was read is no key of a try that stopped half-way', async () => {
    const world = await healthyWorld();
    const refreshed = world.current().versionId;
    const { VersionIdsToStages = {} } = world.secrets.describeSecret({ SecretId: SECRET });
    const [previous = ''] = Object.entries(VersionIdsToStages)
      .filter(([, stages]) => stages.includes('AWSPREVIOUS'))
      .map(([versionId]) => versionId);
    // The sweep reads AWSPENDING, then the person moves AWSCURRENT back, then the sweep reads AWSCURRENT.
    const read = world.secrets.getSecretValue.bind(world.secrets);
    const pending = read({ SecretId: SECRET, VersionStage: 'AWSPENDING' });
    world.secrets.updateSecretVersionStage({
      SecretId: SECRET,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: refreshed,
      MoveToVersionId: previous,
    });
    world.secrets.getSecretValue = (input) => {
      if (input.VersionStage !== 'AWSPENDING') return read(input);
      world.secrets.getSecretValue = read;
      return pending;
    };

    expect(pending.VersionStages).toContain('AWSCURRENT');
    await world.run(SWEEP);

    expect(world.current().versionId).toBe(previous);
  });
});
