import { describe, expect, it } from 'vitest';
import { DAY, labelUpdated, MANUAL, START, SWEEP } from '../worlds/names.ts';
import { seededWorld } from '../worlds/situations.ts';

describe('a refresh that a person asks for', () => {
  it('makes its calls in the order of the design, stores the new key and books the next refresh', async () => {
    const world = seededWorld();
    const seeded = world.current();

    const outcome = await world.run(MANUAL);

    expect(world.calls).toEqual([
      'GetSecretValue',
      'DescribeSecret',
      'ListSchedules',
      'CreateSchedule',
      'RefreshApiKey',
      'PutSecretValue',
      'ListCaches',
      'UpdateSecretVersionStage',
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
    expect(record.apiKey).not.toBe(seeded.record.apiKey);
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

describe('the wake-ups that the function books for itself', () => {
  it('refresh a 30-day key 14 times in a year and never let it lapse', async () => {
    const world = seededWorld();
    await world.run(MANUAL);
    let refreshes = 0;
    while (world.now < START + 365 * DAY) {
      expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh', reason: 'due' } }]);
      expect(world.current().works).toBe(true);
      expect(world.booked()).toHaveLength(1);
      refreshes++;
    }
    // 30 days less a lead of 3 to 3.3 days.
    expect(refreshes).toBe(14);
  });

  it('are booked again, once, by events that find nothing due', async () => {
    const world = seededWorld();
    await world.run(MANUAL);
    const before = world.current().versionId;
    world.deleteEntries();

    for (const event of [labelUpdated(), labelUpdated(), SWEEP]) await world.run(event);

    expect(world.current().versionId).toBe(before);
    expect(world.booked()).toHaveLength(1);
  });
});
