/** Serves the account over the protocols of IAM and SNS (query and XML), EventBridge (JSON) and Lambda (REST). */
import { awsHandler, jsonError, lambdaError, unknownOperation, xmlError } from '../aws/protocol.ts';
import { readBody } from '../aws/wire-shape.ts';
import type { WireHandler } from '../serving/http-service.ts';
import type { LocalAccount } from './account.ts';

const EVENTS_TARGET = 'AWSEvents.';
const QUERY_ACTIONS = ['GetRole', 'SimulatePrincipalPolicy', 'ListSubscriptionsByTopic'];

export const ACCOUNT_OPERATIONS = {
  iam: ['GetRole', 'SimulatePrincipalPolicy'],
  sns: ['ListSubscriptionsByTopic'],
  events: ['DescribeRule', 'ListRuleNamesByTarget'],
};

export function isEventsTarget(target: string | undefined): boolean {
  return target?.startsWith(EVENTS_TARGET) ?? false;
}

export function isAccountAction(action: string): boolean {
  return QUERY_ACTIONS.includes(action);
}

export function eventsHandler(account: LocalAccount): WireHandler {
  return awsHandler(({ headers, body }) => {
    const operation = headers['x-amz-target']?.slice(EVENTS_TARGET.length);
    const input = readBody(body, { Name: 'string', TargetArn: 'string' }) as {
      Name?: string;
      TargetArn?: string;
    };
    const answers: Readonly<Record<string, () => object>> = {
      ListRuleNamesByTarget: () => ({ RuleNames: account.ruleNames(input.TargetArn ?? '') }),
      DescribeRule: () => account.rule(input.Name ?? ''),
    };
    const answer = answers[operation ?? ''];
    if (answer === undefined) {
      throw unknownOperation(`The local EventBridge offers ${ACCOUNT_OPERATIONS.events.join(', ')}.`);
    }
    const type = { 'content-type': 'application/x-amz-json-1.1' };
    return { status: 200, headers: type, body: JSON.stringify(answer()) };
  }, jsonError);
}

export function queryHandler(account: LocalAccount): WireHandler {
  return awsHandler(async ({ body }) => {
    const input = new URLSearchParams(body.toString());
    const action = input.get('Action') ?? '';
    const result = await queryResult(account, action, input);
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
    };
  }, xmlError);
}

/** GET /2015-03-31/functions/{name}/configuration */
export function configurationHandler(account: LocalAccount): WireHandler {
  return awsHandler(
    () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account.functionConfiguration()),
    }),
    lambdaError,
  );
}

async function queryResult(account: LocalAccount, action: string, input: URLSearchParams): Promise<string> {
  if (action === 'GetRole') {
    const trust = encodeURIComponent(account.trustPolicy(input.get('RoleName') ?? ''));
    return `<Role><AssumeRolePolicyDocument>${trust}</AssumeRolePolicyDocument></Role>`;
  }
  if (action === 'ListSubscriptionsByTopic') {
    const arn = `${input.get('TopicArn') ?? ''}:local-person`;
    return `<Subscriptions><member><SubscriptionArn>${escapeXml(arn)}</SubscriptionArn></member></Subscriptions>`;
  }
  const evaluations = await account.simulate(
    input.get('PolicySourceArn') ?? '',
    members(input, 'ActionNames'),
    members(input, 'ResourceArns'),
    contextOf(input),
  );
  const list = evaluations.map(
    ({ action: name, resource, decision }) =>
      `<member><EvalActionName>${escapeXml(name)}</EvalActionName><EvalResourceName>${escapeXml(resource)}` +
      `</EvalResourceName><EvalDecision>${decision}</EvalDecision></member>`,
  );
  return `<EvaluationResults>${list.join('')}</EvaluationResults>`;
}

/** `Name.member.1`, `Name.member.2` … */
function members(input: URLSearchParams, name: string): string[] {
  return [...input].filter(([key]) => key.startsWith(`${name}.member.`)).map(([, value]) => value);
}

function contextOf(input: URLSearchParams): Record<string, string> {
  const key = input.get('ContextEntries.member.1.ContextKeyName');
  const value = input.get('ContextEntries.member.1.ContextKeyValues.member.1');
  return key === null || value === null ? {} : { [key]: value };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
