/** Formats the status: one line for each secret, then what to do. */
import { styleText } from 'node:util';
import type { SecretStatus, StatusResult } from '../handlers/flow/status.ts';
import { type CommandLine, EXIT } from './command-line.ts';
import type { FailureLog } from './failure-log.ts';
import type { SafetyNetCheck } from './safety-nets.ts';
import { COLUMN_GAP, columnWidths, fromNow, textTable } from './text-table.ts';

type State = SecretStatus['state'];
type Colour = 'red' | 'yellow' | 'green';
/** Colours a text if the output shows colours. */
type Paint = (colour: Colour, text: string) => string;

interface Urgency {
  readonly colour: Colour;
  readonly needsPerson: boolean;
}

const ACT_NOW = { colour: 'red', needsPerson: true } as const;
const GOES_ON = { colour: 'yellow', needsPerson: false } as const;
const WELL = { colour: 'green', needsPerson: false } as const;

/** The states, the most urgent first: the order of the lines. */
const URGENCIES: Readonly<Record<State, Urgency>> = {
  lapsed: ACT_NOW,
  rejected: ACT_NOW,
  unreadable: ACT_NOW,
  abandoned: ACT_NOW,
  unrefreshable: ACT_NOW,
  overdue: ACT_NOW,
  'half-done': GOES_ON,
  retrying: GOES_ON,
  due: GOES_ON,
  unseeded: { colour: 'yellow', needsPerson: true },
  'never-expires': WELL,
  healthy: WELL,
};
const ORDER = Object.keys(URGENCIES);

const HEADING = ['secret', 'state', 'expires', 'due', 'next run'];
const LINE_WIDTH = 100;
/** The Scheduler's precision. A run that is early by at most this time refreshes the key. */
const ON_TIME_SECONDS = 60;
const KEY_FILE = 'momento-key.json';

export interface StatusReport {
  readonly status: StatusResult;
  readonly safetyNets: readonly SafetyNetCheck[];
  readonly log: FailureLog;
}

/** @param paint Default: colours on a terminal unless NO_COLOR is set */
export function statusText(
  { status, safetyNets, log }: StatusReport,
  commandLine: CommandLine,
  paint: Paint = styleText,
): string {
  const now = Date.parse(status.at) / 1000;
  const secrets = status.secrets.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const notes = [
    ...safetyNets.filter(({ result }) => result !== 'passed').map((check) => netNote(check, paint)),
    ...secrets.flatMap((secret) => secretNote(secret, { log, now, commandLine })),
    ...proofNote(secrets),
    ...(log.problem === undefined ? [] : [`Last failures: ${log.problem}`]),
  ];
  return [
    `At ${status.at}`,
    '',
    secretTable(secrets, now, paint),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

/** The status with each secret's last failure: null if the log has none, absent if the log could not be read. */
export function statusJson({ status, safetyNets, log: { failures, problem } }: StatusReport): string {
  const secrets = status.secrets.map((secret) => ({
    ...secret,
    ...(problem === undefined && { lastFailure: failures.get(secret.secretName) ?? null }),
  }));
  const result = {
    ...status,
    secrets,
    safetyNets,
    ...(problem !== undefined && { lastFailuresUnknown: problem }),
  };
  return JSON.stringify(result, undefined, 2);
}

/** A problem that needs a person decides before a check that could not be made. */
export function statusExitCode({ status: { secrets }, safetyNets }: Omit<StatusReport, 'log'>): number {
  const nets = new Set(safetyNets.map(({ result }) => result));
  const needsPerson = secrets.some(
    ({ state, booking }) => URGENCIES[state].needsPerson || booking === 'missing' || booking === 'unknown',
  );
  if (needsPerson || nets.has('failed')) return EXIT.needsAttention;
  const isUnproven = secrets.some(({ proof }) => proof?.result === 'unproven');
  return isUnproven || nets.has('unknown') ? EXIT.couldNotTell : EXIT.allWell;
}

function secretTable(secrets: readonly SecretStatus[], now: number, paint: Paint): string {
  const rows = secrets.map((secret) => cells(secret, now, paint));
  const others = columnWidths([HEADING, ...rows]).slice(1);
  const room = LINE_WIDTH - others.reduce((sum, width) => sum + width + COLUMN_GAP.length, 0);
  return textTable([HEADING, ...rows.map(([name = '', ...rest]) => [shortened(name, room), ...rest])]);
}

/** Shortens a name in the middle, because names of one service often have the same start or end. */
function shortened(name: string, room: number): string {
  if (name.length <= room) return name;
  const head = Math.floor((room - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (room - 1 - head))}`;
}

function cells(secret: SecretStatus, now: number, paint: Paint): string[] {
  const { secretName, state, expiresInSeconds, plannedRefreshAt } = secret;
  return [
    secretName,
    paint(URGENCIES[state].colour, state),
    expiresInSeconds === null ? '-' : `${expiresInSeconds < 0 ? 'expired ' : ''}${fromNow(expiresInSeconds)}`,
    plannedRefreshAt === null ? '-' : fromNow(secondsUntil(plannedRefreshAt, now)),
    nextRun(secret, now, paint),
  ];
}

/** An early run of a healthy key is harmless: it usually finds nothing to do and books the next one. */
function nextRun(secret: SecretStatus, now: number, paint: Paint): string {
  const { state, booking, nextWakeUpAt, plannedRefreshAt, sweepCanSave } = secret;
  if (booking === 'unknown' && state !== 'unreadable') return 'unknown';
  if (nextWakeUpAt === null) return booking === 'missing' ? paint('red', 'MISSING') : '-';
  const isEarly =
    state === 'healthy' &&
    plannedRefreshAt !== null &&
    secondsUntil(nextWakeUpAt, now) < secondsUntil(plannedRefreshAt, now) - ON_TIME_SECONDS;
  const remarks = [
    ...(booking === 'missing' ? [paint('red', 'TOO LATE')] : []),
    ...(isEarly ? ['harmless'] : []),
    ...(sweepCanSave === false ? ['wake-ups only'] : []),
  ];
  const at = fromNow(secondsUntil(nextWakeUpAt, now));
  return remarks.length === 0 ? at : `${at} (${remarks.join(', ')})`;
}

function secondsUntil(instant: string, now: number): number {
  return Date.parse(instant) / 1000 - now;
}

function netNote({ check, result, detail }: SafetyNetCheck, paint: Paint): string {
  return result === 'failed'
    ? `Deployment: ${paint('red', `${check} FAILED`)}. ${detail}`
    : `Deployment: the ${check} could not be checked. ${detail}`;
}

function proofNote(secrets: readonly SecretStatus[]): string[] {
  const asked = secrets.filter(({ proof }) => proof !== undefined);
  const accepted = asked.filter(({ proof }) => proof?.result === 'accepted');
  return asked.length === 0 ? [] : [`Momento accepts ${accepted.length} of ${asked.length} keys now.`];
}

interface NoteContext {
  readonly log: FailureLog;
  readonly now: number;
  readonly commandLine: CommandLine;
}

function secretNote(secret: SecretStatus, context: NoteContext): string[] {
  const { secretName, state, booking, proof } = secret;
  const isWell =
    booking === 'not-needed' || booking === 'booked' ? URGENCIES[state] === WELL || state === 'due' : false;
  const notes = isWell ? [] : [`${lastFailure(secret, context)}${whatToDo(secret, context)}`];
  if (proof?.result === 'unproven') {
    notes.push(
      `Momento could not be asked about the key (${proof.detail}). ` +
        `Ask again: ${context.commandLine('status', '--prove')}`,
    );
  }
  return notes.map((note) => `${secretName}: ${note}`);
}

/** What is wrong, what is still safe, and a command to paste at the end. */
function whatToDo(secret: SecretStatus, { commandLine }: NoteContext): string {
  const { secretName, state, problem, nextStep } = secret;
  const key = currentKey(secret);
  const refresh = commandLine('seed', secretName);
  const putKey = `Make a new key in the Momento console, then: ${commandLine('seed', secretName, '--file', KEY_FILE)}`;
  switch (state) {
    case 'lapsed':
      return `The key has expired. Whoever reads it fails. ${putKey}`;
    case 'rejected':
      return `Momento rejects the key. Whoever reads it fails. ${putKey}`;
    case 'unreadable':
      // Its message ends in a command.
      return problem?.message ?? `See what is missing: ${commandLine('preflight')}`;
    case 'abandoned':
      return nextStep ?? `It is no longer managed. See its entries: ${commandLine('status', '--json')}`;
    case 'unseeded':
      return `It holds no key yet. ${putKey}`;
    case 'unrefreshable':
      return `Nothing can refresh this key: its refresh token is used up or missing. ${key} ${nextStep}`;
    case 'overdue':
      return `The refresh is late. ${key} Refresh it now: ${refresh}`;
    case 'half-done':
      return `A new key is stored and not yet current. ${key} The next run goes on. To go on now: ${refresh}`;
    case 'retrying':
      return `The refresh failed. ${key} The next run tries again. To try now: ${refresh}`;
    default:
      if (problem !== undefined) return problem.message;
      return `No run is booked in time. ${key} The next sweep books one. To refresh the key and book now: ${refresh}`;
  }
}

function currentKey({ expiresInSeconds, validUntil }: SecretStatus): string {
  return expiresInSeconds !== null && expiresInSeconds <= 0
    ? 'The current key has expired: whoever reads it fails.'
    : `The current key works until ${validUntil}.`;
}

function lastFailure({ secretName }: SecretStatus, { log, now }: NoteContext): string {
  const failure = log.failures.get(secretName);
  if (failure === undefined) return '';
  const { name, code } = failure;
  return `Last failure: ${code === undefined ? name : `${name} (${code})`}, ${fromNow(Math.min(secondsUntil(failure.at, now), -1))}. `;
}
