import { describe, expect, it } from 'vitest';
import { statusExitCode } from '../../cli/status-report.ts';
import type { StatusResult } from '../../handlers/flow/status.ts';
import { V1_KEY } from '../worlds/keys.ts';
import { DAY, MANUAL, SECRET, START, STATUS, SWEEP } from '../worlds/names.ts';
import { healthyWorld, seededWorld } from '../worlds/situations.ts';
import { World } from '../worlds/world.ts';

/** Momento accepts the key, but rejected it when a run proved it. */
function rejectedWorld(): World {
  const world = seededWorld();
  world.secrets.updateSecretVersionStage({
    SecretId: SECRET,
    VersionStage: 'refresher-rejected',
    MoveToVersionId: world.current().versionId,
  });
  return world;
}

async function statusOf(world: World, event: object = STATUS) {
  const outcome = await world.run(event);
  return (outcome as { result: StatusResult }).result;
}

describe('the status', () => {
  it('only reads: the bookings once, and the labels and the current version of each secret', async () => {
    const world = new World({ secretNames: ['a', 'b'] });
    world.seed({ secretName: 'a' });
    await world.run(SWEEP);
    world.reports.splice(0);

    await world.run(STATUS);

    expect(world.calls.toSorted()).toEqual([
      'DescribeSecret',
      'DescribeSecret',
      'GetSecretValue',
      'GetSecretValue',
      'ListSchedules',
    ]);
    expect(world.reports).toEqual([]);
  });

  it('shows all instants of a healthy secret', async () => {
    const world = seededWorld();
    await world.run(MANUAL);
    const [bookedFor] = world.booked();
    world.now = START + DAY;

    const { at, secrets } = await statusOf(world);

    const planned = bookedFor?.replace('.000Z', 'Z');
    expect(at).toBe('2026-01-02T00:00:00Z');
    expect(secrets).toEqual([
      {
        secretName: 'momento/authentication-token',
        state: 'healthy',
        reason: 'not-due',
        validUntil: '2026-01-31T00:01:00Z',
        expiresInSeconds: 29 * DAY + 60,
        plannedRefreshAt: planned,
        nextWakeUpAt: planned,
        booking: 'booked',
        sweepCanSave: true,
        versionId: world.current().versionId,
        pendingVersionId: null,
      },
    ]);
  });

  it('shows each state that needs a person, and a deleted booking until the sweep has repaired it', async () => {
    const world = new World({ secretNames: ['unseeded', 'never', 'lapsed', 'broken', 'gone', SECRET] });
    world.put({ apiKey: V1_KEY, validUntil: 0 }, 'never');
    world.put({ apiKey: V1_KEY, refreshToken: 'token', validUntil: START - 60 }, 'lapsed');
    world.put('no JSON', 'broken');
    world.secrets.deleteSecret({ SecretId: 'gone' });
    world.seed();
    await world.run(MANUAL);
    world.deleteEntries();

    const { secrets } = await statusOf(world);

    expect(secrets.map(({ secretName, state, booking }) => [secretName, state, booking])).toEqual([
      ['unseeded', 'unseeded', 'not-needed'],
      ['never', 'never-expires', 'not-needed'],
      ['lapsed', 'lapsed', 'not-needed'],
      ['broken', 'unreadable', 'unknown'],
      ['gone', 'unreadable', 'unknown'],
      [SECRET, 'healthy', 'missing'],
    ]);
    expect(secrets[2]).toMatchObject({
      expiresInSeconds: -60,
      nextStep: expect.stringContaining('npm run seed -- lapsed --file momento-key.json --region us-east-1'),
    });
    expect(secrets[3]?.problem).toEqual({
      name: 'SecretContentError',
      message: expect.stringContaining('The value of secret "broken" is not a Momento key: it is not JSON.'),
    });
    expect(secrets[4]?.problem?.name).toBe('SecretAccessError');

    await world.run(SWEEP);
    expect((await statusOf(world)).secrets[5]).toMatchObject({ state: 'healthy', booking: 'booked' });
  });

  it('shows the keys although the entries cannot be listed', async () => {
    const world = await healthyWorld();
    world.faults = [{ before: 'ListSchedules', mode: 'fail' }];
    expect((await statusOf(world)).secrets).toMatchObject([
      {
        state: 'healthy',
        validUntil: '2026-02-01T00:00:00Z',
        booking: 'unknown',
        nextWakeUpAt: null,
        problem: { name: 'WakeUpError' },
      },
    ]);
  });

  it('shows a key as overdue, then its refresh as half-done with a booked retry', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    world.deleteEntries();
    world.now = START + 28 * DAY;
    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state: 'overdue',
      reason: 'due',
      booking: 'missing',
    });

    world.faults = [{ before: 'ListCaches', mode: 'fail' }];
    await world.run(SWEEP);
    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state: 'half-done',
      booking: 'booked',
      pendingVersionId: expect.stringMatching(/^[0-9a-f]{40}-/),
    });

    await world.wakeUp();
    await world.wakeUp();
    expect((await statusOf(world)).secrets[0]).toMatchObject({ state: 'half-done', reason: 'retry-booked' });
  });

  it('calls a key overdue that is about to lapse although its next retry is booked', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    world.faults = [{ before: 'RefreshApiKey', mode: 'fail' }];
    const lookAt = Date.parse('2026-01-30T23:52:05Z') / 1000;
    await world.passUntil(lookAt);

    const status = await statusOf(world);

    expect(status.secrets[0]).toMatchObject({
      state: 'overdue',
      validUntil: '2026-01-31T00:00:00Z',
      expiresInSeconds: 475,
      nextWakeUpAt: '2026-01-30T23:53:00Z',
      booking: 'booked',
    });
    expect(statusExitCode({ status, safetyNets: [] })).toBe(1);
  });

  it('calls a booking missing if it comes only after the key has lapsed', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    world.seed({ lifetimeSeconds: DAY });
    world.now = Date.parse('2026-01-01T23:50:00Z') / 1000;

    const status = await statusOf(world);

    expect(status.secrets[0]).toMatchObject({
      state: 'overdue',
      validUntil: '2026-01-02T00:00:00Z',
      nextWakeUpAt: expect.stringMatching(/^2026-01-2[67]T/),
      booking: 'missing',
    });
    expect(statusExitCode({ status, safetyNets: [] })).toBe(1);
  });

  it.each([
    [-61, 'healthy', 'booked', 0],
    [-60, 'due', 'booked', 0],
    [60, 'due', 'booked', 0],
    [61, 'due', 'missing', 1],
    [300, 'due', 'missing', 1],
    [301, 'overdue', 'missing', 1],
  ])(
    '%i s after the planned refresh calls a 30-day key %s and its booking %s',
    async (seconds, state, booking, exitCode) => {
      const world = new World();
      world.seed();
      await world.run(SWEEP);
      world.now = (world.scheduler.nextDueAt() ?? 0) / 1000 + seconds;

      const status = await statusOf(world);

      expect(status.secrets[0]).toMatchObject({ state, booking });
      expect(statusExitCode({ status, safetyNets: [] })).toBe(exitCode);
    },
  );

  it.each([
    ['2026-01-01T00:07:30Z', 'due'],
    ['2026-01-01T00:07:31Z', 'overdue'],
  ])('at %s calls a ten-minute key that is planned for 00:05 %s, by half of its lead', async (at, state) => {
    const world = new World();
    world.seed({ lifetimeSeconds: 600 });
    world.now = Date.parse(at) / 1000;

    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state,
      plannedRefreshAt: '2026-01-01T00:05:00Z',
    });
  });

  it.each([
    ['2026-01-30T23:59:40Z', 'missing'],
    ['2026-01-31T00:00:10Z', 'booked'],
  ])('at %s calls the booking for 00:01 of a key that lapses at 00:00 %s', async (at, booking) => {
    const world = new World();
    world.seed();
    world.faults = [{ before: 'UpdateSecretVersionStage', mode: 'fail' }];
    world.now = Date.parse('2026-01-30T23:59:30Z') / 1000;
    await world.run(SWEEP);
    world.now = Date.parse(at) / 1000;

    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state: 'overdue',
      nextWakeUpAt: '2026-01-31T00:01:00Z',
      booking,
    });
  });

  it.each([
    ['9 hours', 9 * 3600, false],
    ['12 hours', 12 * 3600, true],
  ])('says whether an hourly sweep alone can save a key of %s', async (_, lifetimeSeconds, expected) => {
    const world = new World();
    world.seed({ lifetimeSeconds });

    expect((await statusOf(world)).secrets[0]?.sweepCanSave).toBe(expected);
  });

  it('calls a key rejected while its version carries the label of a rejection', async () => {
    const world = rejectedWorld();

    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state: 'rejected',
      nextStep: expect.stringContaining(
        'npm run seed -- momento/authentication-token --file momento-key.json --region us-east-1',
      ),
    });
  });
});

describe('the status with prove', () => {
  const PROVE = { ...STATUS, prove: true };

  it('asks Momento about every key that can work, and changes nothing', async () => {
    const world = new World({ secretNames: ['unseeded', 'never', 'lapsed', SECRET] });
    world.put({ apiKey: V1_KEY, validUntil: 0 }, 'never');
    world.put({ apiKey: V1_KEY, refreshToken: 'token', validUntil: START - 60 }, 'lapsed');
    world.seed();
    const labels = world.stages();

    const { secrets } = await statusOf(world, PROVE);

    expect(secrets.map(({ secretName, proof }) => [secretName, proof])).toEqual([
      ['unseeded', undefined],
      ['never', undefined],
      ['lapsed', undefined],
      [SECRET, { result: 'accepted' }],
    ]);
    expect(world.calls.filter((operation) => operation === 'ListCaches')).toHaveLength(1);
    expect(world.stages()).toEqual(labels);
    expect(world.reports).toEqual([]);
  });

  it('calls a key rejected that Momento rejects now', async () => {
    const world = seededWorld();
    world.put({ apiKey: V1_KEY, refreshToken: 'token', validUntil: START + 30 * DAY });

    expect((await statusOf(world)).secrets[0]).toMatchObject({ state: 'healthy' });
    expect((await statusOf(world, PROVE)).secrets[0]).toMatchObject({
      state: 'rejected',
      proof: { result: 'rejected' },
    });
  });

  it('calls a key healthy that Momento accepts now, although it rejected it before', async () => {
    expect((await statusOf(rejectedWorld(), PROVE)).secrets[0]).toMatchObject({
      state: 'healthy',
      proof: { result: 'accepted' },
    });
  });

  it('keeps the last known state if Momento cannot be asked', async () => {
    const world = rejectedWorld();
    world.faults = [{ before: 'ListCaches', mode: 'fail' }];
    const status = await statusOf(world, PROVE);
    expect(status.secrets[0]).toMatchObject({ state: 'rejected', proof: { result: 'unproven' } });
  });
});
