/** The safety measures of the design, each with the edit that takes it out: the check on the checks. It runs nothing. */

/** A text in a file of handlers/ and what stands there while the measure is out. The text must be there exactly once. */
export interface Edit {
  readonly file: string;
  readonly take: string;
  readonly put: string;
}

export interface Measure {
  readonly measure: string;
  readonly out: Edit;
  /** The invariant that is then seen broken. */
  readonly invariant: 1 | 2 | 3 | 4 | 5;
  /** Where it was seen first; another one is looked for if the seed has come to mean something else. */
  readonly seed: number;
}

export const MEASURES: readonly Measure[] = [
  {
    measure: 'the lead: refresh before the expiry, not at it',
    out: {
      file: 'rules/timing.ts',
      take: 'return life.expiresAt - leadSeconds(life, policy);',
      put: 'return life.expiresAt - 1;',
    },
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'booking the retry before anything else',
    out: {
      file: 'flow/refresh.ts',
      take: 'run.retry ??= await bookRetry(ports, subject, { observation, decision, lead, now });',
      put: '',
    },
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'booking the next wake-up',
    out: {
      file: 'flow/book.ts',
      take: 'const { wakeUp, booked } = await book(ports, observation, next, now);',
      put: "const wakeUp = wakeUpFor(observation, next), booked = 'already-booked' as string;",
    },
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'booking safely ahead where our clock may be behind',
    out: { file: 'flow/book.ts', take: 'if (wanted.at >= safe.at) throw error;', put: 'throw error;' },
    invariant: 1,
    seed: 124,
  },
  {
    measure: 'never reusing a name of an entry',
    out: {
      file: 'rules/wake-up.ts',
      take: 'return wakeUpNamePrefix(secretName, secretArn) + at;',
      put: 'return wakeUpNamePrefix(secretName, secretArn) + (at > 0 ? 1767225600 : at);',
    },
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'the compare-and-set on promote',
    out: {
      file: 'flow/act.ts',
      take: 'const move = { fromVersionId: work.observation.current.versionId, toVersionId: candidate.versionId };',
      put: "const move = { fromVersionId: (await ports.secrets.read(work.subject.secretName))?.current.versionId ?? '', toVersionId: candidate.versionId };",
    },
    invariant: 4,
    seed: 59,
  },
  {
    measure: 'proving the new key',
    out: {
      file: 'flow/act.ts',
      take: 'const proof = await ports.issuer.prove(candidate.apiKey);',
      put: "const proof = { result: 'accepted' } as Proof;",
    },
    invariant: 4,
    seed: 6,
  },
  {
    measure: 'an unproven key only at the last chance',
    out: {
      file: 'flow/act.ts',
      take: "if (proof.result === 'unproven' && !lastChance) {",
      put: 'if (!lastChance && !proof) {',
    },
    invariant: 4,
    seed: 3,
  },
  {
    measure: 'resuming a pending key',
    out: {
      file: 'rules/decide.ts',
      take: 'if (isResumable(observation, now))\n',
      put: 'if (isResumable(observation, Infinity))\n',
    },
    invariant: 1,
    seed: 15,
  },
  {
    measure: "a pending key's origin: never another version's successor",
    out: {
      file: 'rules/decide.ts',
      take: "return succession(pending, current.versionId) === 'successor';",
      put: "return succession(pending, current.versionId) !== 'unknown';",
    },
    invariant: 4,
    seed: 12,
  },
  {
    measure: 'not promoting again what a person rolled back from',
    out: { file: 'rules/decide.ts', take: 'if (pending.wasCurrent || ', put: 'if (' },
    invariant: 4,
    seed: 42,
  },
  {
    measure: 'refusing an expiry no later than the old one',
    out: {
      file: 'flow/act.ts',
      take: 'if (issued.expiresAt <= Math.max(current.expiresAt, issuedAt)) {',
      put: 'if (issued.expiresAt <= 0 * issuedAt) {',
    },
    invariant: 4,
    seed: 1,
  },
  {
    measure: 'ignoring a stale or early wake-up',
    out: {
      file: 'flow/refresh.ts',
      take: 'demandedVersionId: run.demandedVersionId,',
      put: "demandedVersionId: task.trigger === 'schedule' ? versionId : run.demandedVersionId,",
    },
    invariant: 5,
    seed: 1,
  },
  {
    measure: 'a demand is for one version only',
    out: {
      file: 'flow/refresh.ts',
      take: 'run.demandedVersionId ??= task.versionId ?? versionId;',
      put: 'run.demandedVersionId = versionId;',
    },
    invariant: 5,
    seed: 1,
  },
  {
    measure: 'backing off: each retry later than the one before',
    out: {
      file: 'rules/timing.ts',
      take: 'const doubled = MINUTE * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);',
      put: 'const doubled = MINUTE + 0 * attempt;',
    },
    invariant: 5,
    seed: 3,
  },
  {
    measure: 'a retry no later than a tenth of the time left',
    out: {
      file: 'rules/timing.ts',
      take: 'timeLeft > 0 ? Math.floor(timeLeft * MAX_RETRY_SHARE_OF_TIME_LEFT)',
      put: 'timeLeft > 0 ? expiresAt',
    },
    invariant: 2,
    seed: 15,
  },
  {
    measure: 'a retry within the hour',
    out: {
      file: 'rules/timing.ts',
      take: 'Math.min(doubled, share, MAX_RETRY_SECONDS)',
      put: 'Math.min(doubled, share, 24 * MAX_RETRY_SECONDS)',
    },
    invariant: 2,
    seed: 31,
  },
  {
    measure: 'leaving a secret to its booked retry',
    out: {
      file: 'rules/decide.ts',
      take: 'const retries = bookedAt.filter((at) => at >= earliest && at <= latest);',
      put: 'const retries = bookedAt.filter((at) => at < earliest && at > latest);',
    },
    invariant: 5,
    seed: 3,
  },
  {
    measure: 'leaving a demand, too, to its booked retry',
    out: {
      file: 'rules/decide.ts',
      take: 'demanded && isBooked !== true ? undefined',
      put: 'demanded ? undefined',
    },
    invariant: 5,
    seed: 31,
  },
  {
    measure: "the sweep's repair",
    out: {
      file: 'flow/sweep.ts',
      take: 'const run = await attempt(failures, () => refreshSecret(ports, lead, task));',
      put: 'const run = undefined as RefreshRun | undefined;',
    },
    invariant: 2,
    seed: 2,
  },
  {
    measure: "no text of a failed call's error",
    out: {
      file: 'adapters/aws.ts',
      take: 'const message = quotable && isServiceAnswer(error) ? error.message : undefined;',
      put: 'const message = error instanceof Error ? error.message : undefined;',
    },
    invariant: 3,
    seed: 1,
  },
];
