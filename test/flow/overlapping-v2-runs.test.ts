/** Two runs of one secret whose refresh token works once. */
import { describe, expect, it } from 'vitest';
import { wakeUpEvent } from '../../handlers/rules/wake-up.ts';
import { DAY, MANUAL, SECRET, START } from '../worlds/names.ts';
import { currentKey, v2World } from '../worlds/v2-world.ts';
import type { Outcome, Turn } from '../worlds/world.ts';

/** Does it once, when a run whose refresh token is spent has looked at the entries but not at the secret, or the other way round. */
function betweenLooks(happen: () => Promise<void>): Turn {
  const looks = new Set<'entries' | 'secret'>();
  let isSpent = false;
  return async (operation) => {
    const look = operation === 'ListSchedules' ? 'entries' : 'secret';
    if (isSpent && looks.size === 1 && !looks.has(look)) await happen();
    if (isSpent) looks.add(look);
    isSpent ||= operation === 'RefreshApiKeyV2';
  };
}

describe('two runs of one secret', () => {
  const AT_ONCE = { withoutRefreshToken: false, laterSeconds: 0, aheadSeconds: 0, requests: 1 };

  it.each([
    ['the first holds the key', 'PutSecretValue', AT_ONCE],
    ['the first has booked the same retry', 'RefreshApiKeyV2', AT_ONCE],
    ['its clock is ahead (seed 489)', 'PutSecretValue', { ...AT_ONCE, aheadSeconds: 90, requests: 2 }],
    ['the first will generate it', 'GenerateApiKeyV2', { ...AT_ONCE, withoutRefreshToken: true }],
    [
      'the first has generated it half a minute ago',
      'PutSecretValue',
      { ...AT_ONCE, withoutRefreshToken: true, laterSeconds: 30 },
    ],
  ])('the second ends quietly and gets no key if %s', async (_, operation, options) => {
    const { withoutRefreshToken, laterSeconds, aheadSeconds, requests } = options;
    const world = v2World({ managed: true, withoutRefreshToken });
    const { outcome, during } = await world.runDuring(operation, async () => {
      world.now += laterSeconds;
      world.skewSeconds = aheadSeconds;
      const second = await world.run(MANUAL);
      world.skewSeconds = 0;
      return second;
    });
    expect(during).toEqual({ result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }) });
    expect(outcome).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
    await world.passUntil(START + 2 * DAY);
    expect(currentKey(world).works).toBe(true);
    expect(world.callsOf('RefreshApiKeyV2') + world.callsOf('GenerateApiKeyV2')).toBe(requests);
    expect(world.momento.account.liveKeys()).toHaveLength(3);
  });

  it('the second ends quietly if its clock is behind and the retries come late (seed 286)', async () => {
    const world = v2World({ managed: true });
    world.now = START + 30 * DAY - 131 * 60;
    const { versionId } = world.current();
    const event = wakeUpEvent({
      name: 'momento-authentication-token-0123abcd-1',
      at: world.now - 600,
      secretName: SECRET,
      versionId,
      attempt: 5,
      demand: 'when-due',
    });
    const outcomes: Outcome[] = [];
    const acts = [
      async () => {
        world.skewSeconds = -60;
        outcomes.push(await world.run(event));
        world.skewSeconds = 60;
      },
    ];
    world.skewSeconds = 60;
    outcomes.push(
      await world.run(event, undefined, async (operation) => {
        if (operation === 'PutSecretValue') await acts.pop()?.();
      }),
    );
    expect(outcomes).toMatchObject([{ result: { outcome: 'wait' } }, { result: { outcome: 'refresh' } }]);
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
  });

  it('the second goes on with what the first made current meanwhile', async () => {
    const world = v2World({ managed: true });
    const { outcome } = await world.runDuring('RefreshApiKeyV2', async () => {
      world.now += 60;
      await world.run(MANUAL);
    });
    expect(outcome).toEqual({ result: expect.objectContaining({ outcome: 'wait' }) });
    expect(world.momento.account.liveKeys()).toHaveLength(3);
  });

  it('the second generates no key if the first ends while the second looks for it', async () => {
    const world = v2World({ managed: true });
    let end = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      end = resolve;
    });
    const first = world.run(MANUAL, undefined, async (operation) => {
      if (operation === 'PutSecretValue') await mayEnd;
    });
    await new Promise(setImmediate);
    world.now += 60;
    const second = await world.run(
      MANUAL,
      undefined,
      betweenLooks(async () => {
        end();
        await first;
      }),
    );
    expect(await first).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
    expect(second).toEqual({ result: expect.objectContaining({ outcome: 'wait' }) });
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
  });
});

describe('a run that finds the refresh token spent while the retry of another run is booked', () => {
  it('keeps a retry of its own, which replaces the key if that of the other run never comes', async () => {
    const world = v2World({ managed: true });
    await world.run(MANUAL, { after: 'RefreshApiKeyV2', mode: 'fail' });
    const [other = ''] = world.entries();
    world.now += 20;
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ reason: 'retry-booked', nextRefreshAt: '2026-01-02T00:02:30Z' }),
    });
    expect(world.booked()).toEqual(['2026-01-02T00:01:00.000Z', '2026-01-02T00:02:30.000Z']);
    world.disableEntry(other);
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
    expect(currentKey(world).works).toBe(true);
  });

  it('keeps no other run waiting, so two chains of retries do not wait for each other for ever (seed 154)', async () => {
    const world = v2World({ managed: true });
    const unheard = { before: 'RefreshApiKeyV2', mode: 'fail' } as const;
    await world.run(MANUAL, { after: 'RefreshApiKeyV2', mode: 'fail' });
    await world.run(world.nextEvent(), unheard);
    await world.run(world.nextEvent(), unheard);
    world.now += 10;
    await world.run(MANUAL);
    expect(world.booked()).toEqual(['2026-01-02T00:05:30.000Z', '2026-01-02T00:07:00.000Z']);
    const waits = { result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }) };
    expect(await world.run(world.nextEvent())).toEqual(waits);
    expect(await world.run(world.nextEvent())).toEqual({
      result: expect.objectContaining({ outcome: 'refresh' }),
    });
  });
});

describe('a read that does not show yet what another run has made current (seed 401)', () => {
  it('leads to no second key if an entry is booked for after the expiry of the key that was read', async () => {
    const world = v2World({ managed: true });
    world.now = START + 28 * DAY;
    world.readLagSeconds = 60;
    await world.run(MANUAL);
    world.now += 20;
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }),
    });
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ reason: 'not-due' }) }]);
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
    expect(currentKey(world).works).toBe(true);
  });
});
