/** Whatever AWS or Momento answer: a documented result or an error of ours, the secret not the worse for it, and nothing leaked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RefresherError } from '../../handlers/errors.ts';
import type { KeyIssuer, Proof } from '../../handlers/ports.ts';
import type { IssuedKey } from '../../handlers/rules/key.ts';
import { parseSecretContent } from '../../handlers/rules/secret-value.ts';
import { decodeApiKey, encodeApiKey } from '../../local/momento/momento.ts';
import { canary, everythingSaid, expectNoPartOf, textWithCanary } from '../security/canary/canaries.ts';
import { V2_KEY } from '../worlds/keys.ts';
import { DAY, MANUAL, SECRET, START, SWEEP } from '../worlds/names.ts';
import { dueWorld } from '../worlds/situations.ts';
import type { World } from '../worlds/world.ts';

const EVENTS = [MANUAL, SWEEP];

const AWS_CODES = [
  'AccessDeniedException',
  'ConflictException',
  'DecryptionFailure',
  'InternalServiceError',
  'InvalidParameterException',
  'InvalidRequestException',
  'LimitExceededException',
  'ResourceExistsException',
  'ResourceNotFoundException',
  'ServiceQuotaExceededException',
  'ThrottlingException',
  'TimeoutError',
  'ValidationException',
  'ECONNRESET',
];

interface Thrown {
  readonly value: unknown;
  readonly canaries: readonly string[];
}

/** What a failed call may throw: the service's own exception, a broken connection, a parser's complaint, no error at all. */
const thrown: fc.Arbitrary<Thrown> = fc
  .record({ said: textWithCanary, code: fc.constantFrom(...AWS_CODES), shape: fc.nat(5) })
  .map(({ said: { text, canary: secret }, code, shape }) => {
    const values: unknown[] = [
      Object.assign(new Error('what a service says for itself'), { name: code, $fault: 'client' as const }),
      Object.assign(new Error(text), { code }),
      new SyntaxError(text, { cause: new Error(text) }),
      text,
      { message: text, name: code },
      undefined,
    ];
    return { value: values[shape], canaries: [secret] };
  });

/** @returns the result, or the error, which is one of ours */
async function endOf(world: World, event: unknown): Promise<unknown> {
  const outcome = await world.run(event);
  if (outcome === 'killed' || !('error' in outcome)) return outcome;
  expect(outcome.error).toBeInstanceOf(RefresherError);
  return outcome.error;
}

describe('any error of AWS at any call, before or after its effect', () => {
  it('ends in a result or an error of ours, leaves a key that works, and no part of a key in any output', async () => {
    await fc.assert(
      fc.asyncProperty(
        thrown,
        fc.nat(14),
        fc.constantFrom('before', 'after'),
        fc.constantFrom(...EVENTS),
        async ({ value, canaries }, failing, phase, event) => {
          const world = await dueWorld();
          let call = 0;
          const fault = (_operation: string, at: string) => {
            if (at === phase && call++ === failing) throw value;
          };
          world.secrets.gate.faultHook = fault;
          world.scheduler.gate.faultHook = fault;
          const outcome = await endOf(world, event);
          world.secrets.gate.faultHook = undefined;
          world.scheduler.gate.faultHook = undefined;
          expect(world.current().works).toBe(true);
          const secrets = [...world.momento.issuedSecrets(), ...canaries];
          expectNoPartOf(secrets, everythingSaid(outcome, world.reports, world.scheduler.listSchedules({})));
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** What Momento's SDK might hand back for a refresh; `usable` where it is a key that can go into the secret. */
const answers = fc.record({
  apiKey: fc.oneof(
    { weight: 9, arbitrary: canary.map((key) => encodeApiKey('cell-1.example.com', key)) },
    canary,
  ),
  refreshToken: canary,
  expiresAt: fc.oneof(
    fc.integer({ min: START + 30 * DAY, max: START + 900 * DAY }),
    fc.integer({ min: -DAY, max: START + 32 * DAY }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, -1, 1e18, undefined as unknown as number),
  ),
});
const proofs: fc.Arbitrary<Proof | Thrown> = fc.oneof(
  fc.constant<Proof>({ result: 'accepted' }),
  fc.constantFrom<Proof>(
    { result: 'rejected', detail: 'AUTHENTICATION_ERROR' },
    { result: 'unproven', detail: 'TIMEOUT_ERROR' },
  ),
  thrown,
);

function issuerOf(answer: IssuedKey | Thrown, proof: Proof | Thrown): KeyIssuer {
  return {
    async issue() {
      if ('value' in answer) throw answer.value;
      return { result: 'issued', key: answer };
    },
    async prove() {
      if ('value' in proof) throw proof.value;
      return proof;
    },
  };
}

/** Whether a key that lives longer than `expiresAt` is right to be made current. */
function mayBeCurrent(answer: IssuedKey | Thrown, proof: Proof | Thrown, expiresAt: number): boolean {
  if (!('apiKey' in answer) || !('result' in proof) || proof.result !== 'accepted') return false;
  // Nothing could be refreshed with any other text.
  const isKey = decodeApiKey(answer.apiKey) !== undefined;
  return isKey && answer.expiresAt > expiresAt && answer.expiresAt < 1e11;
}

function recordOf(answer: IssuedKey | Thrown): object {
  if (!('apiKey' in answer)) return {};
  return { apiKey: answer.apiKey, refreshToken: answer.refreshToken, validUntil: answer.expiresAt };
}

describe('any answer of Momento to a refresh and to the proof', () => {
  it('makes a key current only if it was proved and lives longer, and leaves no part of a key in any output', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: answers }, thrown),
        proofs,
        fc.constantFrom(...EVENTS),
        async (answer, proof, event) => {
          const world = await dueWorld();
          const old = world.current();
          const oldExpiry = Number(old.record.validUntil);

          world.issuer = issuerOf(answer, proof);
          const outcome = await endOf(world, event);

          const now = world.current();
          const isMadeCurrent = mayBeCurrent(answer, proof, Math.max(oldExpiry, world.now));
          expect(outcome instanceof RefresherError).toBe(!isMadeCurrent);
          expect(now.versionId === old.versionId).toBe(!isMadeCurrent);
          expect(now.record).toEqual({ ...old.record, ...(isMadeCurrent && recordOf(answer)) });
          expect(parseSecretContent(SECRET, JSON.stringify(now.record)).kind).toBe('expiring');
          expect(world.booked()).not.toEqual([]);
          const canaries = [answer, proof].flatMap((given) => ('canaries' in given ? given.canaries : []));
          const made = 'apiKey' in answer ? [answer.apiKey, answer.refreshToken ?? ''] : [];
          const said = everythingSaid(outcome, world.reports, world.scheduler.listSchedules({}));
          expectNoPartOf([...world.momento.issuedSecrets(), ...canaries, ...made], said);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('a v2 key that Momento returns for a v1 key is not used, because no later run could refresh it', async () => {
  const world = await dueWorld();
  const old = world.current();
  const answer = { apiKey: V2_KEY, refreshToken: 'x', expiresAt: START + 90 * DAY };

  world.issuer = issuerOf(answer, { result: 'accepted' });
  const outcome = await endOf(world, MANUAL);

  expect(outcome).toEqual(
    expect.objectContaining({
      name: 'RefreshFailedError',
      message: expect.stringContaining(
        'Momento returned a key that could not be refreshed again, so it was not used',
      ),
    }),
  );
  expect(world.current()).toEqual(old);
});
