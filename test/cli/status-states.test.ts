/** One secret in each state, brought there by the function over the local services, and what `npm run status` prints of them. */
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import type { CommandLine } from '../../cli/command-line.ts';
import { type StatusReport, statusExitCode, statusText } from '../../cli/status-report.ts';
import type { StatusResult } from '../../handlers/flow/status.ts';
import type { SecretState } from '../../handlers/reporting/secret-state.ts';
import { wakeUpEvent } from '../../handlers/rules/wake-up.ts';
import { DAY, labelUpdated, START, STATUS } from '../worlds/names.ts';
import { World } from '../worlds/world.ts';

const STATES: readonly SecretState[] = [
  'lapsed',
  'rejected',
  'unreadable',
  'abandoned',
  'unrefreshable',
  'overdue',
  'half-done',
  'retrying',
  'due',
  'unseeded',
  'never-expires',
  'healthy',
];
const named = (state: string) => `team/${state}`;
const refresh = (state: string) => ({ momento_auth_token_secret_name: named(state) });
const NETS = [
  { check: 'sweep', subject: 'f-sweep', result: 'passed', detail: '' },
  { check: 'label rule', subject: 'f-rule', result: 'failed', detail: 'The label rule is missing.' },
] as const;

/** Refreshes at the start, trouble in the weeks after it, and the planned refresh of `team/due` at the end. */
async function worldInEachState(): Promise<World> {
  const world = new World({ secretNames: STATES.map(named) });
  const { account } = world.momento;
  const seed = (state: string, days: number) =>
    world.seed({ secretName: named(state), lifetimeSeconds: days * DAY });
  for (const [state, days] of [
    ['lapsed', 7],
    ['overdue', 28],
    ['retrying', 29],
    ['due', 30],
  ] as const)
    seed(state, days);
  for (const state of ['healthy', 'rejected', 'abandoned', 'half-done']) seed(state, 90);
  world.put('not a key', named('unreadable'));
  world.put(
    { ...world.momento.generateKey({ lifetimeSeconds: DAY }), validUntil: 0 },
    named('never-expires'),
  );
  const spent = account.createKey({ lifetimeSeconds: 90 * DAY });
  world.put(spent, named('unrefreshable'));
  world.now = START + 60;
  for (const state of ['healthy', 'rejected', 'abandoned', 'due', 'overdue', 'retrying'])
    await world.run(refresh(state));

  const [due = ''] = world.entries().filter((name) => name.startsWith('team-due-'));
  const dueAt = Number(due.slice(-10));
  world.now = dueAt - 60;
  const { versionId } = world.current(named('retrying'));
  const fourthTry = {
    name: 'team-retrying-0123abcd-1',
    at: dueAt - 60,
    attempt: 4,
    versionId,
    demand: 'when-due',
  } as const;
  await world.run(wakeUpEvent({ ...fourthTry, secretName: named('retrying') }), {
    before: 'RefreshApiKey',
    mode: 'fail',
  });
  // Nobody got the answer to this refresh.
  account.refresh(String(spent.refresh_token));
  await world.run(refresh('unrefreshable'));
  world.momento.revoke(String(world.current(named('rejected')).record.apiKey));
  await world.run(labelUpdated(named('rejected')));
  await world.run(refresh('half-done'), { after: 'PutSecretValue', mode: 'kill' });
  const { secretNames } = world.configuration;
  world.configuration = {
    ...world.configuration,
    secretNames: secretNames.filter((name) => name !== named('abandoned')),
  };
  world.now = dueAt;
  return world;
}

const TABLE = `At 2026-01-27T20:17:07Z

secret              state          expires           due       next run
team/lapsed         lapsed         expired 19 d ago  20 d ago  -
team/rejected       rejected       in 63 d           in 60 d   in 60 d
team/unreadable     unreadable     -                 -         -
team/abandoned      abandoned      -                 -         in 59 d
team/unrefreshable  unrefreshable  in 63 d           in 60 d   in 53 s
team/overdue        overdue        in 1 d 3 h        1 d ago   MISSING
team/half-done      half-done      in 63 d           in 60 d   in 53 s
team/retrying       retrying       in 2 d 3 h        18 h ago  in 7 min 53 s
team/due            due            in 3 d 3 h        in 0 s    -
team/unseeded       unseeded       -                 -         -
team/never-expires  never-expires  -                 -         -
team/healthy        healthy        in 63 d           in 60 d   in 60 d

Deployment: label rule FAILED. The label rule is missing.
`;

const KEY_OF_90_DAYS = 'The current key works until 2026-04-01T00:00:00Z.';
const MAKE = 'Whoever reads it fails. Make a new key in the Momento console, then: npm run seed --';
const FILE = '--file momento-key.json';
const ADVICE = [
  `team/lapsed: The key has expired. ${MAKE} team/lapsed ${FILE}`,
  `team/rejected: Momento rejects the key. ${MAKE} team/rejected ${FILE}`,
  expect.stringMatching(
    /^team\/unreadable: The value .* Put a key into the secret: npm run seed -- team\/unreadable --file momento-key\.json --region us-east-1$/,
  ),
  expect.stringMatching(
    /^team\/abandoned: .* aws scheduler delete-schedule --region us-east-1 --group-name momento-key-refresher --name team-abandoned-[0-9a-f]{8}-\d{10}$/,
  ),
  expect.stringMatching(
    /^team\/unrefreshable: Nothing can refresh this key: its refresh token is used up or missing\. The current key works until 2026-04-01T00:00:00Z\. .* curl .* && npm run seed -- team\/unrefreshable --file momento-key\.json --region us-east-1$/,
  ),
  'team/overdue: The refresh is late. The current key works until 2026-01-29T00:01:00Z. Refresh it now: npm run seed -- team/overdue',
  `team/half-done: A new key is stored and not yet current. ${KEY_OF_90_DAYS} The next run goes on. To go on now: npm run seed -- team/half-done`,
  'team/retrying: Last failure: KeyIssueError, 30 min ago. The refresh failed. The current key works until 2026-01-30T00:01:00Z. The next run tries again. To try now: npm run seed -- team/retrying',
  `team/unseeded: It holds no key yet. Make a new key in the Momento console, then: npm run seed -- team/unseeded ${FILE}`,
];

const failure = { at: '2026-01-27T19:47:07Z', name: 'KeyIssueError', message: 'no key' };
const command: CommandLine = (script, ...args) => ['npm run', script, '--', ...args].join(' ');
let report: StatusReport;

beforeAll(async () => {
  const world = await worldInEachState();
  const { result: status } = (await world.run(STATUS)) as { result: StatusResult };
  const failures = new Map(['retrying', 'healthy'].map((state) => [named(state), failure]));
  report = { status, safetyNets: NETS, log: { failures } };
});

it('npm run status prints one line for each state, the most urgent first, and below them what to do', () => {
  const text = statusText(report, command, (_, painted) => painted);
  expect(text.slice(0, TABLE.length)).toBe(TABLE);
  expect(text.slice(TABLE.length).split('\n')).toEqual(ADVICE);
  expect(statusExitCode(report)).toBe(1);
});

it('npm run status colours the states without moving the columns', () => {
  const painted: string[] = [];
  const coloured = statusText(report, command, (colour, text) => {
    painted.push(`${text} is ${colour}`);
    return `\u001B[31m${text}\u001B[39m`;
  });
  expect(painted).toEqual([
    'label rule FAILED is red',
    'lapsed is red',
    'rejected is red',
    'unreadable is red',
    'abandoned is red',
    'unrefreshable is red',
    'overdue is red',
    'MISSING is red',
    'half-done is yellow',
    'retrying is yellow',
    'due is yellow',
    'unseeded is yellow',
    'never-expires is green',
    'healthy is green',
  ]);
  expect(stripVTControlCharacters(coloured).slice(0, TABLE.length)).toBe(TABLE);
});
