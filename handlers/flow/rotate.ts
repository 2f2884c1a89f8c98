/** Secrets Manager's own rotation: its four steps, made of the parts of a refresh, for the version whose id it chose. Parses nothing. */

import { KeyLapsedError, RotationError, SecretAccessError, SecretContentError } from '../errors.ts';
import type { RotationStep } from '../event.ts';
import type { Ports } from '../ports.ts';
import { currentKeySentence, lapsedError, toReportable } from '../reporting/failure.ts';
import type { Subject } from '../reporting/report.ts';
import { keyInstants, type RefreshResult, seedingStep } from '../reporting/result.ts';
import { decide } from '../rules/decide.ts';
import { expires, isResumable, type Observation } from '../rules/secret.ts';
import { isSuccessorLabel, successorLabel } from '../rules/succession.ts';
import type { LeadPolicy } from '../rules/timing.ts';
import { type Act, effect, issue, pendingCandidate, promote, prove, refuseUnlessPromotable } from './act.ts';
import { bookRetry } from './book.ts';
import { observe } from './observe.ts';
import { refreshSecret } from './refresh.ts';

export interface RotationTask {
  readonly step: RotationStep;
  readonly secretName: string;
  /** The id under which Secrets Manager has reserved the new version: its ClientRequestToken. */
  readonly versionId: string;
}

/** Where the version that a rotation is about stands. */
type Standing =
  /** AWSPENDING is on it, and it has no value yet. */
  | 'reserved'
  /** It holds the key that is to succeed the current one. */
  | 'pending'
  | 'current'
  /** A younger key became current, or took AWSPENDING from it: the secret has been renewed without it. */
  | 'overtaken'
  /** A refresh has taken AWSPENDING from it, and is half-way. */
  | 'contested'
  /** It holds a value that no createSecret of ours stored, as when Secrets Manager tries out a new configuration. */
  | 'foreign';

export interface RotationResult {
  readonly outcome: 'rotation';
  readonly reason: Standing | 'nothing-to-set';
  readonly step: RotationStep;
  readonly secretName: string;
  readonly versionId: string;
}

/**
 * Takes one step; each may be repeated, at any time and after any interruption. The last one books the next wake-up.
 * @throws {RotationError} the step failed, and Secrets Manager repeats the rotation from its first step
 * @throws {KeyLapsedError} @throws {SecretAccessError} @throws {SecretContentError}
 */
export async function rotate(
  ports: Ports,
  lead: LeadPolicy,
  task: RotationTask,
): Promise<RotationResult | RefreshResult> {
  const { step, secretName } = task;
  const subject: Subject = { secretName, trigger: 'rotation', attempt: 1 };
  const run: Run = { ports, lead, task, subject };
  // Momento knows the new key from the moment that it issues it: there is nowhere to set it.
  if (step === 'setSecret') return answer(task, 'nothing-to-set');
  try {
    const standing = await takeStep(run);
    if (step !== 'finishSecret') return answer(task, standing);
  } catch (error) {
    const failure = rotationFailure(run, error);
    ports.report({ kind: 'failure', ...subject, error: failure });
    throw failure;
  }
  // What is left is what any wake-up leaves: the next one booked, and no label where it does not belong.
  const { result } = await refreshSecret(ports, lead, { ...subject, demand: 'when-due' });
  return result;
}

/** One step and how far it has come. */
interface Run {
  readonly ports: Ports;
  readonly lead: LeadPolicy;
  readonly task: RotationTask;
  readonly subject: Subject;
  /** Of the current key, epoch seconds. */
  expiresAt?: number | undefined;
}

async function takeStep(run: Run): Promise<Standing> {
  const { ports, lead, task } = run;
  const observation = await observe(ports, { secretName: task.secretName });
  run.expiresAt = keyInstants(observation, lead).expiresAt;
  const now = Math.floor(ports.clock() / 1000);
  switch (task.step) {
    case 'createSecret':
      return await createSecret(run, observation, now);
    case 'testSecret':
      return await testSecret(run, observation, now);
    default:
      return await finishSecret(run, observation, now);
  }
}

/** Books the retry, gets a new key and stores it under the reserved id, together with the label that says whom it succeeds. */
async function createSecret(run: Run, observation: Observation, now: number): Promise<Standing> {
  const { ports, lead, task, subject } = run;
  const { secretName, versionId } = task;
  const decision = decide(observation, { now, lead, demandedVersionId: observation.current?.versionId });
  const instants = keyInstants(observation, lead);
  const currentId = observation.current?.versionId;
  const decided = { kind: 'decision', ...subject, decision, versionId: currentId, ...instants } as const;
  if (decision.outcome === 'lapsed' || !expires(observation)) {
    ports.report(decided);
    await ports.secrets.releaseLabel(secretName, versionId, 'AWSPENDING');
    throw unrefreshable(secretName, decision.outcome, run.expiresAt);
  }
  const standing = await standingOf(run, observation, now);
  if (standing === 'contested' || standing === 'foreign') throw new RotationError(OBSTACLES[standing]);
  if (standing !== 'reserved') return standing;
  ports.report(decided);
  const retry = await bookRetry(ports, subject, { observation, decision, lead, now });
  const work: Act = { subject, observation, decision, now, nextTryAt: retry?.at ?? now };
  const { current } = observation;
  const { text } = await issue(ports, work, current.content);
  const label = successorLabel(current.versionId);
  if ((await ports.secrets.storePending(secretName, { versionId, text, label })) === 'taken') {
    throw new RotationError('another run stored a key under the same id at the same time');
  }
  effect(ports, work, 'key-stored', { versionId });
  return 'pending';
}

/** Proves the pending key. With nothing of ours pending there is nothing to prove: so ends the trial of a new configuration. */
async function testSecret({ ports, subject, task }: Run, observation: Observation, now: number) {
  if (!expires(observation) || visibleStanding(observation, task.versionId, now) !== 'pending') {
    return visibleStanding(observation, task.versionId, now) ?? 'reserved';
  }
  const candidate = pendingCandidate(observation);
  if (candidate === undefined) return 'foreign';
  const work: Act = { subject, observation, decision: RESUME, now, nextTryAt: now };
  refuseUnlessPromotable(await prove(ports, work, candidate), observation.current.content, now);
  return 'pending';
}

/** Proves the pending key, since nothing says that testSecret came before, and makes it current. */
async function finishSecret(run: Run, observation: Observation, now: number): Promise<Standing> {
  const { ports, subject } = run;
  const standing = await standingOf(run, observation, now);
  if (standing === 'current' || standing === 'overtaken') return standing;
  const candidate = standing === 'pending' ? pendingCandidate(observation) : undefined;
  if (candidate === undefined || !expires(observation)) {
    throw new RotationError(OBSTACLES[standing === 'pending' ? 'foreign' : standing]);
  }
  const startedAtMs = ports.clock();
  const work: Act = { subject, observation, decision: RESUME, now, nextTryAt: now };
  const proof = await prove(ports, work, candidate);
  refuseUnlessPromotable(proof, observation.current.content, now);
  if ((await promote(ports, work, candidate, proof)) === 'superseded') return 'overtaken';
  const durationSeconds = (ports.clock() - startedAtMs) / 1000;
  ports.report({ kind: 'refreshed', ...subject, decision: REQUESTED, durationSeconds });
  return 'current';
}

const RESUME = { outcome: 'resume', reason: 'pending-key' } as const;
const REQUESTED = { outcome: 'refresh', reason: 'requested' } as const;

const OBSTACLES = {
  reserved: 'createSecret has stored no key under its id',
  contested:
    'another refresh of this secret is half-way: it is finished by itself, and then this rotation too',
  foreign: 'the version with its id holds a value that is not a successor of the current key',
} as const;

/** As far as the two labelled values tell. */
function visibleStanding(observation: Observation, versionId: string, now: number): Standing | undefined {
  const { current, pending } = observation;
  if (current?.versionId === versionId) return 'current';
  const resumable = isResumable(observation, now);
  if (pending?.versionId === versionId) {
    if (resumable) return 'pending';
    return (pending.labels ?? []).length > 0 ? 'overtaken' : 'foreign';
  }
  return resumable ? 'contested' : undefined;
}

async function standingOf(run: Run, observation: Observation, now: number): Promise<Standing> {
  const { secretName, versionId } = run.task;
  const visible = visibleStanding(observation, versionId, now);
  if (visible !== undefined) return visible;
  const labels = await run.ports.secrets.labels(secretName);
  await releaseVoidClaims(run, labels);
  return labels[versionId]?.includes('AWSPENDING') ? 'reserved' : 'overtaken';
}

/** Claims of succession on versions that were overtaken or cut off: a secret holds no more than twenty labels. */
async function releaseVoidClaims(
  { ports, task, subject }: Run,
  labels: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [versionId, stages] of Object.entries(labels)) {
    if (stages.includes('AWSPENDING')) continue;
    for (const label of stages.filter(isSuccessorLabel)) {
      await ports.secrets.releaseLabel(task.secretName, versionId, label);
      ports.report({ kind: 'effect', ...subject, effect: 'label-released', versionId });
    }
  }
}

function unrefreshable(secretName: string, outcome: string, expiresAt: number | undefined): Error {
  switch (outcome) {
    case 'lapsed':
      return lapsedError(secretName, expiresAt);
    case 'never-expires':
      return new RotationError('its key never expires, and Momento refreshes only keys that do');
    default:
      return new RotationError(`it holds no key yet. ${seedingStep(secretName)}`);
  }
}

function rotationFailure({ ports, task, expiresAt }: Run, error: unknown): Error {
  const ownWords = [KeyLapsedError, SecretAccessError, SecretContentError];
  if (ownWords.some((kind) => error instanceof kind)) return error as Error;
  const cause = toReportable(error);
  const key = currentKeySentence(task.secretName, expiresAt, Math.floor(ports.clock() / 1000));
  return new RotationError(
    `Step ${task.step} of the rotation of secret "${task.secretName}" failed: ${cause.message}.${key} ` +
      'Secrets Manager repeats the rotation; a key that is pending is finished by the next wake-up too.',
    { cause },
  );
}

function answer(
  { step, secretName, versionId }: RotationTask,
  reason: RotationResult['reason'],
): RotationResult {
  return { outcome: 'rotation', reason, step, secretName, versionId };
}
