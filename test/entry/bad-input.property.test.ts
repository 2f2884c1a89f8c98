/** Whatever comes in ends in a documented answer or a typed error that says nothing of a key. fast-check prints the seed of a failure. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Configuration, parseConfiguration } from '../../handlers/configuration.ts';
import { handle } from '../../handlers/dispatch.ts';
import { EventError, RefresherError, SecretContentError } from '../../handlers/errors.ts';
import { refreshFailure, toReportable } from '../../handlers/reporting/failure.ts';
import { wakeUpEvent } from '../../handlers/rules/wake-up.ts';
import { canary, everythingSaid, expectNoPartOf, textWithCanary } from '../security/canary/canaries.ts';
import { V1_KEY } from '../worlds/keys.ts';
import { MANUAL, PLACE, ROTATION_STEPS, SECRET } from '../worlds/names.ts';
import { type PortsOverTexts, portsOverTexts } from '../worlds/ports-over-texts.ts';

const NOW = '2026-11-05T12:00:00Z';
const CONFIGURATION: Configuration = {
  secretNames: [SECRET],
  scheduleGroupName: 'momento-key-refresher',
  schedulerRoleArn: 'arn:aws:iam::123456789012:role/momento-scheduler',
  deadLetterQueueArn: 'arn:aws:sqs:eu-west-1:123456789012:momento-dead-letters',
  lead: { kind: 'default' },
  sweepEverySeconds: 3600,
};

const BOOKED_FOR = {
  wakeUp: 'momento-authentication-token-8583d9de-1795449600',
  at: '2026-11-23T16:00:00Z',
  versionId: '11111111-1111-4111-8111-111111111111',
  attempt: 2,
  demand: 'when-due',
};
const LABEL_UPDATED = {
  'detail-type': 'Secret Label Updated',
  source: 'aws.secretsmanager',
  resources: ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf'],
  detail: { name: SECRET, labelUpdated: 'AWSCURRENT', versionId: BOOKED_FOR.versionId },
};
const ROTATION = { SecretId: SECRET, ClientRequestToken: '33333333-3333-4333-8333-333333333333' };
const EVENTS: readonly object[] = [
  MANUAL,
  { ...MANUAL, trigger: 'schedule', bookedFor: BOOKED_FOR },
  { action: 'sweep' },
  { action: 'status' },
  { action: 'preflight' },
  { ...MANUAL, action: 'revoke-previous' },
  ...ROTATION_STEPS.map((Step) => ({ ...ROTATION, Step })),
  LABEL_UPDATED,
];

const NEVER_EXPIRES = JSON.stringify({ apiKey: V1_KEY });
const REFRESH_OUTCOMES = ['wait', 'refresh', 'resume', 'unseeded', 'never-expires', 'lapsed'];

interface Tainted<T> {
  readonly value: T;
  readonly canaries: readonly string[];
}

/** Any value; one that holds a canary somewhere, as a value or as the name of a field. */
const anything: fc.Arbitrary<Tainted<unknown>> = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }).map(clean),
  fc.jsonValue().map(clean),
  textWithCanary.chain(({ text, canary }) =>
    fc
      .constantFrom<unknown>(text, [text], { [text]: 1 }, { apiKey: text }, { a: [{ b: text }] })
      .map((value) => ({ value, canaries: [canary] })),
  ),
);

function clean<T>(value: T): Tainted<T> {
  return { value, canaries: [] };
}

/** An object like the original, with one field somewhere in it replaced, left out or added. */
function damaged(original: object): fc.Arbitrary<Tainted<object>> {
  const paths = pathsOf(original);
  const change = fc.constantFrom('replace', 'remove', 'add');
  return fc
    .record({ path: fc.constantFrom(...paths), change, replacement: anything, extra: textWithCanary })
    .map(({ path, change, replacement, extra }) => {
      const value = structuredClone(original);
      const field = path.at(-1) ?? '';
      const owner = path
        .slice(0, -1)
        .reduce<Record<string, unknown>>(
          (parent, step) => parent[step] as Record<string, unknown>,
          value as Record<string, unknown>,
        );
      // The name of a secret and the id of a version are repeated on purpose: there a canary would be no finding.
      const isRepeated = [
        'name',
        'momento_auth_token_secret_name',
        'SecretId',
        'ClientRequestToken',
      ].includes(field);
      if (change === 'remove') delete owner[field];
      else if (change === 'add') owner[extra.text] = replacement.value;
      else owner[field] = isRepeated ? [replacement.value] : replacement.value;
      return { value, canaries: [...replacement.canaries, extra.canary] };
    });
}

function pathsOf(value: object, base: readonly string[] = []): string[][] {
  return Object.entries(value).flatMap(([key, child]) => {
    const path = [...base, key];
    return typeof child === 'object' && child !== null ? [path, ...pathsOf(child, path)] : [path];
  });
}

/** @returns what the call answered or threw; it must be a documented answer or one of our errors */
async function answerOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    expect(error, `thrown: ${everythingSaid(error)}`).toBeInstanceOf(RefresherError);
    expect((error as Error).name).toMatch(/^[A-Z]\w+Error$/);
    return error;
  }
}

/** Everything that leaves the function: its answer or error, its log, and what it books. */
function everythingOut(answer: unknown, ports: PortsOverTexts): string {
  return everythingSaid(answer, ports.reported, ports.booked.map(wakeUpEvent));
}

/** A result, or an error for the person who reads it, never a fault of the program. After bad input nothing was done. */
function expectDocumented(answer: unknown, ports: PortsOverTexts): void {
  expect(ports.writes).toEqual([]);
  if (!(answer instanceof Error)) {
    const { outcome } = answer as { outcome: string };
    expect([...REFRESH_OUTCOMES, 'rotation', 'sweep', 'status', 'preflight']).toContain(outcome);
    return;
  }
  expect(everythingSaid(answer)).not.toContain('UnexpectedError');
  if (answer instanceof EventError) {
    expect(answer.message).toContain('Accepted are: ');
    expect(ports.asked).toEqual([]);
  }
  if (answer instanceof SecretContentError) {
    expect(answer.message).toContain('"momento/authentication-token"');
    expect(ports.booked).toEqual([]);
    expect(ports.issueCalls()).toBe(0);
  }
}

describe('any event', () => {
  const events = fc.oneof(anything, ...EVENTS.map(damaged));

  it('ends in a documented result or a typed error, writes no secret, and leaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(events, async ({ value, canaries }) => {
        const ports = portsOverTexts({ [SECRET]: NEVER_EXPIRES }, NOW);
        const answer = await answerOf(() => handle(value, CONFIGURATION, ports));
        expectDocumented(answer, ports);
        expect(ports.booked).toEqual([]);
        expectNoPartOf(canaries, everythingOut(answer, ports));
      }),
      { numRuns: 600 },
    );
  });
});

describe('any secret', () => {
  /** Seconds, or milliseconds up to the last instant that a Date can hold, or anything else. */
  const validUntil = fc.oneof(
    fc.integer({ min: 1_793_000_000, max: 1_800_000_000 }),
    fc.integer({ min: 1_793_000_000, max: 1_800_000_000 }).map(String),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.double({ min: 0 }),
    fc.integer({ min: -10, max: 10 }),
    fc.constantFrom<unknown>('0', '', '-1', 'tomorrow', null, true, [], 0.5, 1e12),
  );
  const records = fc
    .record({ apiKey: canary, refreshToken: canary, validUntil, note: canary })
    .chain(({ apiKey, refreshToken, validUntil, note }) => {
      const record = fc.constantFrom<Record<string, unknown>>(
        { apiKey, refreshToken, validUntil },
        { authToken: apiKey, refreshToken, validUntil, note },
        { apiKey, authToken: note, validUntil, endpoint: 'cell-1.example.com' },
        { apiKey, refreshToken, validUntil, note: { [note]: [note] } },
        { status: 'not seeded yet', refreshToken, note },
      );
      const canaries = [apiKey, refreshToken, note];
      return record.chain((value) =>
        fc.oneof(
          fc.constant({ value: value as object, canaries }),
          damaged(value).map((tainted) => ({ ...tainted, canaries: [...canaries, ...tainted.canaries] })),
        ),
      );
    });
  const recordTexts: fc.Arbitrary<Tainted<string | undefined>> = records.map(({ value, canaries }) => ({
    value: JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? String(field) : field)),
    canaries,
  }));
  const brokenTexts = fc
    .record({ whole: recordTexts, at: fc.nat(200), instead: fc.string({ maxLength: 3 }), cut: fc.boolean() })
    .map(({ whole: { value = '', canaries }, at, instead, cut }) => ({
      value: value.slice(0, at) + instead + (cut ? '' : value.slice(at + 1)),
      canaries,
    }));
  const texts: fc.Arbitrary<Tainted<string | undefined>> = fc.oneof(
    recordTexts,
    brokenTexts,
    textWithCanary.map(({ text, canary }) => ({ value: text, canaries: [canary] })),
    fc.oneof(fc.string(), fc.json(), fc.constant(undefined)).map(clean),
  );
  const anyEvent = fc.constantFrom<object>(...EVENTS);

  it('ends in a documented result or a typed error, is left untouched, and leaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(texts, anyEvent, async ({ value, canaries }, event) => {
        const ports = portsOverTexts({ [SECRET]: value }, NOW);
        const answer = await answerOf(() => handle(event, CONFIGURATION, ports));
        expectDocumented(answer, ports);
        expectNoPartOf(canaries, everythingOut(answer, ports));
      }),
      { numRuns: 600 },
    );
  });
});

describe('any environment', () => {
  const entry = (valid: string) =>
    fc.oneof(
      { arbitrary: fc.constant(clean(valid)), weight: 20 },
      fc.constantFrom(undefined, '', 'a,b', '10%', '60s', 'host:1').map(clean),
      fc.string().map(clean),
      textWithCanary.map(({ text, canary }) => ({ value: text, canaries: [canary] })),
    );
  const environment = fc.record({
    SECRET_NAMES: entry('a, b'),
    SCHEDULE_GROUP_NAME: entry('momento-key-refresher'),
    SCHEDULER_ROLE_ARN: entry('arn:aws:iam::123456789012:role/r'),
    DEAD_LETTER_QUEUE_ARN: entry('arn:aws:sqs:eu-west-1:123456789012:q'),
    REFRESH_BEFORE: entry('20%'),
    SWEEP_EVERY: entry('3600s'),
    MOMENTO_ENDPOINT: entry('localhost:8080'),
  });

  /** @returns which of the two documented outcomes it is */
  function expectConfiguration(answer: unknown, canaries: readonly string[]): string {
    if (answer instanceof Error) {
      expectNoPartOf(canaries, everythingSaid(answer));
      return answer.name;
    }
    const { secretNames, sweepEverySeconds, lead } = answer as Configuration;
    expect(secretNames.every((name) => name.trim() === name && name !== '')).toBe(true);
    expect(sweepEverySeconds).toBeGreaterThan(0);
    expect(['default', 'duration', 'percentage']).toContain(lead.kind);
    return 'configuration';
  }

  it('ends in a configuration or a ConfigurationError, and leaks nothing', async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(environment, async (entries) => {
        const variables = Object.entries(entries).map(([name, { value }]) => [name, value]);
        const answer = await answerOf(() => parseConfiguration(Object.fromEntries(variables)));
        const canaries = Object.values(entries).flatMap((tainted) => tainted.canaries);
        outcomes.add(expectConfiguration(answer, canaries));
      }),
      { numRuns: 400 },
    );
    expect([...outcomes].sort()).toEqual(['ConfigurationError', 'configuration']);
  });
});

describe('any thrown value', () => {
  const errors = fc
    .record({
      words: fc.array(textWithCanary, { minLength: 1, maxLength: 3 }),
      separator: fc.constantFrom(' ', '\n'),
    })
    .chain(({ words, separator }) => {
      const canaries = words.map((word) => word.canary);
      const message = words.map((word) => word.text).join(separator);
      const cause = new Error(message);
      return fc
        .constantFrom<unknown>(
          new Error(message),
          new SyntaxError(message, { cause }),
          Object.assign(new TypeError('no'), { apiKey: message, response: { body: message } }),
          new AggregateError([cause], message),
          message,
          { message, name: message },
          [message],
        )
        .map((value) => ({ value, canaries }));
    });

  it('becomes a RefresherError that repeats nothing of it', () => {
    fc.assert(
      fc.property(fc.oneof(errors, anything), fc.boolean(), ({ value, canaries }, isBooked) => {
        const progress = isBooked ? { retry: { at: 1_795_449_600 }, expiresAt: 1_795_456_800 } : {};
        const failure = refreshFailure(PLACE, SECRET, value, progress);
        expect(failure).toBeInstanceOf(RefresherError);
        expect(failure.message).toContain(
          '"momento/authentication-token" failed. A fault in this program stopped the run (',
        );
        expectNoPartOf(canaries, everythingSaid(failure, toReportable(value, PLACE)));
      }),
      { numRuns: 400 },
    );
  });
});
