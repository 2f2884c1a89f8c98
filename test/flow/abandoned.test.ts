import { describe, expect, it } from 'vitest';
import { DAY, GROUP, SECRET, STATUS, SWEEP } from '../worlds/names.ts';
import { abandonedWorld } from '../worlds/situations.ts';

const ABANDONED = { kind: 'state', secretName: SECRET, state: 'abandoned', troubles: ['SecretUnattended'] };

describe('a secret that is no longer managed', () => {
  it('keeps its entry in a sweep, which reports it as abandoned', async () => {
    const world = await abandonedWorld();
    const entries = world.entries();
    await world.run(SWEEP);
    expect(world.entries()).toEqual(entries);
    expect(world.reports).toContainEqual(expect.objectContaining({ ...ABANDONED, trigger: 'sweep' }));
  });

  it('is reported by its wake-up, which reads nothing of it and books the next report a day later', async () => {
    const world = await abandonedWorld();
    const [entry = ''] = world.entries();
    const outcome = await world.run(world.nextEvent());
    const next = entry.replace(/\d{10}$/, (at) => String(Number(at) + DAY));
    expect(outcome).toMatchObject({
      result: {
        outcome: 'abandoned',
        secretName: SECRET,
        nextStep: expect.stringContaining(
          `aws scheduler delete-schedule --region us-east-1 --group-name ${GROUP} --name ${next}`,
        ),
      },
    });
    expect(world.calls).toEqual(['CreateSchedule']);
    expect(world.entries()).toContain(next);
    expect(world.reports).toContainEqual(expect.objectContaining({ ...ABANDONED, trigger: 'schedule' }));
  });

  it('has one next report if its wake-up is delivered three times', async () => {
    const world = await abandonedWorld();
    const event = world.nextEvent();
    for (let delivery = 0; delivery < 3; delivery++) await world.run(event);
    expect(world.booked()).toHaveLength(1);
  });

  it('has its next report in the future if its wake-up is delivered two days late', async () => {
    const world = await abandonedWorld();
    await world.run(world.nextEvent(2 * DAY + 60));
    expect(world.booked()).toHaveLength(1);
  });

  it('is listed by the status with the command that acknowledges it', async () => {
    const world = await abandonedWorld();
    const [entry = ''] = world.entries();
    expect(await world.run(STATUS)).toMatchObject({
      result: {
        secrets: [
          {
            secretName: SECRET,
            state: 'abandoned',
            booking: 'not-needed',
            nextWakeUpAt: expect.stringMatching(/^2026-01-2/),
            nextStep: `Add its name to the setting secretNames and deploy again, or acknowledge that its key is no longer refreshed: aws scheduler delete-schedule --region us-east-1 --group-name momento-key-refresher --name ${entry}`,
          },
        ],
      },
    });
  });

  it('is reported no more once a person has deleted its entry', async () => {
    const world = await abandonedWorld();
    world.deleteEntries();
    await world.run(SWEEP);
    expect(world.reported('state')).toEqual([]);
    expect(await world.run(STATUS)).toMatchObject({ result: { secrets: [] } });
  });

  it('is refreshed by its entry if it is managed again', async () => {
    const world = await abandonedWorld();
    const before = world.current().versionId;
    world.configuration = { ...world.configuration, secretNames: [SECRET] };
    await world.wakeUp();
    expect(world.current().versionId).not.toBe(before);
  });
});
