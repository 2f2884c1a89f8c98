import { describe, expect, it } from 'vitest';
import { SweepFailedError } from '../../handlers/errors.ts';
import { book, names, SWEEP } from '../worlds/situations.ts';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

describe('the sweep', () => {
  it('books what is missing', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    expect(world.booked()).toHaveLength(1);
    expect(world.booked()[0]).toMatch(/^2026-01-27T/);
  });

  it('refreshes what is due', async () => {
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

  it('changes nothing where all is well', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    await world.run(SWEEP);
    expect(world.calls).toEqual(['ListSchedules', 'GetSecretValue', 'GetSecretValue']);
  });

  it('cancels what is later than planned and what belongs to no managed secret, and nothing else', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    const [planned = ''] = names(world);
    const prefix = planned.replace(/\d+$/, '');
    const earlier = `${prefix}1768000000`;
    const foreign = ['by-hand', 'other-secret-1234-by-a-person'];
    for (const name of [earlier, `${prefix}1790000000`, 'gone-0123abcd-1790000000', ...foreign])
      book(world, name);

    const outcome = await world.run(SWEEP);

    expect(outcome).toEqual({ result: expect.objectContaining({ cancelled: 2 }) });
    expect(names(world).sort()).toEqual([...foreign, earlier, planned].sort());
  });

  it('leaves a due secret to the retry that is booked for it', async () => {
    const world = new World();
    world.seed();
    world.now = START + 28 * DAY;
    world.momento.outage = true;
    const manual = { momento_auth_token_secret_name: SECRET };
    await world.run(manual);
    for (let n = 0; n < 5; n++) await world.wakeUp();
    const outcome = await world.run(SWEEP);
    expect(outcome).toEqual({
      result: expect.objectContaining({
        secrets: [expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' })],
      }),
    });
    expect(world.calls).not.toContain('RefreshApiKey');
  });

  it('serves the other secrets where one fails, then fails with the names of those that did', async () => {
    const world = new World({ secretNames: ['a', 'b', 'c', 'd'] });
    for (const secretName of ['a', 'd']) world.seed({ secretName });
    world.put('rubbish', 'b');
    world.put({ ...world.momento.generateKey({ lifetimeSeconds: 60 }), validUntil: START - 1 }, 'c');

    const outcome = await world.run(SWEEP);

    if (outcome === 'killed' || !('error' in outcome)) throw new Error('it did not fail');
    expect(outcome.error).toBeInstanceOf(SweepFailedError);
    expect(outcome.error.message).toMatch(/^1 failure\(s\) in a sweep of 4 secret\(s\)/);
    expect(outcome.error.message).toMatch(
      /\(SecretContentError\) The value of secret "b" is not a Momento key/,
    );
    expect(outcome.error.message).not.toContain('"c"');
    expect(world.booked()).toHaveLength(2);
    expect(world.reports).toContainEqual({
      kind: 'sweep',
      managed: 4,
      unseeded: 0,
      unreadable: 1,
      failed: 1,
      cancelled: 0,
    });
  });

  it('tells apart what it could not read and what it could not refresh', async () => {
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

  it('begins with another secret each hour, so that none is always the last', async () => {
    const world = new World({ secretNames: ['a', 'b', 'c'] });
    const order = async () => {
      world.reports.length = 0;
      await world.run(SWEEP);
      return world.reports.flatMap((entry) => (entry.kind === 'decision' ? [entry.secretName] : []));
    };
    expect(await order()).toEqual(['a', 'b', 'c']);
    world.now += 3600;
    expect(await order()).toEqual(['b', 'c', 'a']);
    world.now += 3600;
    expect(await order()).toEqual(['c', 'a', 'b']);
  });

  it('keeps the bookings of a secret that it could not read', async () => {
    const world = new World();
    world.seed();
    await world.run(SWEEP);
    const before = names(world);
    world.put('rubbish');
    await world.run(SWEEP);
    expect(names(world)).toEqual(before);
  });

  it('goes on without the list of bookings, and says that it was missing', async () => {
    const world = new World();
    world.seed();
    const outcome = await world.run(SWEEP, { call: 0, phase: 'before', mode: 'fail' });
    expect(outcome).toEqual({
      error: expect.objectContaining({
        message: expect.stringContaining('did not list momento-key-refresher'),
      }),
    });
    expect(world.booked()).toHaveLength(1);
  });

  it('starts on no secret once its time is up, and says so', async () => {
    const world = new World({ secretNames: ['a', 'b'] });
    for (const secretName of ['a', 'b']) world.seed({ secretName });
    world.remainingTimeMs = 1000;
    const outcome = await world.run(SWEEP);
    expect(outcome).toEqual({
      error: expect.objectContaining({
        message: expect.stringMatching(/"a" was left to the next sweep.*"b" was left/),
      }),
    });
    expect(world.calls).toEqual(['ListSchedules']);
    expect(world.reports.map(({ kind }) => kind)).not.toContain('sweep');
  });
});
