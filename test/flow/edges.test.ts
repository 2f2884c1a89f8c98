import { describe, expect, it } from 'vitest';
import { successorVersionId } from '../../handlers/rules/succession.ts';
import { V1_KEY } from '../worlds/observations.ts';
import { book, healthyWorld, MANUAL, names, SWEEP } from '../worlds/situations.ts';
import { DAY, GROUP, SECRET, START, World } from '../worlds/world.ts';

function effects(world: World): string[] {
  return world.reports.flatMap((entry) => (entry.kind === 'effect' ? [entry.effect] : []));
}

/** The next wake-up as the Scheduler delivers it, so much later than booked. */
function fire(world: World, lateSeconds = 0): unknown {
  world.now = (world.scheduler.nextDueAt() ?? 0) / 1000 + lateSeconds;
  const [delivery] = world.scheduler.takeDue();
  if (delivery === undefined) throw new Error('nothing is due');
  world.scheduler.delivered(delivery);
  return JSON.parse(delivery.input);
}

describe('version ids that are taken', () => {
  /** Versions that earlier refreshes of the current one left behind, without a label. */
  function take(world: World, count: number): void {
    const currentVersionId = world.current().versionId;
    for (let tries = 0; tries < count; tries++) {
      const ClientRequestToken = successorVersionId({ currentVersionId, tries });
      world.secrets.putSecretValue({
        SecretId: SECRET,
        ClientRequestToken,
        SecretString: '{}',
        VersionStages: ['OLD'],
      });
      world.secrets.updateSecretVersionStage({
        SecretId: SECRET,
        VersionStage: 'OLD',
        RemoveFromVersionId: ClientRequestToken,
      });
    }
  }

  it('two of them are passed over', async () => {
    const world = new World();
    world.seed();
    world.now += 60;
    const before = world.current().versionId;
    take(world, 2);
    expect(await world.run(MANUAL)).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
    expect(world.current().versionId).toBe(successorVersionId({ currentVersionId: before, tries: 2 }));
    expect(world.reports.filter(({ kind }) => kind === 'decision')).toHaveLength(2);
  });

  it('three of them end the run with what to do', async () => {
    const world = new World();
    world.seed();
    world.now += 60;
    take(world, 3);
    expect(await world.run(MANUAL)).toEqual({
      error: expect.objectContaining({
        message: expect.stringContaining(
          '3 earlier versions hold the ids that the new key could be stored under; put a new key into the secret',
        ),
      }),
    });
  });

  /** Another run stores its key first: with or without having made it current. */
  function overtake(world: World, isPromoted: boolean): string {
    const before = world.current().versionId;
    const versionId = successorVersionId({ currentVersionId: before, tries: 0 });
    world.meanwhile = (operation) => {
      if (operation !== 'PutSecretValue') return;
      world.meanwhile = () => {};
      const SecretString = JSON.stringify(world.momento.generateKey({ lifetimeSeconds: 30 * DAY }));
      world.secrets.putSecretValue({
        SecretId: SECRET,
        ClientRequestToken: versionId,
        SecretString,
        VersionStages: ['AWSPENDING'],
      });
      if (!isPromoted) return;
      world.secrets.updateSecretVersionStage({
        SecretId: SECRET,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: before,
        MoveToVersionId: versionId,
      });
    };
    return versionId;
  }

  it("another run's pending key is resumed", async () => {
    const world = await healthyWorld();
    const theirs = overtake(world, false);
    expect(await world.run(MANUAL)).toEqual({ result: expect.objectContaining({ outcome: 'resume' }) });
    expect(world.current().versionId).toBe(theirs);
    expect(effects(world).filter((effect) => effect === 'key-issued')).toHaveLength(1);
  });

  it("another run's refresh is enough", async () => {
    const world = await healthyWorld();
    const theirs = overtake(world, true);
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'not-due' }),
    });
    expect(world.current().versionId).toBe(theirs);
    expect(effects(world).filter((effect) => effect === 'key-issued')).toHaveLength(1);
    expect(effects(world)).not.toContain('key-stored');
  });
});

it('a secret that others change again and again is left after four rounds', async () => {
  const world = await healthyWorld();
  world.meanwhile = (operation) => {
    if (operation !== 'UpdateSecretVersionStage') return;
    // Due from the start: half its life is less than a minute.
    world.seed({ lifetimeSeconds: 100 });
    world.now += 5;
  };
  expect(await world.run(MANUAL)).toEqual({
    error: expect.objectContaining({
      message: expect.stringContaining('others changed it 4 times while this run worked on it'),
    }),
  });
  expect(effects(world).filter((effect) => effect === 'promotion-superseded')).toHaveLength(4);
});

describe('what else a secret may be', () => {
  it('without any value: unseeded', async () => {
    const world = new World();
    world.secrets.deleteSecret({ SecretId: SECRET, ForceDeleteWithoutRecovery: true });
    world.secrets.createSecret({ Name: SECRET, ClientRequestToken: '11111111-1111-4111-8111-111111111111' });
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ outcome: 'unseeded', reason: 'no-value', versionId: null }),
    });
  });

  it.each(['rubbish', '{"status":"not seeded yet"}', `{"apiKey":"${V1_KEY}","validUntil":0}`])(
    'with %s under AWSPENDING: it is replaced by the next refresh',
    async (SecretString) => {
      const world = await healthyWorld();
      const ClientRequestToken = successorVersionId({
        currentVersionId: world.current().versionId,
        tries: 7,
      });
      world.secrets.putSecretValue({
        SecretId: SECRET,
        ClientRequestToken,
        SecretString,
        VersionStages: ['AWSPENDING'],
      });
      expect(await world.run(MANUAL)).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
      expect(world.current().versionId).not.toBe(ClientRequestToken);
      expect(world.current().works).toBe(true);
    },
  );

  it('the placeholder over a pending key: nothing is touched', async () => {
    const world = await healthyWorld();
    await world.run(MANUAL, { call: 5, phase: 'after', mode: 'kill' });
    const pending = world.pendingVersionId();
    world.put('{"status":"not seeded yet"}');
    expect(await world.run(SWEEP)).toEqual({ result: expect.objectContaining({ outcome: 'sweep' }) });
    expect(world.pendingVersionId()).toBe(pending);
  });
});

describe('clocks', () => {
  it('a wake-up that fires on a clock a little behind is on time', async () => {
    const world = await healthyWorld();
    const event = fire(world);
    world.skewSeconds = -100;
    expect(await world.run(event)).toEqual({
      result: expect.objectContaining({ outcome: 'refresh', reason: 'due' }),
    });
  });

  it('on one far behind it books another, whether or not its own entry lingers', async () => {
    const world = await healthyWorld();
    const event = fire(world);
    world.skewSeconds = -200;
    expect(await world.run(event)).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'not-due' }),
    });
    expect(world.booked()).toHaveLength(1);
  });

  it('a wake-up that fires an hour late books its retry from now', async () => {
    const world = await healthyWorld();
    const event = fire(world, 3600);
    await world.run(event);
    const [retry] = world.reports.flatMap((entry) =>
      entry.kind === 'effect' && entry.effect === 'retry-booked' ? [entry.at ?? 0] : [],
    );
    expect((retry ?? 0) - world.now).toBeGreaterThanOrEqual(60);
    expect((retry ?? 0) - world.now).toBeLessThan(120);
  });
});

it('the retry of a key that is due is for when it is due, that of a demand for now', async () => {
  for (const [demand, start] of [
    ['when-due', (world: World) => fire(world)],
    ['now', () => MANUAL],
  ] as const) {
    const world = await healthyWorld();
    const event = start(world);
    world.momento.outage = true;
    await world.run(event);
    const at = world.booked().toSorted()[0] ?? '';
    const Name = names(world).find((name) => name.endsWith(`-${Date.parse(at) / 1000}`));
    const { Target } = world.scheduler.getSchedule({ Name, GroupName: GROUP });
    expect(JSON.parse(Target?.Input ?? '').bookedFor).toEqual(
      expect.objectContaining({ demand, attempt: 2 }),
    );
  }
});

describe('a sweep', () => {
  it("tells one secret's wake-ups from another's", async () => {
    const world = new World({ secretNames: [SECRET, 'team/one'] });
    world.seed({ lifetimeSeconds: 7 * DAY });
    world.seed({ lifetimeSeconds: 90 * DAY, secretName: 'team/one' });
    await world.run(SWEEP);
    const booked = names(world);
    await world.run(SWEEP);
    expect(names(world)).toEqual(booked);
    expect(booked).toHaveLength(2);

    // A retry of the one is no reason for the other to wait.
    const retry =
      booked
        .find((name) => name.startsWith('team-one'))
        ?.replace(/\d{10}$/, String(START + 6.9 * DAY + 600)) ?? '';
    book(world, retry);
    world.now = START + 6.9 * DAY;
    const before = world.current().versionId;
    await world.run(SWEEP);
    expect(world.current().versionId).not.toBe(before);
  });

  it('leaves the wake-ups of a secret that it could not read, and cancels those of none', async () => {
    const world = new World({ secretNames: [SECRET, 'team/one'] });
    world.seed();
    world.put('rubbish', 'team/one');
    const kept = 'team-one-0123abcd-1811808000';
    const orphans = ['gone-0123abcd-1811808000', 'momento-authentication-token-0123abcd-1811808000'];
    for (const name of [kept, 'no-wake-up', ...orphans]) book(world, name);

    await world.run(SWEEP);

    expect(names(world)).toEqual(expect.arrayContaining([kept, 'no-wake-up']));
    for (const name of orphans) expect(names(world)).not.toContain(name);
  });

  it('names every failure', async () => {
    const world = new World({ secretNames: ['team/one', 'team/two'] });
    for (const name of ['team/one', 'team/two']) world.put('rubbish', name);
    expect(await world.run(SWEEP)).toEqual({
      error: expect.objectContaining({
        name: 'SweepFailedError',
        message: expect.stringMatching(
          /^2 failure\(s\) in a sweep of 2 secret\(s\): \(SecretContentError\) .*"team\/one".* \(SecretContentError\) .*"team\/two"/,
        ),
      }),
    });
  });
});

it('a failure whose cause is a whole sentence reads as two', async () => {
  const world = await healthyWorld();
  const outcome = await world.run(MANUAL, { call: 8, phase: 'before', mode: 'fail' });
  expect(outcome).toEqual({
    error: expect.objectContaining({
      message: expect.stringMatching(
        /failed: Secret "momento\/authentication-token" cannot be read \(ECONNRESET\)\. Secrets Manager could not be asked: .* needs a look\. The current key works until /,
      ),
    }),
  });
});
