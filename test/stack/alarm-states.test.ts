import { describe, expect, test } from 'vitest';
import { REJECTED_LABEL } from '../../handlers/rules/secret.ts';
import { type AlarmDefinition, AlarmWatch, alarmDefinitions } from '../../local/cloudwatch/alarm-watch.ts';
import { synthesizeTemplate } from '../../local/synthesized-template.ts';
import { MonitoredWorld, type MonitoredWorldOptions } from '../worlds/monitored-world.ts';
import { DAY, labelUpdated, SECRET, START } from '../worlds/names.ts';

const HOUR = 3600;
const OTHER = 'momento/other';
const alarms = alarmsOf({});
const AWAY = ['RefreshApiKey', 'ListCaches'] as const;
const ONE = '[momento/authentication-token]';
const TWO = '[momento/other]';

/** As the stack defines them with these settings. */
function alarmsOf(settings: Record<string, string>): AlarmDefinition[] {
  const template = synthesizeTemplate({ alarmEmail: 'ops@example.com', ...settings });
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

describe('a healthy deployment', () => {
  test.each([
    ['PT10M', 600, 2, 3 * HOUR],
    ['PT1H', 3600, 32, 7 * DAY],
  ])(
    'sends no mail with a sweep every %s, from its first day on',
    async (sweepEvery, sweepEverySeconds, days, lifetimeSeconds) => {
      const healthy = new MonitoredWorld({
        alarms: alarmsOf({ sweepEvery }),
        secretNames: ['short', 'long', 'never', 'unseeded'],
        sweepEverySeconds,
        delaySeconds: jitter(),
      });
      healthy.world.seed({ secretName: 'short', lifetimeSeconds });
      healthy.world.seed({ secretName: 'long', lifetimeSeconds: 30 * DAY });
      healthy.world.put(
        { ...healthy.world.momento.generateKey({ lifetimeSeconds }), validUntil: 0 },
        'never',
      );

      await healthy.runUntil(START + days * DAY);

      expect(healthy.mails()).toEqual([]);
      expect(new Set(Object.values(healthy.watch.states()))).toEqual(new Set(['OK']));
      expect(healthy.world.reports.some(({ kind }) => kind === 'refreshed')).toBe(true);
    },
  );

  test.each([60, 200, 500])(
    'sends no mail on its first day if each sweep comes %i seconds late and the alarms were made before',
    async (seconds) => {
      const late = monitored({ delaySeconds: () => seconds, alarmsAfterSeconds: 0 });
      await late.runUntil(START + DAY);
      expect(late.mails()).toEqual([]);
      expect(late.changes()).toEqual([]);
      expect(new Set(Object.values(late.watch.states()))).toEqual(new Set(['OK']));
    },
  );

  test('sends no mail on its first day if a person asks for the status before the first sweep', async () => {
    const asked = monitored({ delaySeconds: () => 500, alarmsAfterSeconds: 0 });
    await asked.call({ action: 'status' });
    await asked.runUntil(START + DAY);
    expect(asked.mails()).toEqual([]);
  });

  test('is told that no sweep has come since its first day if the function was called then', async () => {
    const unswept = monitored({ alarmsAfterSeconds: 0 });
    unswept.sweeping = false;
    await unswept.call({ action: 'status' });
    await unswept.runUntil(START + DAY);
    expect(unswept.mails()).toEqual(['1.3 h ALARM: URGENT: no sweep checks the keys']);
    expect(unswept.raised()).toEqual(['URGENT: no sweep checks the keys']);
  });
});

// How many points more than needed CloudWatch looks at is not documented but for one example: none of this depends on it.
describe.each([0, 5])('with an evaluation range of %i points more than needed', (extraPoints) => {
  test('an outage of Momento that ends before half of the lead is used sends one mail when it starts and one when it ends', async () => {
    const outage = monitored({ extraPoints });
    await outage.runUntil(START + 26 * DAY);

    outage.momentoAway = AWAY;
    await outage.runUntil(START + 27 * DAY + 10 * HOUR);
    expect(outage.mails()).toEqual([`647.0 h ALARM: LOOK: Momento key refresh failed ${ONE}`]);

    outage.momentoAway = [];
    await outage.runUntil(START + 28 * DAY);
    expect(outage.mails()).toEqual([
      `647.0 h ALARM: LOOK: Momento key refresh failed ${ONE}`,
      `658.4 h OK: LOOK: Momento key refresh failed ${ONE}`,
    ]);
    expect(outage.raised()).toEqual([]);
  });

  test('a key that lapses is announced days before, and nothing clears until a person has put a new key', async () => {
    const lapsed = monitored({ extraPoints });
    await lapsed.runUntil(START + 26 * DAY);
    lapsed.momentoAway = AWAY;
    await lapsed.runUntil(START + 32 * DAY);
    const raised = [
      `647.0 h ALARM: LOOK: Momento key refresh failed ${ONE}`,
      `683.8 h ALARM: URGENT: Momento key soon lapses ${ONE}`,
      `720.0 h ALARM: URGENT: Momento key lapsed or rejected ${ONE}`,
    ];
    expect(lapsed.mails()).toEqual(raised);

    lapsed.momentoAway = [];
    lapsed.world.seed();
    await lapsed.call({ momento_auth_token_secret_name: SECRET });
    await lapsed.runUntil(START + 32 * DAY + HOUR);
    expect(lapsed.mails()).toEqual([
      ...raised,
      `768.0 h OK: URGENT: Momento key lapsed or rejected ${ONE}`,
      `768.0 h OK: URGENT: Momento key soon lapses ${ONE}`,
      `768.0 h OK: LOOK: Momento key refresh failed ${ONE}`,
    ]);
    expect(lapsed.raised()).toEqual([]);
  });

  test('a key that lapsed and that nobody needs any more hides no trouble of another one, weeks later', async () => {
    const crowded = new MonitoredWorld({ alarms, secretNames: ['unneeded', 'prod'], extraPoints });
    const key = crowded.world.momento.generateKey({ lifetimeSeconds: DAY });
    crowded.world.put({ ...key, validUntil: START - DAY }, 'unneeded');
    crowded.world.seed({ secretName: 'prod', lifetimeSeconds: 10 * DAY });
    await crowded.runUntil(START + 8 * DAY);
    crowded.momentoAway = AWAY;
    await crowded.runUntil(START + 10 * DAY + HOUR);

    expect(crowded.mails()).toEqual([
      '0.1 h ALARM: URGENT: Momento key lapsed or rejected [unneeded]',
      '215.9 h ALARM: LOOK: Momento key refresh failed [prod]',
      '228.0 h ALARM: URGENT: Momento key soon lapses [prod]',
      '240.0 h ALARM: URGENT: Momento key lapsed or rejected [prod]',
    ]);
  });

  test('two secrets in trouble half a day apart: each is reported when it starts and when it ends', async () => {
    const two = monitored({ extraPoints });
    await two.runUntil(START + 48 * HOUR);
    two.world.put('no JSON', SECRET);
    await two.runUntil(START + 60 * HOUR);
    two.world.put('no JSON', OTHER);
    await two.runUntil(START + 72.5 * HOUR);
    two.world.seed({ secretName: SECRET });
    await two.call(labelUpdated(SECRET));
    await two.runUntil(START + 84.5 * HOUR);
    two.world.seed({ secretName: OTHER });
    await two.call(labelUpdated(OTHER));
    await two.runUntil(START + 90 * HOUR);

    expect(two.mails()).toEqual([
      `48.0 h ALARM: URGENT: secret unreadable or abandoned ${ONE}`,
      `60.0 h ALARM: URGENT: secret unreadable or abandoned ${TWO}`,
      `72.5 h OK: URGENT: secret unreadable or abandoned ${ONE}`,
      `84.5 h OK: URGENT: secret unreadable or abandoned ${TWO}`,
    ]);
  });

  test('a secret that becomes readable again without a new version clears within one sweep interval and one period', async () => {
    const gone = monitored({ extraPoints });
    await gone.runUntil(START + 48 * HOUR);
    gone.world.secrets.deleteSecret({ SecretId: OTHER });
    await gone.runUntil(START + 60 * HOUR);
    gone.world.secrets.restoreSecret({ SecretId: OTHER });
    await gone.runUntil(START + 70 * HOUR);

    expect(gone.mails()).toEqual([
      `48.0 h ALARM: URGENT: secret unreadable or abandoned ${TWO}`,
      `61.2 h OK: URGENT: secret unreadable or abandoned ${TWO}`,
    ]);
  });

  test('a rejected key is reported while its version carries the label, until a person has put another key', async () => {
    const rejected = monitored({ extraPoints });
    await rejected.runUntil(START + 48 * HOUR);
    const { versionId, record } = rejected.world.current(OTHER);
    rejected.world.momento.revoke(String(record.apiKey));
    rejected.world.secrets.updateSecretVersionStage({
      SecretId: OTHER,
      VersionStage: REJECTED_LABEL,
      MoveToVersionId: versionId,
    });
    await rejected.runUntil(START + 72 * HOUR);
    rejected.world.seed({ secretName: OTHER });
    await rejected.call({ momento_auth_token_secret_name: OTHER });
    await rejected.runUntil(START + 80 * HOUR);

    expect(rejected.mails()).toEqual([
      `48.0 h ALARM: URGENT: Momento key lapsed or rejected ${TWO}`,
      `72.0 h OK: URGENT: Momento key lapsed or rejected ${TWO}`,
    ]);
  });

  test('a key that only a person can replace is reported from the first run that finds it out, until a person has put another key', async () => {
    const spent = monitored({
      alarms: alarmsOf({ sweepEvery: 'PT10M' }),
      sweepEverySeconds: 600,
      extraPoints,
    });
    const { account } = spent.world.momento;
    const key = account.createKey({ lifetimeSeconds: 30 * DAY });
    spent.world.put(key);
    // Nobody gets this answer.
    account.refresh(String(key.refresh_token));
    await spent.runUntil(START + 28 * DAY);
    spent.world.put(account.createKey({ lifetimeSeconds: 30 * DAY }));
    await spent.call(labelUpdated(SECRET));
    await spent.runUntil(START + 28 * DAY + HOUR);

    expect(spent.mails()).toEqual([
      `647.0 h ALARM: URGENT: Momento key cannot be refreshed ${ONE}`,
      `647.0 h ALARM: LOOK: Momento key refresh failed ${ONE}`,
      `672.0 h OK: URGENT: Momento key cannot be refreshed ${ONE}`,
      `672.0 h OK: LOOK: Momento key refresh failed ${ONE}`,
    ]);
  });

  test('the alarm of an abandoned secret lasts while the secret is reported every hour, and then ends', async () => {
    const abandoned = monitored({ extraPoints });
    for (let hour = 10; hour < 34; hour++) {
      await abandoned.runUntil(START + hour * HOUR);
      abandoned.report({
        kind: 'state',
        secretName: 'left/over',
        trigger: 'sweep',
        attempt: 1,
        state: 'abandoned',
        troubles: ['SecretUnattended'],
        flags: { SecretUnattended: 1 },
      });
    }
    await abandoned.runUntil(START + 48 * HOUR);

    expect(abandoned.mails()).toEqual([
      '10.0 h ALARM: URGENT: secret unreadable or abandoned [left/over]',
      '35.2 h OK: URGENT: secret unreadable or abandoned [left/over]',
    ]);
  });

  test('an unproven key is told once, and no mail says that it is over', async () => {
    const unproven = monitored({ extraPoints });
    await unproven.runUntil(START + 26 * DAY);
    unproven.momentoAway = ['ListCaches'];
    await unproven.runUntil(START + 31 * DAY);

    expect(unproven.mails().filter((mail) => mail.includes('unproven'))).toEqual([
      `720.0 h ALARM: LOOK: Momento key in use unproven ${ONE}`,
    ]);
    expect(unproven.raised()).toEqual([]);
  });

  test('a dead sweep is told, and the refreshes go on', async () => {
    const silent = monitored({ extraPoints });
    await silent.runUntil(START + 2 * DAY);
    silent.sweeping = false;
    await silent.runUntil(START + 32 * DAY);
    expect(silent.changes()).toEqual([
      expect.stringMatching(/^(49|50|51|52|53)\.\d h URGENT: no sweep checks the keys ALARM$/),
    ]);
    expect(silent.world.current().works).toBe(true);

    silent.sweeping = true;
    await silent.runUntil(START + 32 * DAY + 2 * HOUR);
    expect(silent.changes()).toEqual(['769.0 h URGENT: no sweep checks the keys OK']);
  });

  test('everything dies while a refresh goes on failing: the ended series send OK mails, and the sweep alarm is on', async () => {
    const dead = monitored({ extraPoints });
    await dead.runUntil(START + 26 * DAY);
    dead.momentoAway = AWAY;
    await dead.runUntil(START + 690 * HOUR);
    dead.changes();
    const before = dead.mails().length;

    dead.alive = false;
    await dead.runUntil(START + 720 * HOUR);

    const mails = dead.mails().slice(before);
    expect(mails).toHaveLength(3);
    expect(mails).toEqual(
      expect.arrayContaining([
        `692.0 h OK: URGENT: Momento key soon lapses ${ONE}`,
        `692.0 h OK: LOOK: Momento key refresh failed ${ONE}`,
        expect.stringMatching(/^69[1-4]\.\d h ALARM: URGENT: no sweep checks the keys$/),
      ]),
    );
    expect(dead.raised()).toEqual(['URGENT: no sweep checks the keys']);
  });

  test.each([
    ['a wake-up', 'AWS/Scheduler', 'InvocationDroppedCount', { ScheduleGroup: 'momento-key-refresher' }],
    [
      'a put key that no event announced',
      'MomentoKeyRefresher',
      'LabelRuleMissed',
      { Deployment: 'momento-key-refresher' },
    ],
  ])(
    '%s that was not delivered is told, and no mail says that it is over',
    async (_, namespace, name, dimensions) => {
      const lost = monitored({ extraPoints });
      await lost.runUntil(START + 5 * HOUR);
      lost.put({ namespace, name, dimensions }, 1);
      await lost.runUntil(START + 10 * HOUR);

      expect(lost.mails()).toEqual(['5.0 h ALARM: LOOK: event not delivered']);
      expect(lost.raised()).toEqual([]);
    },
  );
});

describe('a function that stops while Momento rejects a key', () => {
  // The mails and the runbook say: the OK mail comes at most three hours after the last 1, and at most half an hour before the other.
  test.each([
    ['PT10M', 10, 0, 31, 27],
    ['PT10M', 10, 2, 91, 27],
    ['PT10M', 10, 100, 181, 27],
    ['PT30M', 30, 0, 71, 77],
    ['PT30M', 30, 2, 141, 77],
    ['PT30M', 30, 100, 141, 77],
    ['PT1H', 60, 0, 131, 151],
    ['PT1H', 60, 2, 131, 151],
    ['PT1H', 60, 100, 131, 151],
  ])(
    "with a sweep every %s (%i minutes) and %i extra points: the key's alarm ends %i minutes after the last sweep, the alarm of the sweep comes after %i",
    (sweepEvery, everyMinutes, extraPoints, ended, silent) => {
      const watch = new AlarmWatch(alarmsOf({ sweepEvery }), START * 1000, extraPoints);
      const sweepMs = (sweep: number) => (START + sweep * everyMinutes * 60) * 1000;
      for (let sweep = 0; sweep <= 10; sweep++) {
        const own = { Deployment: 'momento-key-refresher' };
        const put = (namespace: string, name: string, dimensions: Record<string, string>) =>
          watch.put({ namespace, name, dimensions, atMs: sweepMs(sweep), values: [1] });
        put('AWS/Lambda', 'Invocations', { FunctionName: 'momento-key-refresher' });
        put('MomentoKeyRefresher', 'KeyUnusable', { ...own, SecretName: SECRET });
        put('MomentoKeyRefresher', 'Sweeps', own);
      }
      watch.advanceTo(sweepMs(10));

      const changes = watch.advanceTo(sweepMs(10) + 6 * HOUR * 1000);
      const minutes = changes.map(({ alarm: { AlarmName }, to, atMs }) => [
        `${to} ${AlarmName}`,
        (atMs - sweepMs(10)) / 60_000,
      ]);
      expect(Object.fromEntries(minutes)).toEqual({
        'OK URGENT: Momento key lapsed or rejected (momento-key-refresher)': ended,
        'ALARM URGENT: no sweep checks the keys (momento-key-refresher)': silent,
      });
    },
  );
});
