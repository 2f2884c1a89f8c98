import { describe, expect, it } from 'vitest';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

const MANUAL = { momento_auth_token_secret_name: SECRET };
const SWEEP = { action: 'sweep' };

describe('the seed call', () => {
  it('refreshes the key at once, in the order of the design, and books the next refresh', async () => {
    const world = new World();
    const seeded = world.seed({ lifetimeSeconds: 30 * DAY });
    world.now += 60;

    const outcome = await world.run(MANUAL);

    expect(world.calls).toEqual([
      'GetSecretValue',
      'GetSecretValue',
      'ListSchedules',
      'CreateSchedule',
      'RefreshApiKey',
      'PutSecretValue',
      'ListCaches',
      'UpdateSecretVersionStage',
      'GetSecretValue',
      'GetSecretValue',
      'CreateSchedule',
      'DeleteSchedule',
    ]);
    const { versionId, record, works } = world.current();
    expect(works).toBe(true);
    expect(record).toEqual({
      apiKey: expect.any(String),
      refreshToken: expect.any(String),
      validUntil: START + 60 + 30 * DAY,
    });
    expect(record.apiKey).not.toBe(seeded.apiKey);
    expect(outcome).toEqual({
      result: {
        outcome: 'refresh',
        reason: 'requested',
        secretName: 'momento/authentication-token',
        versionId,
        validUntil: '2026-01-31T00:01:00Z',
        nextRefreshAt: expect.stringMatching(/^2026-01-27T/),
      },
    });
    expect(world.booked()).toHaveLength(1);
  });
});

describe('the chain', () => {
  it('refreshes a 30-day key for a year by its own bookings, a dozen times or so, and never lets it lapse', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 30 * DAY });
    world.now += 60;
    await world.run(MANUAL);
    let refreshes = 0;
    while (world.now < START + 365 * DAY) {
      const outcomes = await world.wakeUp();
      expect(outcomes).toEqual([{ result: expect.objectContaining({ outcome: 'refresh', reason: 'due' }) }]);
      expect(world.current().works).toBe(true);
      expect(world.booked()).toHaveLength(1);
      refreshes++;
    }
    // 30 days less a lead of 3 to 3.3 days.
    expect(refreshes).toBe(14);
  });

  it('does nothing but make sure of the booking when it is woken twice', async () => {
    const world = new World();
    world.seed();
    world.now += 60;
    await world.run(MANUAL);
    const before = world.current().versionId;
    const [name = ''] = (world.scheduler.listSchedules({}).Schedules ?? []).map(({ Name }) => Name ?? '');
    world.scheduler.deleteSchedule({ Name: name, GroupName: 'momento-key-refresher' });

    const labelUpdated = {
      source: 'aws.secretsmanager',
      'detail-type': 'Secret Label Updated',
      detail: { name: SECRET, labelUpdated: 'AWSCURRENT', versionId: before },
    };
    for (const event of [labelUpdated, labelUpdated, SWEEP]) await world.run(event);

    expect(world.current().versionId).toBe(before);
    expect(world.booked()).toHaveLength(1);
  });
});
