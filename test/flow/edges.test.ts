import { describe, expect, it } from 'vitest';
import { successorVersionId } from '../../handlers/rules/secret.ts';
import { V1_KEY } from '../worlds/keys.ts';
import { DAY, GROUP, MANUAL, SECRET, START, SWEEP } from '../worlds/names.ts';
import { halfDoneWorld, healthyWorld, seededWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

/** Earlier refreshes of the current version left versions under these ids, without a label. */
function takeIds(world: World, count: number): void {
  const currentVersionId = world.current().versionId;
  for (let tries = 0; tries < count; tries++) {
    const versionId = successorVersionId({ currentVersionId, tries });
    world.putPending(versionId, '{}');
    world.secrets.updateSecretVersionStage({
      SecretId: SECRET,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: versionId,
    });
  }
}

/** Another run stores its key just before this one would. @returns its version id */
function overtake(world: World, thenDo: (versionId: string) => void = () => {}): string {
  const currentVersionId = world.current().versionId;
  const versionId = successorVersionId({ currentVersionId, tries: 0 });
  world.onceBefore('PutSecretValue', () => {
    world.putPending(versionId, JSON.stringify(world.momento.generateKey({ lifetimeSeconds: 30 * DAY })));
    thenDo(versionId);
  });
  return versionId;
}

describe('a new key whose version id is taken', () => {
  it('is stored under the third id if the first two are taken', async () => {
    const world = seededWorld();
    const currentVersionId = world.current().versionId;
    takeIds(world, 2);
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.current().versionId).toBe(successorVersionId({ currentVersionId, tries: 2 }));
    expect(world.reported('decision')).toHaveLength(2);
  });

  it('fails and names the command if ten ids are taken', async () => {
    const world = seededWorld();
    takeIds(world, 10);
    expect(errorOf(await world.run(MANUAL)).message).toContain(
      'The new key could not be stored: 10 versions without a label hold the ids that it could have.',
    );
  });

  it("gives way to another run's pending key, which is made current", async () => {
    const world = await healthyWorld();
    const theirs = overtake(world);
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'resume' } });
    expect(world.current().versionId).toBe(theirs);
    expect(world.effects().filter((effect) => effect === 'key-issued')).toHaveLength(1);
  });

  it('gives way to a key that another run has made current', async () => {
    const world = await healthyWorld();
    const theirs = overtake(world, (versionId) => world.makeCurrent(versionId));
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'wait', reason: 'not-due' } });
    expect(world.current().versionId).toBe(theirs);
    expect(world.effects().filter((effect) => effect === 'key-issued')).toHaveLength(1);
    expect(world.effects()).not.toContain('key-stored');
  });
});

it('a run gives up on a secret that others change four times while it works', async () => {
  const world = await healthyWorld();
  world.meanwhile = (operation) => {
    if (operation !== 'UpdateSecretVersionStage') return;
    // Due from the start: half its life is less than a minute.
    world.seed({ lifetimeSeconds: 100 });
    world.now += 5;
  };
  expect(errorOf(await world.run(MANUAL)).message).toContain(
    'Other refreshes or a person changed the secret 4 times while this run worked on it, so it was left as it is.',
  );
  expect(world.effects().filter((effect) => effect === 'promotion-superseded')).toHaveLength(4);
});

it('a run leaves a pending key to its retry if another run has promoted it and the reads are stale', async () => {
  const world = await halfDoneWorld();
  world.readLagSeconds = 60;
  const others = [() => world.run(MANUAL)];

  const outcome = await world.run(MANUAL, undefined, async (operation) => {
    if (operation === 'UpdateSecretVersionStage') await others.pop()?.();
  });

  expect(outcome).toMatchObject({ result: { outcome: 'wait', reason: 'retry-booked' } });
  expect(world.effects().filter((effect) => effect === 'promotion-superseded')).toHaveLength(1);
});

describe('a run that fails after somebody else has made a newer key current', () => {
  it('says so, and raises no flag', async () => {
    const world = await healthyWorld();
    world.faults = [{ after: 'RefreshApiKey', mode: 'fail' }];
    world.onceBefore('RefreshApiKey', () => world.seed({ lifetimeSeconds: 30 * DAY }));

    expect(errorOf(await world.run(MANUAL)).message).toBe(
      `A refresh of secret "${SECRET}" failed, but a newer refresh or a person has made another key current since. ` +
        'It is valid until 2026-02-02T00:00:00Z. The reason of the failure: Momento issued no new key (UNAVAILABLE). ' +
        'See whether the key works: npm run status -- --prove --region us-east-1',
    );
    expect(world.reported('state').at(-1)).toMatchObject({ state: 'healthy', troubles: [] });
  });

  it('reports its own failure if the newer key has expired', async () => {
    const world = await healthyWorld();
    world.faults = [{ after: 'RefreshApiKey', mode: 'fail' }];
    world.onceBefore('RefreshApiKey', () => {
      world.seed({ lifetimeSeconds: 60 });
      world.now += 61;
    });

    expect(errorOf(await world.run(MANUAL)).message).toContain(`The refresh of secret "${SECRET}" failed.`);
  });

  it('reports its own failure if the secret cannot be read again', async () => {
    const world = await healthyWorld();
    world.faults = [{ after: 'RefreshApiKey', mode: 'fail' }];
    world.onceBefore('RefreshApiKey', () => {
      world.seed({ lifetimeSeconds: 30 * DAY });
      world.faults = [...world.faults, { before: 'GetSecretValue', mode: 'fail' }];
    });

    expect(errorOf(await world.run(MANUAL)).message).toContain(`The refresh of secret "${SECRET}" failed.`);
  });
});

describe('a secret', () => {
  it('without any value is reported as unseeded', async () => {
    const world = new World({ secretNames: [] });
    world.secrets.createSecret({ Name: SECRET, ClientRequestToken: '11111111-1111-4111-8111-111111111111' });
    world.configuration = { ...world.configuration, secretNames: [SECRET] };
    expect(await world.run(MANUAL)).toMatchObject({
      result: { outcome: 'unseeded', reason: 'no-value', versionId: null },
    });
  });

  it.each(['rubbish', '{"status":"not seeded yet"}', `{"apiKey":"${V1_KEY}","validUntil":0}`])(
    'with %s under AWSPENDING gets a new key in its place at the next refresh',
    async (text) => {
      const world = await healthyWorld();
      const pending = successorVersionId({ currentVersionId: world.current().versionId, tries: 7 });
      world.putPending(pending, text);
      expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
      expect(world.current().versionId).not.toBe(pending);
      expect(world.current().works).toBe(true);
    },
  );

  it('that gets the placeholder again keeps its pending key', async () => {
    const world = await halfDoneWorld();
    const pending = world.pendingVersionId();
    world.put('{"status":"not seeded yet"}');
    expect(await world.run(SWEEP)).toMatchObject({ result: { outcome: 'sweep' } });
    expect(world.pendingVersionId()).toBe(pending);
  });
});

describe('a wake-up', () => {
  it('is on time if the clock of the function is 100 s behind', async () => {
    const world = await healthyWorld();
    const event = world.nextEvent();
    world.skewSeconds = -100;
    expect(await world.run(event)).toMatchObject({ result: { outcome: 'refresh', reason: 'due' } });
  });

  it('books another if the clock of the function is 200 s behind', async () => {
    const world = await healthyWorld();
    const event = world.nextEvent();
    world.skewSeconds = -200;
    expect(await world.run(event)).toMatchObject({ result: { outcome: 'wait', reason: 'not-due' } });
    expect(world.booked()).toHaveLength(1);
  });

  it('that fires an hour late books its retry from now', async () => {
    const world = await healthyWorld();
    await world.run(world.nextEvent(3600));
    const retry = world.reports.find((entry) => entry.kind === 'effect' && entry.effect === 'retry-booked');
    const retryAt = (retry as { at?: number }).at ?? 0;
    expect(retryAt - world.now).toBeGreaterThanOrEqual(60);
    expect(retryAt - world.now).toBeLessThan(120);
  });
});

it.each([
  ['a key that is due', 'when-due', (world: World) => world.nextEvent()],
  ['a refresh that a person asked for', 'now', () => MANUAL],
])('the retry of %s is booked with demand %s', async (_, demand, event) => {
  const world = await healthyWorld();
  world.momento.outage = true;
  await world.run(event(world));
  const retryAt = Date.parse(world.booked().toSorted()[0] ?? '') / 1000;
  const Name = world.entries().find((name) => name.endsWith(`-${retryAt}`));
  const { Target } = world.scheduler.getSchedule({ Name, GroupName: GROUP });
  expect(JSON.parse(Target?.Input ?? '').bookedFor).toMatchObject({ demand, attempt: 2 });
});

it("a sweep of two secrets does not take one secret's wake-ups for the other's", async () => {
  const world = new World({ secretNames: [SECRET, 'team/one'] });
  world.seed({ lifetimeSeconds: 7 * DAY });
  world.seed({ lifetimeSeconds: 90 * DAY, secretName: 'team/one' });
  await world.run(SWEEP);
  const booked = world.entries();
  await world.run(SWEEP);
  expect(world.entries()).toEqual(booked);
  expect(booked).toHaveLength(2);

  // A retry of the one is no reason for the other to wait.
  const planned = booked.find((name) => name.startsWith('team-one')) ?? '';
  world.addEntry(planned.replace(/\d{10}$/, String(START + 6.9 * DAY + 600)));
  world.now = START + 6.9 * DAY;
  const before = world.current().versionId;
  await world.run(SWEEP);
  expect(world.current().versionId).not.toBe(before);
});

/** Lets half an hour go by with a sweep every ten minutes, after a person has put a key that lives so long and asked for a refresh. */
async function halfAnHour(lifetimeSeconds: number): Promise<World> {
  const world = new World();
  world.seed({ lifetimeSeconds });
  world.now = START + 10;
  await world.run(MANUAL);
  for (const minutes of [10, 20, 30]) {
    await world.passUntil(START + minutes * 60);
    await world.run(SWEEP);
  }
  return world;
}

describe('a secret whose keys live', () => {
  it.each([115, 600, 1000])(
    '%i s is refreshed once, and the alarm for a failing refresh is on',
    async (seconds) => {
      const world = await halfAnHour(seconds);
      expect(world.issueCalls()).toBe(1);
      expect(world.reported('failure')[0]).toMatchObject({
        error: { code: 'key-short-lived' },
        retryAt: undefined,
      });
      expect(world.reported('state')).toContainEqual(
        expect.objectContaining({ flags: { RefreshFailing: 1 } }),
      );
    },
  );

  it('1,800 s is refreshed again and again', async () => {
    const world = await halfAnHour(1800);
    await world.passUntil(START + 7200);
    expect(world.issueCalls()).toBe(6);
    expect(world.reported('failure')).toEqual([]);
  });

  it('1,170 s is refreshed ten minutes after the last refresh, although it is due earlier', async () => {
    const world = new World();
    world.configuration = { ...world.configuration, lead: { kind: 'percentage', percent: 50 } };
    world.seed({ lifetimeSeconds: 1170 });
    world.now = START + 10;
    await world.run(MANUAL);
    await world.passUntil(START + 600);
    expect(world.issueCalls()).toBe(1);
    expect(world.reported('decision').at(-1)).toMatchObject({ decision: { reason: 'too-soon' } });
    expect(world.booked()).toEqual(['2026-01-01T00:10:10.000Z']);
    await world.passUntil(START + 660);
    expect(world.issueCalls()).toBe(2);
  });

  it('90 days is refreshed at once if a person puts its key 8 minutes before it expires', async () => {
    const world = new World();
    const key = world.seed({ lifetimeSeconds: 90 * DAY });
    world.now = START + 90 * DAY - 480;
    world.put(key);
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh', reason: 'requested' } });
    expect(world.current().record.validUntil).toBe(START + 180 * DAY - 480);
  });
});
