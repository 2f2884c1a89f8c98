import { expect, it } from 'vitest';
import { checkSafetyNets } from '../../cli/safety-nets.ts';

const DEPLOYMENT = {
  scheduleGroupName: 'momento-key-refresher',
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:momento-key-refresher',
};
const SWEEP = { Name: 'momento-key-refresher-sweep', State: 'ENABLED' };
const RULE = { Name: 'label', State: 'ENABLED', EventPattern: '{"detail-type":["Secret Label Updated"]}' };

/** A scheduler with these entries on two pages, and an event bus with these rules. */
async function check(schedules: object[], rules: { Name: string }[]) {
  const pages: Record<string, object> = {
    first: { Schedules: [{ Name: 'a-0123abcd-1767225600', State: 'ENABLED' }], NextToken: 'second' },
    second: { Schedules: schedules },
  };
  const scheduler = {
    send: async ({ input }: { input: { NextToken?: string } }) => pages[input.NextToken ?? 'first'],
  };
  const events = {
    send: async ({ input }: { input: { Name?: string } }) =>
      rules.find(({ Name }) => Name === input.Name) ?? { RuleNames: rules.map(({ Name }) => Name) },
  };
  const found = await checkSafetyNets({ scheduler, events } as never, DEPLOYMENT);
  return found.map(({ check, result, detail }) => [check, result, detail]);
}

it('checkSafetyNets passes if the sweep and the label rule are enabled', async () => {
  expect(await check([SWEEP], [{ ...RULE, Name: 'other', EventPattern: '{}' } as never, RULE])).toEqual([
    ['sweep', 'passed', 'its schedule is enabled'],
    ['label rule', 'passed', 'the rule is enabled'],
  ]);
});

it('checkSafetyNets fails if the sweep and the label rule are missing', async () => {
  expect(await check([], [])).toEqual([
    [
      'sweep',
      'failed',
      expect.stringMatching(/^The schedule of the sweep is missing\..*npx cdk deploy --revert-drift$/),
    ],
    [
      'label rule',
      'failed',
      expect.stringMatching(/^The label rule is missing\..*npx cdk deploy --revert-drift$/),
    ],
  ]);
});

it('checkSafetyNets fails if the sweep and the label rule are disabled', async () => {
  const disabled = { State: 'DISABLED' };
  expect(await check([{ ...SWEEP, ...disabled }], [{ ...RULE, ...disabled }])).toEqual([
    ['sweep', 'failed', expect.stringMatching(/^The schedule of the sweep is disabled\./)],
    [
      'label rule',
      'failed',
      'The label rule is disabled. A key that a person puts waits for the next sweep. Enable it: aws events enable-rule --region eu-west-1 --name label',
    ],
  ]);
});

it('checkSafetyNets returns unknown if the operator has no permission', async () => {
  const send = async () => {
    throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
  };
  const found = await checkSafetyNets({ scheduler: { send }, events: { send } } as never, DEPLOYMENT);
  expect(found.map(({ result, detail }) => [result, detail])).toEqual([
    ['unknown', 'not authorized'],
    ['unknown', 'not authorized'],
  ]);
});
