import { describe, expect, test } from 'vitest';
import { type AlarmDefinition, alarmDefinitions } from '../../local/cloudwatch/alarm-watch.ts';
import { synthesizeTemplate } from '../../local/synthesized-template.ts';
import { MonitoredWorld, type MonitoredWorldOptions } from '../worlds/monitored-world.ts';
import { DAY, SECRET, START } from '../worlds/names.ts';
import { V1_KEY } from '../worlds/observations.ts';

const HOUR = 3600;
const OTHER = 'momento/other';
const alarms = alarmsOf({});
const AWAY = ['RefreshApiKey', 'ListCaches'] as const;

/** As the stack defines them with these settings. */
function alarmsOf(settings: Record<string, string>): AlarmDefinition[] {
  const template = synthesizeTemplate(settings);
  return alarmDefinitions(template);
}

/** A key of 30 days, due on day 27 less some jitter, and one of 60 days that stays well. */
function monitored(options: Partial<MonitoredWorldOptions> = {}): MonitoredWorld {
  const monitored = new MonitoredWorld({ alarms, secretNames: [SECRET, OTHER], ...options });
  monitored.world.seed({ lifetimeSeconds: 30 * DAY });
  monitored.world.seed({ secretName: OTHER, lifetimeSeconds: 60 * DAY });
  return monitored;
}

/** Late by 0 to 99 seconds, as it comes. */
function jitter(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % 100;
  };
}

describe('a healthy month', () => {
  test.each([
    ['PT10M', 600, 7],
    ['PT1H', 3600, 35],
  ])('raises nothing with a sweep every %s', async (sweepEvery, sweepEverySeconds, days) => {
    const healthy = new MonitoredWorld({
      alarms: alarmsOf({ sweepEvery }),
      secretNames: ['weekly', 'monthly', 'never', 'unseeded'],
      sweepEverySeconds,
      delaySeconds: jitter(),
    });
    healthy.world.seed({ secretName: 'weekly', lifetimeSeconds: 7 * DAY });
    healthy.world.seed({ secretName: 'monthly', lifetimeSeconds: 30 * DAY });
    healthy.world.put({ apiKey: V1_KEY, validUntil: 0 }, 'never');
    await healthy.runUntil(START + 180);
    healthy.changes();

    await healthy.runUntil(START + days * DAY);

    expect(healthy.changes()).toEqual([]);
    expect(new Set(Object.values(healthy.watch.states()))).toEqual(new Set(['OK']));
    expect(healthy.world.reports.some(({ kind }) => kind === 'refreshed')).toBe(true);
  });

  test('without a key that expires, the alarms about keys have nothing to say', async () => {
    const unseeded = new MonitoredWorld({ alarms, secretNames: ['never', 'unseeded'] });
    unseeded.world.put({ apiKey: V1_KEY, validUntil: 0 }, 'never');
    await unseeded.runUntil(START + 2 * DAY);
    expect(unseeded.changes()).toEqual([]);
    expect(unseeded.watch.states()).toMatchObject({
      'momento-key-refresher-key-lapsed': 'INSUFFICIENT_DATA',
      'momento-key-refresher-half-lead-used': 'INSUFFICIENT_DATA',
      'momento-key-refresher-refresh-overdue': 'INSUFFICIENT_DATA',
      'momento-key-refresher-rotation-failed': 'OK',
    });
  });

  test('a first sweep that comes late: the heartbeat is missed until then, and nothing else', async () => {
    const late = monitored({ delaySeconds: () => 200 });
    await late.runUntil(START + HOUR);
    expect(late.changes()).toEqual(['0.0 h sweep-silent ALARM', '0.1 h sweep-silent OK']);
  });
});

// How many points more than needed CloudWatch looks at is not documented but for one example: none of this depends on it.
describe.each([0, 5])('with an evaluation range of %i points more than needed', (extraPoints) => {
  test('an outage of Momento that begins before a refresh is due and ends 13 hours after', async () => {
    const outage = monitored({ extraPoints });
    await outage.runUntil(START + 26 * DAY);
    outage.changes();

    outage.momentoAway = AWAY;
    await outage.runUntil(START + 27 * DAY + 10 * HOUR);
    expect(outage.changes()).toEqual([
      '647.0 h rotation-failed ALARM',
      '647.0 h function-errors ALARM',
      '647.1 h dead-letters ALARM',
      '648.2 h refresh-overdue ALARM',
    ]);

    outage.momentoAway = [];
    await outage.runUntil(START + 28 * DAY);
    expect(outage.changes()).toEqual([
      '658.5 h rotation-failed OK',
      '658.5 h function-errors OK',
      '659.2 h refresh-overdue OK',
    ]);
    expect(outage.raised()).toEqual(['dead-letters']);

    outage.deadLetters = 0;
    await outage.runUntil(START + 28 * DAY + HOUR);
    expect(outage.raised()).toEqual([]);
  });

  test('a key that lapses: announced days before, then told by one alarm until a person has put a new one', async () => {
    const lapsed = monitored({ extraPoints });
    await lapsed.runUntil(START + 26 * DAY);
    lapsed.momentoAway = AWAY;
    await lapsed.runUntil(START + 32 * DAY);
    expect(lapsed.changes().filter((change) => /overdue|half|lapsed|failed/.test(change))).toEqual([
      '647.0 h rotation-failed ALARM',
      '648.2 h refresh-overdue ALARM',
      '683.8 h half-lead-used ALARM',
      '720.0 h key-lapsed ALARM',
      '721.2 h refresh-overdue OK',
      '721.2 h half-lead-used OK',
      '721.3 h rotation-failed OK',
    ]);

    lapsed.momentoAway = [];
    lapsed.world.seed();
    await lapsed.call({ momento_auth_token_secret_name: SECRET });
    lapsed.deadLetters = 0;
    await lapsed.runUntil(START + 32 * DAY + 2 * HOUR);
    expect(lapsed.raised()).toEqual([]);
    expect(lapsed.changes()).toContain('768.2 h key-lapsed OK');
  });

  test('a key that lapsed and that nobody needs any more hides no trouble of another one, weeks later', async () => {
    const crowded = new MonitoredWorld({ alarms, secretNames: ['abandoned', 'prod'], extraPoints });
    const refused = { apiKey: V1_KEY, refreshToken: 'token', validUntil: START + 7 * DAY };
    crowded.world.put(refused, 'abandoned');
    crowded.world.seed({ secretName: 'prod', lifetimeSeconds: 54 * DAY });
    await crowded.runUntil(START + 10 * DAY);
    crowded.deadLetters = 0;
    await crowded.runUntil(START + 50 * DAY);
    expect(crowded.raised()).toEqual(['key-lapsed']);
    crowded.changes();

    crowded.momentoAway = AWAY;
    await crowded.runUntil(START + 53 * DAY);

    expect(crowded.changes()).toEqual([
      '1220.3 h rotation-failed ALARM',
      '1220.3 h function-errors ALARM',
      '1220.3 h dead-letters ALARM',
      '1221.4 h refresh-overdue ALARM',
      '1258.0 h half-lead-used ALARM',
    ]);
    expect(crowded.raised()).toContain('key-lapsed');
  });

  test('a secret that cannot be understood is told by the next sweep, and until a person has put a key', async () => {
    const broken = monitored({ extraPoints });
    await broken.runUntil(START + 2 * DAY);
    broken.changes();

    broken.world.put('no JSON', OTHER);
    await broken.runUntil(START + 10 * DAY);
    expect(broken.changes()).toEqual([
      '48.0 h rotation-failed ALARM',
      '48.0 h secret-unreadable ALARM',
      '48.0 h function-errors ALARM',
      '48.1 h dead-letters ALARM',
    ]);

    broken.world.seed({ secretName: OTHER });
    await broken.runUntil(START + 10 * DAY + 3 * HOUR);
    expect(broken.changes()).toEqual([
      '240.2 h rotation-failed OK',
      '240.2 h secret-unreadable OK',
      '240.2 h function-errors OK',
    ]);
  });

  test.each([
    [
      'a refresh goes on failing',
      719.75,
      [
        'rotation-failed',
        'refresh-overdue',
        'half-lead-used',
        'sweep-silent',
        'function-errors',
        'dead-letters',
      ],
    ],
    ['a key has lapsed', 744, ['key-lapsed', 'sweep-silent', 'dead-letters']],
  ])('everything dies while %s: nothing clears, and the silence is told', async (_, hours, raised) => {
    const dead = monitored({ extraPoints });
    await dead.runUntil(START + 26 * DAY);
    dead.momentoAway = AWAY;
    await dead.runUntil(START + hours * HOUR);
    const before = dead.raised();
    dead.changes();

    dead.alive = false;
    await dead.runUntil(START + hours * HOUR + 14 * DAY);
    expect(dead.raised()).toEqual(raised);
    expect(before).toEqual(dead.raised().filter((name) => name !== 'sweep-silent'));
    const changes = dead.changes();
    expect(changes).toEqual([expect.stringMatching(/ h sweep-silent ALARM$/)]);
    expect(Number.parseFloat(changes[0] ?? '') - hours).toBeLessThan(6);
  });

  test('the sweep alone dies: the refreshes go on and only the silence is told, until it is back', async () => {
    const silent = monitored({ extraPoints });
    await silent.runUntil(START + 2 * DAY);
    silent.changes();
    silent.sweeping = false;
    await silent.runUntil(START + 40 * DAY);
    const [raised, ...others] = silent.changes();
    expect(raised).toMatch(/^(49|50|51|52|53)\.\d h sweep-silent ALARM$/);
    expect(others).toEqual([]);
    expect(silent.world.current().works).toBe(true);

    silent.sweeping = true;
    await silent.runUntil(START + 40 * DAY + 2 * HOUR);
    expect(silent.changes()).toEqual(['961.0 h sweep-silent OK']);
  });

  test('a key that Momento issued and could not prove is told, for an hour and the evaluation range', async () => {
    const unproven = monitored({ extraPoints });
    await unproven.runUntil(START + 26 * DAY);
    unproven.momentoAway = ['ListCaches'];
    await unproven.runUntil(START + 31 * DAY);
    const changes = unproven.changes().filter((change) => change.includes('unproven'));
    expect(changes[0]).toBe('720.0 h unproven-key ALARM');
    expect(unproven.raised()).not.toContain('unproven-key');
    expect(unproven.raised()).not.toContain('key-lapsed');
  });

  test.each(['function-throttled', 'delivery-failed', 'dead-letters', 'function-errors'])(
    'one datum raises %s, and data of good days clear it',
    async (name) => {
      const monitor = monitored({ extraPoints });
      await monitor.runUntil(START + 90 * 60);
      monitor.changes();
      monitor.put(name, 1);
      await monitor.runUntil(START + 95 * 60);
      expect(monitor.raised()).toEqual([name]);
      if (name === 'dead-letters') monitor.put(name, 0);
      await monitor.runUntil(START + 20 * HOUR);
      expect(monitor.raised()).toEqual([]);
      expect(monitor.changes()).toHaveLength(2);
    },
  );
});
