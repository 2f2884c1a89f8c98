/** Secrets Manager's own rotation. Its four steps use the parts of a refresh, for the version id that Secrets Manager chose. */

import {
  KeyLapsedError,
  type RotationFault,
  RotationStateError,
  UnrefreshableKeyError,
  UnstoredKeyError,
} from '../errors.ts';
import type { Ports } from '../ports.ts';
import { rotationFailure } from '../reporting/failure.ts';
import type { Subject } from '../reporting/report.ts';
import type { RefreshResult } from '../reporting/result.ts';
import { type Decision, decide } from '../rules/decide.ts';
import { expires, isResumable, isSuccessorLabel, type Observation, successorLabel } from '../rules/secret.ts';
import { isHalfLeadUsed, type Policy } from '../rules/timing.ts';
import { issue, pendingCandidate, prove, refuseUnlessPromotable, store } from './act.ts';
import { bookRetry, bringRetryForward, postponeRetry, tidy } from './book.ts';
import { observe } from './observe.ts';
import { refreshSecret } from './refresh.ts';

/** The steps of a rotation, in Secrets Manager's order. */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

export interface RotationTask {
  readonly step: (typeof ROTATION_STEPS)[number];
  readonly secretName: string;
  /** If the event named the secret by its ARN. */
  readonly secretArn?: string | undefined;
  /** The ClientRequestToken: the id under which Secrets Manager has reserved the new version. */
  readonly versionId: string;
}

/** The state of the rotation's version. */
type Standing =
  /** It has the label AWSPENDING and no value yet. */
  | 'reserved'
  /** It holds the successor of the current key. */
  | 'pending'
  | 'current'
  /** A newer key became current or took its label AWSPENDING. */
  | 'overtaken'
  /** Another refresh has taken AWSPENDING from it and is not finished. */
  | 'contested'
  /** It holds a value that createSecret did not store, for example when Secrets Manager tests a new configuration. */
  | 'foreign';

export interface RotationResult {
  readonly outcome: 'rotation';
  readonly reason: Standing | 'nothing-to-set';
  readonly step: RotationTask['step'];
  readonly secretName: string;
  readonly versionId: string;
}

/**
 * Performs one step. Each step may be repeated at any time. The last step books the next wake-up.
 * @throws {RotationError} the step failed, and Secrets Manager repeats the rotation from its first step
 * @throws {RefreshFailedError} the key of finishSecret could not be promoted; the message says when the next try is
 * @throws {KeyLapsedError} @throws {SecretAccessError} @throws {SecretContentError}
 */
export async function rotate(
  ports: Ports,
  policy: Policy,
  task: RotationTask,
): Promise<RotationResult | RefreshResult> {
  const { step, secretName, secretArn, versionId } = task;
  const subject: Subject = { secretName, trigger: 'rotation', attempt: 1 };
  const run: Run = { ports, task, subject };
  // Momento accepts a key as soon as it has issued it, so there is nothing to set.
  if (step === 'setSecret') return answer(task, 'nothing-to-set');
  const finished =
    step === 'finishSecret'
      ? await refreshSecret(ports, policy, {
          secretName,
          secretArn,
          trigger: 'rotation',
          promoteOnly: versionId,
        })
      : undefined;
  try {
    const observation = finished?.observation ?? (await observe(ports, { secretName, namedArn: secretArn }));
    const now = Math.floor(ports.clock() / 1000);
    run.observation = observation;
    if (finished !== undefined) {
      refuseIfUnfinished(secretName, standingOf(observation, versionId, now));
      return finished.result;
    }
    return answer(
      task,
      step === 'createSecret'
        ? await createSecret(run, policy, observation, now)
        : await testSecret(run, policy, observation, now),
    );
  } catch (thrown) {
    // The booked retry tries again, and labels a key that cannot be refreshed.
    const isWrapped = thrown instanceof UnstoredKeyError || thrown instanceof UnrefreshableKeyError;
    const failure = rotationFailure(ports.place, task, isWrapped ? thrown.cause : thrown, progressOf(run));
    ports.report({ kind: 'failure', ...subject, error: failure });
    throw failure;
  }
}

/** A step and its progress. */
interface Run {
  readonly ports: Ports;
  readonly task: RotationTask;
  readonly subject: Subject;
  observation?: Observation;
}

function progressOf({ ports, observation }: Run) {
  const { current } = observation ?? {};
  return {
    expiresAt: current?.content.kind === 'expiring' ? current.content.expiresAt : undefined,
    isRejected: current?.isRejected,
    now: Math.floor(ports.clock() / 1000),
  };
}

/** Books the retry, issues a key and stores it under the reserved id, with the label that names the version it succeeds. */
async function createSecret(
  run: Run,
  policy: Policy,
  observation: Observation,
  now: number,
): Promise<Standing> {
  const { ports, task, subject } = run;
  const { secretName, versionId } = task;
  const currentId = observation.current?.versionId;
  const decision = decide(observation, { now, lead: policy.lead, demandedVersionId: currentId });
  const decided = { kind: 'decision', ...subject, decision, versionId: currentId } as const;
  const mustAct = decision.outcome === 'refresh' || decision.outcome === 'resume';
  if (!mustAct || !expires(observation)) {
    ports.report(decided);
    await ports.secrets.releaseLabel(secretName, versionId, 'AWSPENDING');
    throw unrefreshable(secretName, decision);
  }
  const standing = standingOf(observation, versionId, now);
  if (standing === 'contested' || standing === 'foreign') throw obstacle(secretName, standing);
  if (standing !== 'reserved') return standing;
  ports.report(decided);
  await releaseStaleLabels(run, observation);
  let retry = await bookRetry(ports, subject, observation, decision, false, now);
  const nextTryAt = () => retry?.at ?? now + policy.sweepEverySeconds;
  const options = { retry, nextTryAt, isHalfLeadUsed: isHalfLeadUsed(decision, now) };
  const issued = await issue(ports, subject, observation, options);
  // The refresh token is used up. The booked retry finds out which run has used it.
  if (typeof issued === 'string') throw obstacle(secretName, 'contested');
  const { text } = issued;
  let isPostponed = false;
  const postpone = async () => {
    isPostponed = true;
    retry = await postponeRetry(ports, subject, observation, retry);
  };
  const labels = ['AWSPENDING', successorLabel(observation.current.versionId)];
  if ((await store(ports, secretName, { versionId, text, labels }, postpone)) === 'taken') {
    throw new RotationStateError('rotation-id-taken', { secretName });
  }
  ports.report({ kind: 'effect', ...subject, effect: 'key-stored', versionId });
  if (isPostponed) await bringRetryForward(ports, subject, observation, retry);
  return 'pending';
}

/** Proves the pending key. Does nothing if no key of the refresher is pending, as when Secrets Manager tests a new configuration. */
async function testSecret(
  { ports, subject, task }: Run,
  policy: Policy,
  observation: Observation,
  now: number,
) {
  const standing = standingOf(observation, task.versionId, now);
  const candidate = pendingCandidate(observation);
  if (standing !== 'pending' || candidate === undefined || !expires(observation)) return standing;
  const proof = await prove(ports, subject, candidate);
  const { expiresAt } = observation.current.content;
  refuseUnlessPromotable(subject.secretName, proof, expiresAt, () => now + policy.sweepEverySeconds);
  return standing;
}

/** @throws {RotationStateError} the version could not be promoted */
function refuseIfUnfinished(secretName: string, standing: Standing): void {
  if (standing === 'current' || standing === 'overtaken') return;
  throw obstacle(secretName, standing);
}

const OBSTACLES = {
  reserved: 'rotation-not-started',
  contested: 'rotation-contested',
  pending: 'rotation-unfinished',
  foreign: 'rotation-foreign',
} as const satisfies Partial<Record<Standing, RotationFault>>;

function obstacle(secretName: string, standing: keyof typeof OBSTACLES): RotationStateError {
  return new RotationStateError(OBSTACLES[standing], { secretName });
}

function standingOf(observation: Observation, versionId: string, now: number): Standing {
  const { current, pending, labels = {} } = observation;
  const resumable = isResumable(observation, now);
  if (current?.versionId === versionId) return 'current';
  if (pending?.versionId === versionId) {
    if (resumable) return 'pending';
    return (pending.labels ?? []).length > 0 ? 'overtaken' : 'foreign';
  }
  if (resumable) return 'contested';
  return labels[versionId]?.includes('AWSPENDING') ? 'reserved' : 'overtaken';
}

/** Removes the refresher's labels from versions that were overtaken or never promoted, because a secret has at most twenty labels. */
async function releaseStaleLabels(
  { ports, task, subject }: Run,
  { labels = {} }: Observation,
): Promise<void> {
  for (const [versionId, stages] of Object.entries(labels)) {
    if (stages.includes('AWSPENDING')) continue;
    for (const label of stages.filter(isSuccessorLabel)) {
      await tidy(ports, subject, 'label-released', () =>
        ports.secrets.releaseLabel(task.secretName, versionId, label),
      );
    }
  }
}

function unrefreshable(secretName: string, { outcome, expiresAt }: Decision): Error {
  switch (outcome) {
    case 'lapsed':
      return new KeyLapsedError('key-lapsed', { secretName, expiresAt });
    case 'never-expires':
      return new RotationStateError('rotation-never-expires', { secretName });
    default:
      return new RotationStateError('rotation-unseeded', { secretName });
  }
}

function answer(
  { step, secretName, versionId }: RotationTask,
  reason: RotationResult['reason'],
): RotationResult {
  return { outcome: 'rotation', reason, step, secretName, versionId };
}
