/**
 * Ports over secrets whose texts are given. Reading and booking work, and are recorded; Momento is out of reach;
 * a write to a secret is an error of the test.
 */
import { SecretAccessError } from '../../handlers/errors.ts';
import type { Ports } from '../../handlers/ports.ts';

import type { ReportEntry } from '../../handlers/reporting/report.ts';
import type { WakeUp } from '../../handlers/rules/wake-up.ts';
import { PLACE } from './names.ts';
import { CREATED, CURRENT_ID, epoch } from './observations.ts';

export interface PortsOverTexts extends Ports {
  readonly asked: string[];
  readonly booked: WakeUp[];
  readonly reported: ReportEntry[];
  /** The secrets whose values somebody tried to change. */
  readonly writes: string[];
  /** How often Momento was asked for a key. */
  issueCalls(): number;
}

function arnOf(secretName: string): string {
  return `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${secretName}-AbCdEf`;
}

export function portsOverTexts(
  values: Readonly<Record<string, string | undefined>>,
  now: string,
): PortsOverTexts {
  const asked: string[] = [];
  const booked: WakeUp[] = [];
  const reported: ReportEntry[] = [];
  let issueCalls = 0;
  const writes: string[] = [];
  const noWrite = (secretName: string) => {
    writes.push(secretName);
    return Promise.reject(new Error('a secret was written'));
  };
  return {
    asked,
    booked,
    reported,
    writes,
    issueCalls: () => issueCalls,
    clock: () => epoch(now) * 1000,
    remainingMs: () => 300_000,
    place: PLACE,
    pause: async () => {},
    report: (entry) => reported.push(entry),
    secrets: {
      async read(secretName) {
        asked.push(secretName);
        if (!Object.hasOwn(values, secretName)) {
          const facts = { secretName, task: 'read', awsCode: 'ResourceNotFoundException' } as const;
          throw new SecretAccessError('secret-missing', facts);
        }
        const text = values[secretName];
        return {
          arn: arnOf(secretName),
          labels: { [CURRENT_ID]: ['AWSCURRENT'] },
          current: {
            versionId: CURRENT_ID,
            createdAtMs: epoch(CREATED) * 1000,
            stages: ['AWSCURRENT'],
            ...(text === undefined ? {} : { text }),
          },
        };
      },
      previous: async () => undefined,
      store: noWrite,
      promote: noWrite,
      // The refresher's own labels, and taking back Secrets Manager's reservation, change no value.
      setLabel: async () => {},
      releaseLabel: async () => {},
    },
    issuer: {
      async issue() {
        issueCalls++;
        return { result: 'unanswered', detail: 'TIMEOUT_ERROR' };
      },
      prove: async () => ({ result: 'unproven', detail: 'TIMEOUT_ERROR' }),
    },
    wakeUps: {
      async book(wakeUp) {
        if (booked.some(({ name }) => name === wakeUp.name)) return 'already-booked';
        booked.push(wakeUp);
        return 'booked';
      },
      secretOf: async (name) => booked.find((wakeUp) => wakeUp.name === name)?.secretName,
      async cancel(name) {
        const index = booked.findIndex((wakeUp) => wakeUp.name === name);
        if (index >= 0) booked.splice(index, 1);
      },
      async list(prefix = '') {
        return booked
          .filter(({ name }) => name.startsWith(prefix))
          .map(({ name }) => ({ name, createdAt: epoch(now) }));
      },
    },
  };
}
