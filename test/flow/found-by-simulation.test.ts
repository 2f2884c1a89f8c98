/** What the simulation found, each reduced to a short story. The seeds are those of test/simulation at that time. */
import { describe, expect, it } from 'vitest';
import { successorVersionId } from '../../handlers/rules/secret.ts';
import { DAY, labelUpdated, MANUAL, SECRET, START, SWEEP } from '../worlds/names.ts';
import { dueWorld, healthyWorld, retryingWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

describe("a demand that failed and that Lambda's own retries repeat (seed 44)", () => {
  it('is left to the retry that is booked', async () => {
    const { world, event } = await retryingWorld();
    const before = world.issueCalls();

    for (let again = 0; again < 2; again++) {
      world.now += 60;
      expect(await world.run(event)).toMatchObject({ result: { outcome: 'wait', reason: 'retry-booked' } });
    }

    expect(world.issueCalls()).toBe(before);
    expect(world.booked().filter((at) => at < '2026-01-10')).toHaveLength(1);
  });

  it('is left to the retry that is booked if its new key is pending', async () => {
    const world = await healthyWorld();
    world.faults = [{ before: 'ListCaches', mode: 'fail' }];
    await world.run(MANUAL);
    await world.wakeUp();
    await world.wakeUp();
    const event = world.nextEvent();
    await world.run(event);
    world.now += 60;
    expect(await world.run(event)).toMatchObject({ result: { outcome: 'wait', reason: 'retry-booked' } });
  });

  it('is served at once if a person asks again', async () => {
    const { world } = await retryingWorld();
    world.faults = [];
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh', reason: 'requested' } });
  });
});

describe('a clock that is two minutes behind the services (seed 124)', () => {
  it('leads to a retry later than the first instant that the Scheduler calls past, and to a refresh', async () => {
    const world = await healthyWorld();
    world.skewSeconds = -120;
    const before = world.current().versionId;

    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh', reason: 'requested' } });

    expect(world.current().versionId).not.toBe(before);
    // By its clock it is 23:58: three minutes on, up to the whole minute.
    expect(
      world.reports.findLast((entry) => entry.kind === 'effect' && entry.effect === 'retry-booked'),
    ).toMatchObject({ at: START + 2 * DAY + 60 });
  });

  it('books the wake-up of a key that is almost due safely ahead, and answers with that instant', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 3600 });
    world.skewSeconds = -120;
    // When the key is due, by this clock: then 90 seconds before that.
    await world.run(SWEEP);
    const plannedAt = Date.parse(world.booked()[0] ?? '') / 1000;
    world.deleteEntries();
    world.now = plannedAt - 90 + 120;

    const outcome = await world.run(SWEEP);

    expect(world.booked()).toHaveLength(1);
    const nextRefreshAt = world.booked()[0]?.replace('.000Z', 'Z');
    expect(outcome).toMatchObject({ result: { secrets: [{ outcome: 'wait', nextRefreshAt }] } });
  });
});

it('a rollback between the reads of AWSPENDING and AWSCURRENT is not undone (seed 1492)', async () => {
  const world = await healthyWorld();
  const previous = world.previousVersionId();
  const read = world.secrets.getSecretValue.bind(world.secrets);
  const pending = read({ SecretId: SECRET, VersionStage: 'AWSPENDING' });
  world.makeCurrent(previous);
  // The sweep has read AWSPENDING before the rollback and reads AWSCURRENT after it.
  world.secrets.getSecretValue = (input) => (input.VersionStage === 'AWSPENDING' ? pending : read(input));

  expect(pending.VersionStages).toContain('AWSCURRENT');
  await world.run(SWEEP);
  world.secrets.getSecretValue = read;

  expect(world.current().versionId).toBe(previous);
});

describe('reads that do not show a write of another run yet', () => {
  it('lead to no second key in the run that the new label starts, even if the entries cannot be listed', async () => {
    const world = await dueWorld();
    world.readLagSeconds = 60;
    await world.wakeUp();
    const { versionId } = world.current();
    const before = world.issueCalls();
    const event = labelUpdated();

    const outcome = await world.run(
      { ...event, detail: { ...event.detail, versionId } },
      { before: 'ListSchedules', mode: 'fail' },
    );

    expect(outcome).toMatchObject({ result: { outcome: 'wait', reason: 'too-soon' } });
    expect(world.issueCalls()).toBe(before);
    expect(world.current().versionId).toBe(versionId);
  });

  it('lead to no second key in a run that finds its version id taken (seed 59)', async () => {
    const world = await dueWorld();
    const event = world.nextEvent();
    const currentVersionId = world.current().versionId;
    const theirs = successorVersionId({ currentVersionId, tries: 0 });
    const read = world.secrets.getSecretValue.bind(world.secrets);
    const before = world.issueCalls();
    world.onceBefore('PutSecretValue', () => {
      world.putPending(theirs, JSON.stringify(world.momento.generateKey({ lifetimeSeconds: 30 * DAY })));
      const old = read({ SecretId: SECRET });
      const pending = read({ SecretId: SECRET, VersionStage: 'AWSPENDING' });
      const describe = world.secrets.describeSecret.bind(world.secrets);
      let looks = 0;
      world.secrets.getSecretValue = (input) => (input.VersionStage === 'AWSPENDING' ? pending : old);
      // The first look shows their pending key. The second is as before it was stored.
      world.secrets.describeSecret = (input) => {
        looks++;
        const described = describe(input);
        return looks === 1
          ? described
          : { ...described, VersionIdsToStages: { [currentVersionId]: ['AWSCURRENT'] } };
      };
    });

    expect(await world.run(event)).toMatchObject({ result: { outcome: 'wait', reason: 'retry-booked' } });
    expect(world.issueCalls()).toBe(before + 1);
  });
});

it('a sweep refreshes a key that a person has moved AWSCURRENT back to, although a newer key has an entry (seed 7058)', async () => {
  const world = await dueWorld();
  const old = world.current().versionId;
  await world.wakeUp();
  world.makeCurrent(old);
  world.now += DAY;
  const before = world.current().versionId;
  await world.run(SWEEP);
  expect(world.current().versionId).not.toBe(before);
  expect(world.current().works).toBe(true);
});

it('a key is not promoted again after a person has moved AWSCURRENT away from it twice (seed 1531)', async () => {
  const world = await healthyWorld();
  const previous = world.previousVersionId();
  // The label of the promotion starts this run.
  await world.run(labelUpdated());
  expect(world.effects()).toEqual(['label-released']);
  world.makeCurrent(previous);
  world.seed();
  world.makeCurrent(previous);
  await world.run(labelUpdated());
  expect(world.current().versionId).toBe(previous);
});

it('a sweep refreshes a key that a person has put in place of a longer-lived one, whose entry is still booked (seed 221)', async () => {
  const world = await healthyWorld();
  world.seed({ lifetimeSeconds: DAY });
  const { versionId } = world.current();
  await world.run(labelUpdated());
  world.now += DAY - 7200;
  await world.run(SWEEP);
  expect(world.current().versionId).toBe(successorVersionId({ currentVersionId: versionId, tries: 0 }));
  expect(world.current().works).toBe(true);
});

it('the retry of a request that is already met refreshes nothing and books the next wake-up (seed 158)', async () => {
  const world = await healthyWorld();
  // The key is stored at the second try, and its retry cannot be brought forward at once.
  world.faults = [{ before: 'PutSecretValue', mode: 'fail', until: world.now + 1 }];
  world.onceBefore('PutSecretValue', () => {
    world.faults = [
      { before: 'CreateSchedule', mode: 'fail', until: world.now + 1 },
      { before: 'ListCaches', mode: { lateSeconds: 1 } },
    ];
  });
  // The fifth call would book the entry for the new key.
  errorOf(await world.run(MANUAL, { before: 'CreateSchedule', nth: 5, mode: 'fail' }));
  const { versionId } = world.current();
  const before = world.issueCalls();

  await world.wakeUp();

  expect(world.current().versionId).toBe(versionId);
  expect(world.issueCalls()).toBe(before);
  expect(world.effects()).toContain('wake-up-booked');
});

it('no entry gets the name of one that the run has cancelled, because that may take effect late (seed 793)', async () => {
  const world = await healthyWorld();
  // The usual retry is at the same minute before and after the second try.
  world.now += 30;
  // The key is stored at the second try, and then it cannot be made current.
  world.faults = [
    { before: 'PutSecretValue', mode: 'fail', until: world.now + 1 },
    { before: 'UpdateSecretVersionStage', mode: 'fail' },
  ];
  world.recorded.length = 0;
  errorOf(await world.run(MANUAL));
  const booked = world.recorded.filter(({ operation }) => operation === 'CreateSchedule');
  expect(booked).toHaveLength(3);
  expect(new Set(booked.map(({ input }) => Object(input).Name)).size).toBe(3);
});

it('the next run learns that a key could not be stored, although another run has booked that instant (seed 1404)', async () => {
  const retryOf = async (world: World) => {
    world.faults = [{ before: 'PutSecretValue', mode: 'fail' }];
    errorOf(await world.run(MANUAL));
    const { input } = world.recorded.findLast(({ operation }) => operation === 'CreateSchedule') ?? {};
    return Object(input) as { Name: string; Target: { Input: string } };
  };
  const { Name } = await retryOf(await healthyWorld());
  const world = await healthyWorld();
  world.addEntry(Name);
  const own = await retryOf(world);
  expect(own.Name).not.toBe(Name);
  expect(own.Target.Input).toContain('"writeRefused":true');
});

it('a sweep whose clock is behind cancels no retry, although the planned entry is still listed (seed 1528)', async () => {
  const world = await dueWorld();
  world.faults = [{ before: 'RefreshApiKey', mode: 'fail' }];
  await world.wakeUp();
  // The entry that has fired, and the retry.
  const entries = world.entries();
  expect(entries).toHaveLength(2);
  world.skewSeconds = -110;
  await world.run(SWEEP);
  expect(world.entries()).toEqual(entries);
});

it('a run whose key was overtaken issues no other one if Momento rejects the key that was faster (seed 270)', async () => {
  const world = await dueWorld();
  const before = world.issueCalls();
  const { during } = await world.runDuring('PutSecretValue', () => {
    world.onceBefore('ListCaches', () => world.momento.revoke(world.pendingKey()));
    return world.run(MANUAL);
  });
  expect(errorOf(during).message).toContain('Momento rejected the new key');
  expect(world.issueCalls() - before).toBe(2);
});
