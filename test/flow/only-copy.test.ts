import { describe, expect, it } from 'vitest';
import { successorVersionId } from '../../handlers/rules/secret.ts';
import { countOf } from '../worlds/faults.ts';
import { DAY, MANUAL, SECRET, START, SWEEP } from '../worlds/names.ts';
import { reserve, step } from '../worlds/rotation-steps.ts';
import { dueWorld, healthyWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

const DEADLINE_SECONDS = 300;

/** Writes of the new key are refused with this code until that second. */
function refuseWrites(world: World, code: string, until?: number): void {
  world.faults = [{ before: 'PutSecretValue', mode: { code }, ...(until !== undefined && { until }) }];
}

describe('a new key that cannot be stored', () => {
  it('is stored at the last try, 20 s before the deadline, and no second key is issued', async () => {
    const world = await dueWorld();
    refuseWrites(world, 'InternalServiceError', world.now + DEADLINE_SECONDS - 20);
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.issueCalls()).toBe(2);
    expect(world.current().works).toBe(true);
    expect(world.booked()).toHaveLength(1);
    // The retry, its move, and the next wake-up: so late the retry is not moved back.
    expect(countOf('CreateSchedule', world.calls)).toBe(3);
  });

  it('has its retry booked for a minute after the deadline while the run goes on trying', async () => {
    const world = await dueWorld();
    const deadline = world.now + DEADLINE_SECONDS;
    refuseWrites(world, 'InternalServiceError');
    await world.run(MANUAL, { after: 'CreateSchedule', nth: 2, mode: 'kill' });
    expect(world.booked().map((at) => Date.parse(at) / 1000)).toContain(Math.ceil((deadline + 60) / 60) * 60);
  });

  it('has its retry booked for after the deadline at the next try if the first booking failed (seed 518)', async () => {
    const world = await dueWorld();
    const deadline = world.now + DEADLINE_SECONDS;
    refuseWrites(world, 'InternalServiceError');
    await world.run(MANUAL, { before: 'CreateSchedule', nth: 2, mode: 'fail' });
    expect(world.effects().filter((effect) => effect === 'retry-booked')).toHaveLength(3);
    expect(world.reported('leftover')).toMatchObject([{ effect: 'retry-booked' }]);
    expect(Date.parse(world.booked().at(-1) ?? '') / 1000).toBeGreaterThan(deadline);
  });

  it('is promoted unproven if the current key has lapsed by the time that it is stored', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 3600 });
    world.now += 3600 - 180;
    world.faults = [
      { before: 'PutSecretValue', mode: { code: 'InternalServiceError' }, until: world.now + 210 },
      { before: 'ListCaches', mode: 'fail' },
    ];
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.effects()).toContain('key-promoted-unproven');
    expect(world.current().works).toBe(true);
  });

  it('is promoted unproven if its retry comes too late and cannot be brought forward', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 3600 });
    world.now += 3600 - 400;
    refuseWrites(world, 'InternalServiceError', world.now + 1);
    world.onceBefore('PutSecretValue', () => {
      world.faults = [
        { before: 'CreateSchedule', mode: 'fail' },
        { before: 'ListCaches', mode: 'fail' },
      ];
    });
    errorOf(await world.run(MANUAL));
    expect(world.effects()).toContain('key-promoted-unproven');
  });

  it('stays pending if it cannot be proved and its retry can be brought forward in time', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 3600 });
    world.now += 3600 - 360;
    world.faults = [
      { before: 'PutSecretValue', mode: { code: 'InternalServiceError' }, until: world.now + 1 },
      { before: 'ListCaches', mode: 'fail' },
    ];
    errorOf(await world.run(MANUAL));
    expect(world.effects()).not.toContain('key-promoted-unproven');
    expect(world.pendingVersionId()).toBeDefined();
  });

  it('is made current soon by its retry if the process is killed right after the key is stored (seed 971)', async () => {
    const world = await dueWorld();
    refuseWrites(world, 'InternalServiceError', world.now + 30);
    await world.run(MANUAL, { before: 'ListCaches', mode: 'kill' });
    const killedAt = world.now;
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'resume' } }]);
    expect(world.now - killedAt).toBeLessThanOrEqual(121);
    expect(world.issueCalls()).toBe(2);
  });

  it('has its retry booked for the next minute again if it is stored in the end and cannot be proved (seed 154)', async () => {
    const world = await dueWorld();
    world.faults = [
      { before: 'PutSecretValue', mode: { code: 'InternalServiceError' }, until: world.now + 1 },
      { before: 'ListCaches', mode: 'fail' },
    ];
    const startedAt = world.now;
    errorOf(await world.run(MANUAL));
    expect(world.pendingVersionId()).toBeDefined();
    expect(Date.parse(world.booked()[0] ?? '') / 1000 - startedAt).toBeLessThanOrEqual(120);
    world.faults = [];
    await world.wakeUp();
    expect(world.current().works).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('is lost if the process is killed while it goes on trying, and the retry tests the write before it issues one', async () => {
    const world = await dueWorld();
    const issued = world.issueCalls();
    refuseWrites(world, 'InternalServiceError');
    await world.run(MANUAL, { after: 'CreateSchedule', nth: 2, mode: 'kill' });
    await world.passUntil(world.now + DEADLINE_SECONDS + 120);
    expect(world.issueCalls() - issued).toBe(1);
    expect(world.calls).toContain('PutSecretValue');
  });

  it('of a rotation is lost when the deadline comes, and the retry tests the write before it issues one', async () => {
    const world = await healthyWorld();
    const issued = world.issueCalls();
    reserve(world);
    refuseWrites(world, 'AccessDeniedException');
    errorOf(await step(world, 'createSecret'));
    await world.passUntil(world.now + DAY);
    expect(world.issueCalls() - issued).toBe(1);
  });

  it('is kept while the secret cannot be read to find out who has taken its version id (seed 688)', async () => {
    const world = await healthyWorld();
    const taken = successorVersionId({
      currentVersionId: world.current().versionId,
      pendingVersionId: world.pendingVersionId(),
      tries: 0,
    });
    world.putPending(taken, '{"status":"taken"}');
    world.secrets.updateSecretVersionStage({
      SecretId: SECRET,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: taken,
    });
    const issued = world.issueCalls();
    const outcome = await world.run(MANUAL, { before: 'DescribeSecret', nth: 2, mode: 'fail' });
    expect(outcome).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.issueCalls() - issued).toBe(1);
  });

  it('is lost when the deadline comes, and the error names the reason and the retry', async () => {
    const world = await dueWorld();
    refuseWrites(world, 'AccessDeniedException');
    const { name, message } = errorOf(await world.run(MANUAL));
    expect(name).toBe('RefreshFailedError');
    expect(message).toMatch(/AccessDeniedException.*next try is booked for/);
    expect(world.booked()).toHaveLength(1);
  });
});

describe('while the secret refuses writes for good', () => {
  it('one key is issued, and each retry only tests whether the secret can be written', async () => {
    const world = await dueWorld();
    const issued = world.issueCalls();
    refuseWrites(world, 'AccessDeniedException');
    await world.run(MANUAL);
    await world.passUntil(world.now + DAY);
    expect(world.issueCalls() - issued).toBe(1);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('the test of the write leaves AWSPENDING on a key that another run stores meanwhile', async () => {
    const world = await dueWorld();
    refuseWrites(world, 'AccessDeniedException');
    await world.run(MANUAL);
    world.faults = [];
    const currentVersionId = world.current().versionId;
    const theirs = successorVersionId({ currentVersionId, tries: 0 });
    await world.wakeUp();
    world.onceBefore('PutSecretValue', () => {
      world.putPending(theirs, JSON.stringify(world.momento.generateKey({ lifetimeSeconds: 30 * DAY })));
    });
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'resume' } }]);
    expect(world.current().versionId).toBe(theirs);
  });

  it('the retry after the cure tests the write, releases the label and refreshes the key', async () => {
    const world = await dueWorld();
    refuseWrites(world, 'AccessDeniedException');
    await world.run(MANUAL);
    world.faults = [];
    // The wake-up that was planned leaves the secret to the retry.
    await world.wakeUp();
    const [outcome] = await world.wakeUp();
    expect(outcome).toMatchObject({ result: { outcome: 'refresh' } });
    expect(countOf('PutSecretValue', world.calls)).toBe(2);
    expect(Object.values(world.stages()).flat().toSorted()).toEqual([
      'AWSCURRENT',
      'AWSPENDING',
      'AWSPREVIOUS',
    ]);
  });

  it('no key is issued if the secret is a replica', async () => {
    const world = await healthyWorld();
    const issued = world.issueCalls();
    world.secrets.makeReplica(SECRET, 'eu-west-1');
    expect(errorOf(await world.run(MANUAL)).message).toMatch(
      /It is a replica, and a replica cannot be written/,
    );
    expect(world.issueCalls()).toBe(issued);
  });
});

describe('a secret that cannot be written while no retry can be booked', () => {
  const UNBOOKED = { before: 'CreateSchedule', mode: 'fail' } as const;

  it('gets no key, because the next run would not learn that the key was lost', async () => {
    const world = await healthyWorld();
    // The lead is three days, and half of it is over.
    world.now = START + 29.5 * DAY;
    world.faults = [UNBOOKED, { before: 'PutSecretValue', mode: { code: 'AccessDeniedException' } }];
    const before = world.issueCalls();
    expect(errorOf(await world.run(SWEEP)).message).toContain('could not be stored (AccessDeniedException)');
    expect(world.issueCalls()).toBe(before);
  });

  it.each([
    ['is tested and gets a key once it can be written', START + 29.5 * DAY, 2],
    [
      'gets a key without a test if the current one would lapse before the next sweep',
      START + 31 * DAY - 1800,
      1,
    ],
  ])('%s', async (_, now, writes) => {
    const world = await healthyWorld();
    world.now = now;
    world.faults = [UNBOOKED];
    errorOf(await world.run(SWEEP));
    expect(countOf('PutSecretValue', world.calls)).toBe(writes);
    expect(world.effects()).toContain('key-promoted');
  });
});
