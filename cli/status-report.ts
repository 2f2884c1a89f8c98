/** The status as an operator reads it: a table, what to do, and whether anything needs attention. Pure: it asks nobody. */
import type { SecretStatus, StatusResult } from '../handlers/flow/status.ts';
import { EXIT } from './command-line.ts';
import { type FailureLog, LOOK_BACK_DAYS } from './failure-log.ts';
import { duration, textTable } from './text-table.ts';

/** What needs nobody: the rest is for a person to look at. */
const WELL: ReadonlySet<SecretStatus['state']> = new Set(['healthy', 'never-expires']);
const HEADING = [
  'secret',
  'state',
  'expires in',
  'next wake-up',
  'booking',
  'pending version',
  'last failure',
];

export function statusTable({ at, secrets }: StatusResult, log: FailureLog): string {
  const now = Date.parse(at) / 1000;
  const rows = secrets.map((secret) => [
    secret.secretName,
    secret.state,
    secret.expiresInSeconds === null ? '-' : duration(secret.expiresInSeconds),
    secret.nextWakeUpAt ?? '-',
    secret.booking === 'missing' ? 'MISSING' : secret.booking,
    secret.pendingVersionId?.slice(0, 13) ?? '-',
    lastFailure(secret.secretName, log, now),
  ]);
  const notes = [
    ...secrets.flatMap(noteOn),
    ...(log.problem === undefined ? [] : [`Last failures: ${log.problem}`]),
  ];
  return [`At ${at}`, '', textTable([HEADING, ...rows]), ...(notes.length > 0 ? ['', ...notes] : [])].join(
    '\n',
  );
}

/** The status with each secret's last failure: null for none in the days looked at, absent where that is not known. */
export function statusJson(status: StatusResult, { failures, problem }: FailureLog): string {
  const secrets = status.secrets.map((secret) => ({
    ...secret,
    ...(problem === undefined && { lastFailure: failures.get(secret.secretName) ?? null }),
  }));
  const result = { ...status, secrets, ...(problem !== undefined && { lastFailuresUnknown: problem }) };
  return JSON.stringify(result, undefined, 2);
}

export function statusExitCode({ secrets }: StatusResult): number {
  // A key that is due is well as long as its wake-up is just about to come.
  const allWell = secrets.every(
    ({ state, booking }) =>
      (WELL.has(state) && booking !== 'missing') || (state === 'due' && booking === 'booked'),
  );
  return allWell ? EXIT.allWell : EXIT.needsAttention;
}

function lastFailure(secretName: string, { failures, problem }: FailureLog, now: number): string {
  if (problem !== undefined) return 'unknown';
  const failure = failures.get(secretName);
  if (failure === undefined) return `none in ${LOOK_BACK_DAYS} d`;
  return `${failure.name} ${duration(Math.max(0, now - Date.parse(failure.at) / 1000))} ago`;
}

function noteOn({ secretName, state, booking, problem, nextStep }: SecretStatus): string[] {
  if (problem !== undefined) return [`${secretName}: ${problem.message}`];
  if (nextStep !== undefined) return [`${secretName}: ${state}. ${nextStep}`];
  return booking === 'missing'
    ? [
        `${secretName}: no wake-up is booked in time. The next sweep books it; to do it now, invoke {"action":"sweep"}.`,
      ]
    : [];
}
