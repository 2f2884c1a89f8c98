/**
 * The safety measures of the design. Each names the function that carries it, by module and export, and what stands in for that
 * function while the measure is off. `measure-worker.ts` puts the stand-in in place.
 */

interface Modules {
  readonly 'adapters/aws.ts': typeof import('../../handlers/adapters/aws.ts');
  readonly 'adapters/secrets-manager-secret-store.ts': typeof import('../../handlers/adapters/secrets-manager-secret-store.ts');
  readonly 'flow/act.ts': typeof import('../../handlers/flow/act.ts');
  readonly 'flow/book.ts': typeof import('../../handlers/flow/book.ts');
  readonly 'flow/observe.ts': typeof import('../../handlers/flow/observe.ts');
  readonly 'flow/sweep.ts': typeof import('../../handlers/flow/sweep.ts');
  readonly 'rules/decide.ts': typeof import('../../handlers/rules/decide.ts');
  readonly 'rules/secret.ts': typeof import('../../handlers/rules/secret.ts');
  readonly 'rules/timing.ts': typeof import('../../handlers/rules/timing.ts');
  readonly 'rules/wake-up.ts': typeof import('../../handlers/rules/wake-up.ts');
}

/** One function of handlers/, and what other modules get in its place. */
export interface Replacement {
  readonly module: string;
  readonly name: string;
  replace(original: unknown): unknown;
}

export interface Measure {
  readonly measure: string;
  readonly off: Replacement;
  /** The invariant that breaks without the measure. */
  readonly invariant: 1 | 2 | 3 | 4 | 5 | 6;
  /** The seed that showed it first. It is tried first, then all others. */
  readonly seed: number;
}

/** The compiler holds module, name and signature to handlers/: what is renamed there must be renamed here. */
function off<Module extends keyof Modules, Name extends keyof Modules[Module] & string>(
  module: Module,
  name: Name,
  replace: (original: Modules[Module][Name]) => Modules[Module][Name],
): Replacement {
  return { module, name, replace: (original) => replace(original as Modules[Module][Name]) };
}

const HOUR = 3600;

export const MEASURES: readonly Measure[] = [
  {
    measure: 'the lead: refresh before the expiry, not at it',
    off: off('rules/timing.ts', 'refreshAt', () => (life) => life.expiresAt - 1),
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'booking the retry before anything else',
    off: off('flow/book.ts', 'bookRetry', () => async () => undefined),
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'booking the next wake-up',
    off: off('flow/book.ts', 'settle', (settle) => (ports, ...rest) => {
      const { wakeUps } = ports;
      const blind = {
        book: async () => 'already-booked' as const,
        secretOf: async () => undefined,
        cancel: (name: string) => wakeUps.cancel(name),
        list: (namePrefix?: string) => wakeUps.list(namePrefix),
      };
      return settle({ ...ports, wakeUps: blind }, ...rest);
    }),
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'booking safely ahead if our clock may be behind',
    off: off('rules/timing.ts', 'earliestSafeAt', () => () => 0),
    invariant: 1,
    seed: 124,
  },
  {
    measure: 'never using the name of an entry twice',
    off: off('rules/wake-up.ts', 'wakeUpName', (wakeUpName) => (secretName, secretArn) => {
      return wakeUpName(secretName, secretArn, 1_767_225_600);
    }),
    invariant: 2,
    seed: 1,
  },
  {
    measure: 'the compare-and-set on promote',
    off: off(
      'adapters/secrets-manager-secret-store.ts',
      'SecretsManagerSecretStore',
      (Store) =>
        class extends Store {
          override async promote(secretName: string, move: { fromVersionId: string; toVersionId: string }) {
            const stored = await this.read(secretName);
            return await super.promote(secretName, {
              ...move,
              fromVersionId: stored?.current.versionId ?? move.fromVersionId,
            });
          }
        },
    ),
    invariant: 4,
    seed: 1,
  },
  {
    measure: 'proving the new key',
    off: off('flow/act.ts', 'act', (act) => (ports, ...rest) => {
      const { issuer } = ports;
      const trusting: typeof issuer = {
        issue: (key) => issuer.issue(key),
        prove: async () => ({ result: 'accepted' }),
      };
      return act({ ...ports, issuer: trusting }, ...rest);
    }),
    invariant: 4,
    seed: 6,
  },
  {
    measure: 'promoting an unproven key only at the last chance',
    off: off('rules/timing.ts', 'isLastChance', () => () => true),
    invariant: 4,
    seed: 3,
  },
  {
    measure: 'resuming a pending key',
    off: off('rules/decide.ts', 'decide', (decide) => ({ pending, ...observation }, context) => {
      return decide(observation, context);
    }),
    invariant: 1,
    seed: 15,
  },
  {
    measure: 'never promoting a key that was issued for another version',
    off: off('rules/secret.ts', 'isResumable', () => ({ pending }, now) => {
      if (pending?.content?.kind !== 'expiring' || pending.wasCurrent) return false;
      const isOurs =
        /^[0-9a-f]{40}-[0-9a-f]{12}$/.test(pending.versionId) || (pending.labels ?? []).length > 0;
      return isOurs && pending.content.expiresAt > now;
    }),
    invariant: 4,
    seed: 1,
  },
  {
    measure: 'never promoting a key again after a person has rolled back from it',
    // The label AWSPENDING is taken off a current key, and a key with AWSPREVIOUS counts as one that was current.
    off: off('flow/observe.ts', 'observe', (observe) => async (...asked) => {
      const { labels, pending, ...observation } = await observe(...asked);
      return { ...observation, ...(pending && { pending: { ...pending, wasCurrent: false } }) };
    }),
    invariant: 4,
    seed: 42,
  },
  {
    measure: "refusing an expiry that is before the current key's",
    off: off('rules/timing.ts', 'isUsableExpiry', () => () => true),
    invariant: 4,
    seed: 1,
  },
  {
    measure: 'ignoring a stale or early wake-up',
    off: off('rules/decide.ts', 'decide', (decide) => (observation, context) => {
      const { isBooked, demandedVersionId } = context;
      const current = observation.current?.versionId;
      return decide(observation, {
        ...context,
        demandedVersionId: isBooked === true ? current : demandedVersionId,
      });
    }),
    invariant: 5,
    seed: 1,
  },
  {
    measure: 'refreshing on request one version only',
    off: off('rules/decide.ts', 'decide', (decide) => (observation, context) => {
      const requested = context.demandedVersionId !== undefined;
      const current = observation.current?.versionId;
      return decide(observation, { ...context, demandedVersionId: requested ? current : undefined });
    }),
    invariant: 5,
    seed: 3,
  },
  {
    measure: 'backing off: each retry later than the one before',
    off: off('rules/timing.ts', 'retryAt', (retryAt) => (now, _attempt, expiresAt) => {
      return retryAt(now, 1, expiresAt);
    }),
    invariant: 5,
    seed: 6,
  },
  {
    measure: 'a retry no later than a tenth of the time left',
    off: off('rules/timing.ts', 'retryAt', (retryAt) => (now, attempt) => {
      return retryAt(now, attempt, Number.MAX_SAFE_INTEGER);
    }),
    invariant: 2,
    seed: 6,
  },
  {
    measure: 'a retry within the hour',
    off: off('rules/timing.ts', 'retryAt', (retryAt) => (now, attempt, expiresAt) => {
      const at = retryAt(now, attempt, expiresAt);
      return at - now < HOUR ? at : at + HOUR;
    }),
    invariant: 2,
    seed: 31,
  },
  {
    measure: 'leaving a secret to its booked retry',
    off: off('rules/decide.ts', 'decide', (decide) => (observation, context) => {
      return decide({ ...observation, bookedAt: [] }, context);
    }),
    invariant: 5,
    seed: 8,
  },
  {
    measure: 'leaving a requested refresh, too, to its booked retry',
    off: off('rules/decide.ts', 'decide', (decide) => (observation, context) => {
      return decide(observation, { ...context, isBooked: false });
    }),
    invariant: 5,
    seed: 31,
  },
  {
    measure: 'leaving a spent token to a run that may hold the key',
    off: off('rules/timing.ts', 'mayHoldKey', () => () => false),
    invariant: 5,
    seed: 489,
  },
  {
    measure: 'going on in one only of the runs that book the same retry',
    off: off('flow/book.ts', 'bookRetry', (bookRetry) => async (...booking) => {
      const retry = await bookRetry(...booking);
      return retry && { ...retry, isShared: false };
    }),
    invariant: 5,
    seed: 1,
  },
  {
    measure: 'telling the retry that a key could not be stored',
    off: off('flow/book.ts', 'moveRetry', (moveRetry) => (ports, subject, observation, retry, { at }) => {
      return moveRetry(ports, subject, observation, retry, { at });
    }),
    invariant: 5,
    seed: 7,
  },
  {
    measure: 'the sweep',
    off: off('flow/sweep.ts', 'sweep', () => async () => ({ outcome: 'sweep', secrets: [], cancelled: 0 })),
    invariant: 6,
    seed: 2,
  },
  {
    measure: "keeping the text of a failed call's error out of ours",
    off: off('adapters/aws.ts', 'awsCallError', (awsCallError) => (operation, error) => {
      return awsCallError(operation, Object.assign(Object(error), { $fault: 'client' }), true);
    }),
    invariant: 3,
    seed: 34,
  },
];
