import { describe, expect, it } from 'vitest';
import { DAY, labelUpdated, MANUAL, SECRET, START, SWEEP } from '../worlds/names.ts';
import { healthyWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

describe('the sweep', () => {
  it('books the wake-up that is missing', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    expect(world.booked()).toHaveLength(1);
    expect(world.booked()[0]).toMatch(/^2026-01-27T/);
  });

  it('reports that the label rule missed a key that a person put more than ten minutes ago, and books it', async () => {
    const world = await healthyWorld();
    world.seed({ lifetimeSeconds: 20 * DAY });
    world.now += 601;
    await world.run(SWEEP);
    expect(world.effects().slice(0, 2)).toEqual(['wake-up-booked', 'label-rule-missed']);
    world.reports.length = 0;
    await world.run(SWEEP);
    expect(world.effects()).toEqual([]);
  });

  it.each<[string, (world: World) => unknown]>([
    [
      'the key was put ten minutes ago, because its event may still be on its way',
      (world) => {
        world.seed({ lifetimeSeconds: 20 * DAY });
        world.now += 600;
      },
    ],
    [
      'the event of the key that a person put came',
      async (world) => {
        world.seed({ lifetimeSeconds: 20 * DAY });
        await world.run(labelUpdated());
        world.now += 3600;
      },
    ],
    [
      'the refresher stored the key and somebody deleted its entry',
      (world) => {
        world.now += 3600;
        world.deleteEntries();
      },
    ],
  ])('does not report that the label rule missed a key if %s', async (_, prepare) => {
    const world = await healthyWorld();
    await prepare(world);
    await world.run(SWEEP);
    expect(world.effects()).toContain('wake-up-booked');
    expect(world.effects()).not.toContain('label-rule-missed');
    expect(world.booked()).not.toEqual([]);
  });

  it('calls no secret unreadable that it can read at its second try', async () => {
    const world = await healthyWorld();
    await world.run(SWEEP, { before: 'DescribeSecret', nth: 1, mode: 'fail' });
    expect(world.reported('state')).toMatchObject([{ state: 'healthy', troubles: [] }]);
  });

  it('leaves time for the other secrets if the secret with the management key cannot be written', async () => {
    const world = new World({
      secretNames: ['team/management', SECRET],
      managementSecretName: 'team/management',
    });
    world.seed({ secretName: 'team/management' });
    world.seed();
    world.now = START + 29 * DAY;
    const put = world.secrets.putSecretValue.bind(world.secrets);
    world.secrets.putSecretValue = (input) => {
      if (input.SecretId === SECRET) return put(input);
      throw Object.assign(new Error('no'), { name: 'InternalServiceError' });
    };
    expect(errorOf(await world.run(SWEEP)).message).toContain('1 failure(s) in a sweep of 2 secret(s)');
    expect(world.reported('refreshed')).toMatchObject([{ secretName: SECRET }]);
  });

  it('refreshes a key that is due', async () => {
    const world = new World();
    const seeded = world.seed();
    world.now = START + 29 * DAY;
    const outcome = await world.run(SWEEP);
    expect(outcome).toEqual({
      result: {
        outcome: 'sweep',
        secrets: [expect.objectContaining({ outcome: 'refresh', reason: 'due' })],
        cancelled: 0,
      },
    });
    expect(world.current().record.apiKey).not.toBe(seeded.apiKey);
    expect(world.booked()).toHaveLength(1);
  });

  it('cancels only wake-ups later than planned and those of a former secret of the same name', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    const [planned = ''] = world.entries();
    const prefix = planned.replace(/\d+$/, '');
    const earlier = `${prefix}1768000000`;
    const foreign = ['by-hand', 'other-secret-1234-by-a-person'];
    for (const name of [
      earlier,
      `${prefix}1790000000`,
      'momento-authentication-token-0123abcd-1790000000',
      ...foreign,
    ])
      world.addEntry(name);

    expect(await world.run(SWEEP)).toMatchObject({ result: { cancelled: 2 } });
    expect(world.entries().sort()).toEqual([...foreign, earlier, planned].sort());
  });

  it('leaves a due key to the retry that is booked for it', async () => {
    const world = new World();
    world.seed();
    world.now = START + 28 * DAY;
    world.momento.outage = true;
    await world.run(MANUAL);
    for (let n = 0; n < 5; n++) await world.wakeUp();
    expect(await world.run(SWEEP)).toMatchObject({
      result: { secrets: [{ outcome: 'wait', reason: 'retry-booked' }] },
    });
    expect(world.calls).not.toContain('RefreshApiKey');
  });

  it('goes on after a secret that fails, then fails and names each such secret', async () => {
    const world = new World({ secretNames: ['a', 'b', 'c', 'd', 'e'] });
    for (const secretName of ['a', 'e']) world.seed({ secretName });
    for (const secretName of ['b', 'd']) world.put('rubbish', secretName);
    world.put({ ...world.momento.generateKey({ lifetimeSeconds: 60 }), validUntil: START - 1 }, 'c');

    const { name, message } = errorOf(await world.run(SWEEP));

    expect(name).toBe('SweepFailedError');
    expect(message).toMatch(
      /^2 failure\(s\) in a sweep of 5 secret\(s\): \(SecretContentError\) The value of secret "b" is not a Momento key.* \(SecretContentError\) .*"d"/,
    );
    expect(message).not.toContain('"c"');
    expect(world.booked()).toHaveLength(2);
    expect(world.reports).toContainEqual({
      kind: 'sweep',
      managed: 5,
      unseeded: 0,
      unreadable: 2,
      failed: 2,
      cancelled: 0,
    });
  });

  it('counts secrets that it could not read apart from those that it could not refresh', async () => {
    const world = new World({ secretNames: ['a', 'b'] });
    world.put('rubbish', 'a');
    world.seed({ secretName: 'b' });
    world.now = START + 29 * DAY;
    world.momento.outage = true;
    await world.run(SWEEP);
    expect(world.reports.at(-1)).toEqual({
      kind: 'sweep',
      managed: 2,
      unseeded: 0,
      unreadable: 1,
      failed: 2,
      cancelled: 0,
    });
  });

  it('reaches each of twelve secrets before it reaches any twice, if it has time for five and the Scheduler is late', async () => {
    const secretNames = Array.from({ length: 12 }, (_, index) => `team/${index}`);
    const world = new World({ secretNames });
    for (const secretName of secretNames) world.seed({ secretName });
    world.timeoutSeconds = 180;
    world.callLimitSeconds = 10;
    world.faults = ['GetSecretValue', 'CreateSchedule', 'RefreshApiKey', 'PutSecretValue', 'ListCaches'].map(
      (before) => ({ before, mode: { lateSeconds: 9 } }),
    );
    const reached: string[] = [];
    // The last second of an hour: a sweep that the Scheduler delivers late runs in the next hour.
    const scheduledAt = START + 29 * DAY + 3599;
    for (const [hour, lateSeconds] of [59, 0, 30].entries()) {
      const at = scheduledAt + hour * 3600;
      world.now = at + lateSeconds;
      world.reports.length = 0;
      await world.run({ action: 'sweep', scheduledAt: new Date(at * 1000).toISOString() });
      const inThisSweep = world.reports.flatMap((entry) =>
        entry.kind === 'refreshed' ? [entry.secretName] : [],
      );
      reached.push(...inThisSweep);
    }
    expect(reached.toSorted()).toEqual(secretNames.toSorted());
  });

  it('keeps the bookings of a secret that it cannot read', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    const before = world.entries();
    world.put('rubbish');
    await world.run(SWEEP);
    expect(world.entries()).toEqual(before);
  });

  it('goes on if the bookings cannot be listed, then fails with that reason', async () => {
    const world = new World();
    world.seed();
    const outcome = await world.run(SWEEP, { before: 'ListSchedules', mode: 'fail' });
    expect(errorOf(outcome).message).toContain('did not list momento-key-refresher');
    expect(world.booked()).toHaveLength(1);
  });

  it('starts no secret if its time is almost over, tells the state of all, and names those left to the next sweep', async () => {
    const world = new World({ secretNames: ['a', 'b'] });
    for (const secretName of ['a', 'b']) world.seed({ secretName });
    world.timeoutSeconds = 1;
    expect(errorOf(await world.run(SWEEP)).message).toMatch(/"a" was left to the next sweep.*"b" was left/);
    expect(world.reports.map(({ kind }) => kind)).toEqual(['state', 'state']);
  });
});
