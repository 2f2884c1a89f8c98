/** The table of docs/KEYS.md: what each answer of Momento to the refresh of a v2 key leads to. */
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import type { StatusResult } from '../../handlers/flow/status.ts';
import type { RefreshResult } from '../../handlers/reporting/result.ts';
import { DAY, MANUAL, SECRET, STATUS, SWEEP } from '../worlds/names.ts';
import { LOST, MANAGEMENT, refuse } from '../worlds/v2-world.ts';
import { type Outcome, World } from '../worlds/world.ts';

interface Row {
  /** The cells of the page, without backticks. */
  readonly answer: string;
  readonly log: string;
  readonly flag: string;
  readonly status: string;
  /** Where no management key is deployed. */
  readonly unmanaged?: boolean;
  readonly happens?: (world: World) => void;
  /** Default: the planned refresh and its first retry. @returns the last outcome */
  readonly act?: (world: World, event: unknown) => Promise<Outcome | undefined>;
  /** The calls of the last run that issue a key. */
  readonly issues?: readonly string[];
  /** The current key is another one. */
  readonly isReplaced?: boolean;
}

const FAILS = { flag: 'RefreshFailing', status: 'retrying' } as const;
const GOES_WELL = { flag: 'none', status: 'healthy', isReplaced: true } as const;

async function tryTwice(world: World, event: unknown): Promise<Outcome | undefined> {
  await world.run(event);
  return (await world.wakeUp())[0];
}

/** The answer to the planned refresh never comes. */
async function loseAnswer(world: World, event: unknown): Promise<Outcome> {
  return await world.run(event, LOST);
}

async function loseAnswerAndRetry(world: World, event: unknown): Promise<Outcome | undefined> {
  await loseAnswer(world, event);
  return (await world.wakeUp())[0];
}

const ROWS: readonly Row[] = [
  { answer: '200', log: 'refresh, due', ...GOES_WELL, act: (world, event) => world.run(event) },
  {
    answer: '200, without a key or an expiry',
    log: 'Momento issued no new key (200 UNREADABLE)',
    ...FAILS,
    happens: ({ momento: { account } }) => {
      vi.spyOn(account, 'refresh').mockReturnValue({ ...account.createKey(), api_key: '' });
    },
  },
  {
    answer: '400',
    log: 'Momento refused the refresh (400 Bad Request)',
    ...FAILS,
    happens: refuse('RefreshApiKeyV2', 400, 'Not like this'),
  },
  {
    answer: '401, and the current key works',
    log: 'Momento rejected the refresh token or the key that it belongs to (401 Unauthenticated)',
    ...FAILS,
    happens: refuse('RefreshApiKeyV2', 401, 'Invalid refresh token'),
  },
  {
    answer: '401, and Momento rejects the current key',
    log: 'Momento rejects the current key in secret "momento/authentication-token"',
    flag: 'KeyUnusable, RefreshFailing',
    status: 'rejected',
    happens: (world) => world.momento.account.revokeKey(String(world.current().record.api_key)),
  },
  {
    answer: '403, another run has stored or promoted a key',
    log: 'wait, not-due',
    ...GOES_WELL,
    happens: (world) => {
      const { refresh_token } = world.current().record;
      world.onceBefore('RefreshApiKeyV2', () =>
        world.put(world.momento.account.refresh(String(refresh_token))),
      );
    },
    act: (world, event) => world.run(event),
  },
  {
    answer: "403, another run's retry is booked",
    log: 'wait, retry-booked',
    flag: 'none',
    status: 'retrying',
    act: async (world, event) => {
      await loseAnswer(world, event);
      world.now += 50;
      return await world.run(MANUAL);
    },
  },
  {
    answer: 'any other 403, with a management key',
    log: 'refresh, due',
    ...GOES_WELL,
    act: loseAnswerAndRetry,
    issues: ['RefreshApiKeyV2', 'GenerateApiKeyV2'],
  },
  {
    answer: 'any other 403, without a management key',
    log: 'The refresh token was used before, and the key that it gave was lost (403 PermissionDenied)',
    flag: 'KeyUnrefreshable, RefreshFailing',
    status: 'unrefreshable',
    unmanaged: true,
    act: loseAnswerAndRetry,
  },
  {
    answer: '403, the message says "locked"',
    log: 'Momento has locked the account (403 PermissionDenied). The refresh token is not used up',
    ...FAILS,
    happens: ({ momento: { account } }) => {
      account.locked = true;
    },
  },
  {
    answer: '404 or 405, with a management key',
    log: 'refresh, due',
    ...GOES_WELL,
    happens: refuse('RefreshApiKeyV2', 404, 'No such resource'),
    act: (world, event) => world.run(event),
    issues: ['RefreshApiKeyV2', 'GenerateApiKeyV2'],
  },
  {
    answer: '404, without a management key',
    log: 'Momento offers this account no refresh of v2 keys (404 NotFound). The refresh token is not used up',
    ...FAILS,
    unmanaged: true,
    happens: refuse('RefreshApiKeyV2', 404, 'No such resource'),
  },
  {
    answer: '405, without a management key',
    log: 'Momento offers this account no refresh of v2 keys (405 MethodNotAllowed). The refresh token is not used up',
    ...FAILS,
    unmanaged: true,
    happens: refuse('RefreshApiKeyV2', 405, 'Not here'),
  },
  {
    answer: '429, the message speaks of the number of keys',
    log: 'The account has as many API keys as Momento allows (429 LimitExceeded). The refresh token is not used up',
    ...FAILS,
    happens: ({ momento: { account } }) => {
      account.keyLimit = 2;
    },
  },
  {
    answer: 'any other 429',
    log: 'Momento was called too often (429 LimitExceeded). The refresh token is not used up',
    ...FAILS,
    happens: refuse('RefreshApiKeyV2', 429, 'Not now'),
  },
  {
    answer: '5xx',
    log: 'Momento issued no new key (500 InternalServerError)',
    ...FAILS,
    happens: ({ momento: { account } }) => {
      account.outage = true;
    },
  },
  {
    answer: 'no whole answer',
    log: 'Momento issued no new key (UNREACHABLE)',
    ...FAILS,
    happens: (world) => {
      world.faults = [{ before: 'RefreshApiKeyV2', mode: 'fail' }];
    },
  },
];

/** A v2 key of 30 days at the instant of its planned refresh. */
async function dueWorld({ unmanaged = false }: Row): Promise<{ world: World; event: unknown }> {
  const world = unmanaged
    ? new World()
    : new World({ secretNames: [SECRET, MANAGEMENT], managementSecretName: MANAGEMENT });
  const { account } = world.momento;
  world.put(account.createKey({ lifetimeSeconds: 30 * DAY }));
  const management = account.createKey({ roleId: 'r-keys', lifetimeSeconds: 90 * DAY });
  if (!unmanaged) world.put(management, MANAGEMENT);
  await world.run(SWEEP);
  return { world, event: world.nextEvent() };
}

/** The message of the error, or what a run that went well answered. */
function logOf(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome === 'killed') return 'nothing';
  if ('error' in outcome) return outcome.error.message;
  const { outcome: what, reason } = outcome.result as RefreshResult;
  return `${what}, ${reason}`;
}

it.each(ROWS)('the answer to a refresh of a v2 key leads to what docs/KEYS.md says: $answer', async (row) => {
  const { happens = () => {}, act = tryTwice, issues = ['RefreshApiKeyV2'], isReplaced = false } = row;
  const { world, event } = await dueWorld(row);
  const before = world.current().versionId;
  happens(world);

  expect(logOf(await act(world, event))).toContain(row.log);

  expect(world.calls.filter((operation) => operation.endsWith('ApiKeyV2'))).toEqual(issues);
  expect(world.current().versionId !== before).toBe(isReplaced);
  const told = world.reports.findLast((entry) => entry.kind === 'state');
  expect(told?.troubles.join(', ') || 'none').toBe(row.flag);
  const { result } = (await world.run(STATUS)) as { result: StatusResult };
  expect(result.secrets[0]).toMatchObject({ state: row.status, booking: 'booked' });
});

/** A revoked key never comes back, and a retry of another run is no trouble. */
const PASSING = ROWS.filter(({ flag }) => flag === 'RefreshFailing');

it.each(PASSING)(
  'the first retry refreshes a v2 key once Momento no longer answers: $answer',
  async (row) => {
    const { happens = () => {} } = row;
    const { world, event } = await dueWorld(row);
    happens(world);
    await world.run(event);
    const { account } = world.momento;
    vi.restoreAllMocks();
    world.faults = [];
    Object.assign(account, { locked: false, keyLimit: 1000, outage: false });
    account.gate.faultHook = undefined;
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
    expect(world.calls).not.toContain('GenerateApiKeyV2');
  },
);

it('docs/KEYS.md has these answers in its table, with what the log, the flags and the status say', () => {
  const page = readFileSync(new URL('../../docs/KEYS.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('| Momento answers ');
  const rows = [...table.split('\n\n', 1)].join('').split('\n').slice(2);
  const cells = rows.map((row) =>
    row
      .replaceAll('`', '')
      .split('|')
      .map((cell) => cell.trim()),
  );
  expect(cells.map(([, answer, , , , log, flag, status]) => ({ answer, log, flag, status }))).toEqual(
    ROWS.map(({ answer, log, flag, status }) => ({ answer, log, flag, status })),
  );
});
