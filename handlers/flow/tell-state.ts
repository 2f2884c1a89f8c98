/** Reports how secrets stand: the entries from which metrics and alarms come. Reads only. */
import type { Ports } from '../ports.ts';
import type { Subject } from '../reporting/report.ts';
import type { Observation } from '../rules/secret.ts';
import { assess, assessUnobserved } from '../rules/secret-state.ts';
import type { LeadPolicy } from '../rules/timing.ts';
import type { Bookings } from '../rules/wake-up.ts';
import { observe } from './observe.ts';

/**
 * Reports the state of a secret as a run leaves it.
 * @param observation undefined: the secret could not be read
 */
export function tellState(
  ports: Pick<Ports, 'report' | 'clock'>,
  lead: LeadPolicy,
  subject: Subject,
  { observation, hasFailed }: { observation: Observation | undefined; hasFailed?: boolean },
): void {
  const now = Math.floor(ports.clock() / 1000);
  const assessment =
    observation === undefined
      ? assessUnobserved('unreadable')
      : assess(observation, { now, lead, ...(hasFailed !== undefined && { hasFailed }) });
  ports.report({ kind: 'state', ...subject, ...assessment });
}

/**
 * Observes a secret and reports its state. A sweep does this for every secret before any slow work, so that no alarm waits for a
 * service that hangs. It never throws: a secret that cannot be observed is unreadable.
 */
export async function observeAndTellState(
  ports: Pick<Ports, 'secrets' | 'wakeUps' | 'report' | 'clock'>,
  lead: LeadPolicy,
  subject: Subject,
  bookings: Bookings,
): Promise<Observation | undefined> {
  const observation = await observe(ports, { secretName: subject.secretName, bookings }).catch(
    () => undefined,
  );
  tellState(ports, lead, subject, { observation });
  return observation;
}
