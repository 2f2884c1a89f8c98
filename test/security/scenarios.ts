/** Runs a deployed function through everything that it does, and returns the calls that it made. */
import { DAY, labelUpdated, PREFLIGHT, STATUS, SWEEP } from '../worlds/names.ts';
import type { World } from '../worlds/world.ts';
import type { RecordedCall } from './iam-calls.ts';

const manual = (secretName: string) => ({ momento_auth_token_secret_name: secretName });

/** @param world two secrets, both unseeded */
export async function runEveryScenario(world: World): Promise<readonly RecordedCall[]> {
  const [first = '', second = ''] = world.configuration.secretNames;
  await world.run(PREFLIGHT);
  await world.run(manual(first));

  // A person seeds each secret. The event, a demand and its own wake-ups follow.
  for (const secretName of [first, second]) {
    world.seed({ secretName, lifetimeSeconds: 30 * DAY });
    world.now += 60;
    // Two at once: one of them finds the entry that the other has created.
    await Promise.all([world.run(labelUpdated(secretName)), world.run(labelUpdated(secretName))]);
    await world.run(manual(secretName));
  }
  for (let n = 0; n < 4; n++) await world.wakeUp();

  // A run is killed before it proves the key; the retry resumes it.
  await world.run(manual(first), { before: 'ListCaches', mode: 'kill' });
  await world.wakeUp();
  // A run is killed, and then a person puts a key: the label of the pending key is released.
  await world.run(manual(second), { before: 'ListCaches', mode: 'kill' });
  world.seed({ secretName: second, lifetimeSeconds: 90 * DAY });
  await world.run(labelUpdated(second));

  // An entry of a secret that is no longer managed, and the actions that look at every secret.
  world.addEntry(`forgotten-secret-0a1b2c3d-${world.now + 5 * DAY}`, 'forgotten/secret');
  await world.run(SWEEP);
  await world.run(STATUS);
  await world.run(PREFLIGHT);

  world.now += 3600;
  await world.rotate(first);
  return world.recorded;
}
