import { describe, expect, it } from 'vitest';
import { statusExitCode } from '../../cli/status-report.ts';
import type { StatusResult } from '../../handlers/flow/status.ts';
import { V1_KEY } from '../worlds/observations.ts';
import { DAY, GROUP, SECRET, START, World } from '../worlds/world.ts';

const STATUS = { action: 'status' };
const MANUAL = { momento_auth_token_secret_name: SECRET };

async function statusOf(world: World) {
  const outcome = await world.run(STATUS);
  return (outcome as { result: StatusResult }).result;
}

function deleteBookings(world: World): void {
  for (const { Name } of world.scheduler.listSchedules({ GroupName: GROUP }).Schedules ?? []) {
    world.scheduler.deleteSchedule({ Name, GroupName: GROUP });
  }
}

describe('the status', () => {
  it('only reads: the bookings once, each secret once by each label', async () => {
    const world = new World({ secretNames: ['a', 'b'] });
    world.seed({ secretName: 'a' });
    await world.run({ action: 'sweep' });
    world.reports.splice(0);

    await world.run(STATUS);

    expect(world.calls.toSorted()).toEqual([
      'GetSecretValue',
      'GetSecretValue',
      'GetSecretValue',
      'GetSecretValue',
      'ListSchedules',
    ]);
    expect(world.reports).toEqual([]);
  });

  it('tells a healthy secret with all its instants', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 30 * DAY });
    world.now += 60;
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
        versionId: world.current().versionId,
        pendingVersionId: null,
      },
    ]);
  });

  it('tells apart what needs a person, and a booking that somebody deleted, which the sweep repairs', async () => {
    const world = new World({ secretNames: ['unseeded', 'never', 'lapsed', 'broken', 'gone', SECRET] });
    world.put({ apiKey: V1_KEY, validUntil: 0 }, 'never');
    world.put({ apiKey: V1_KEY, refreshToken: 'token', validUntil: START - 60 }, 'lapsed');
    world.put('no JSON', 'broken');
    world.secrets.deleteSecret({ SecretId: 'gone' });
    world.seed();
    await world.run(MANUAL);
    deleteBookings(world);

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
      nextStep: expect.stringContaining('aws secretsmanager put-secret-value --secret-id lapsed'),
    });
    expect(secrets[3]?.problem).toEqual({
      name: 'SecretContentError',
      message: expect.stringContaining('The value of secret "broken" is not a Momento key: it is not JSON.'),
    });
    expect(secrets[4]?.problem?.name).toBe('SecretAccessError');

    await world.run({ action: 'sweep' });
    expect((await statusOf(world)).secrets[5]).toMatchObject({ state: 'healthy', booking: 'booked' });
  });

  it('tells a key that is overdue, and one whose refresh stopped half-way, with or without a booked retry', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 30 * DAY });
    await world.run({ action: 'sweep' });
    deleteBookings(world);
    world.now = START + 28 * DAY;
    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state: 'overdue',
      reason: 'due',
      booking: 'missing',
    });

    world.meanwhile = (operation) => {
      if (operation === 'ListCaches') throw new Error('unreachable');
    };
    await world.run({ action: 'sweep' });
    expect((await statusOf(world)).secrets[0]).toMatchObject({
      state: 'half-done',
      booking: 'booked',
      pendingVersionId: expect.stringMatching(/^[0-9a-f]{40}-/),
    });

    await world.wakeUp();
    await world.wakeUp();
    expect((await statusOf(world)).secrets[0]).toMatchObject({ state: 'half-done', reason: 'retry-booked' });
  });

  it('never calls it well when a key is on its way into a lapse, though the next of its many failing tries is booked', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 30 * DAY });
    await world.run({ action: 'sweep' });
    world.meanwhile = (operation) => {
      if (operation === 'RefreshApiKey') throw new Error('unreachable');
    };
    const lookAt = Date.parse('2026-01-30T23:52:05Z') / 1000;
    while ((world.scheduler.nextDueAt() ?? 0) / 1000 <= lookAt) await world.wakeUp();
    world.now = lookAt;

    const status = await statusOf(world);

    expect(status.secrets[0]).toMatchObject({
      state: 'overdue',
      validUntil: '2026-01-31T00:00:00Z',
      expiresInSeconds: 475,
      nextWakeUpAt: '2026-01-30T23:53:00Z',
      booking: 'booked',
    });
    expect(statusExitCode(status)).toBe(1);
  });

  it('calls a booking missing that comes only after the key has lapsed', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 30 * DAY });
    await world.run({ action: 'sweep' });
    world.seed({ lifetimeSeconds: DAY });
    world.now = Date.parse('2026-01-01T23:50:00Z') / 1000;

    const status = await statusOf(world);

    expect(status.secrets[0]).toMatchObject({
      state: 'overdue',
      validUntil: '2026-01-02T00:00:00Z',
      nextWakeUpAt: expect.stringMatching(/^2026-01-2[67]T/),
      booking: 'missing',
    });
    expect(statusExitCode(status)).toBe(1);
  });

  it.each([
    [-61, 'healthy', 'booked', 0],
    [-60, 'due', 'booked', 0],
    [60, 'due', 'booked', 0],
    [61, 'due', 'missing', 1],
    [300, 'due', 'missing', 1],
    [301, 'overdue', 'missing', 1],
  ])(
    '%i s after the planned refresh of a month-old key: %s, %s',
    async (seconds, state, booking, exitCode) => {
      const world = new World();
      world.seed({ lifetimeSeconds: 30 * DAY });
      await world.run({ action: 'sweep' });
      world.now = (world.scheduler.nextDueAt() ?? 0) / 1000 + seconds;

      const status = await statusOf(world);

      expect(status.secrets[0]).toMatchObject({ state, booking });
      expect(statusExitCode(status)).toBe(exitCode);
    },
  );

  it.each([
    ['2026-01-01T00:07:30Z', 'due'],
    ['2026-01-01T00:07:31Z', 'overdue'],
  ])('a key of ten minutes, planned for the fifth, is at %s %s: half of its lead', async (at, state) => {
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
  ])(
    'an overdue refresh whose next try is at 00:01, the key lapsing at 00:00: at %s %s',
    async (at, booking) => {
      const world = new World();
      world.seed({ lifetimeSeconds: 30 * DAY });
      world.meanwhile = (operation) => {
        if (operation === 'UpdateSecretVersionStage') throw new Error('unreachable');
      };
      world.now = Date.parse('2026-01-30T23:59:30Z') / 1000;
      await world.run({ action: 'sweep' });
      world.now = Date.parse(at) / 1000;

      expect((await statusOf(world)).secrets[0]).toMatchObject({
        state: 'overdue',
        nextWakeUpAt: '2026-01-31T00:01:00Z',
        booking,
      });
    },
  );

  it('fails where the bookings cannot be listed: it would call them missing', async () => {
    const world = new World();
    world.seed();
    const outcome = await world.run(STATUS, { call: 0, phase: 'before', mode: 'fail' });
    expect(outcome).toMatchObject({ error: { name: 'WakeUpError' } });
  });
});
