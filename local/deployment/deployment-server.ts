/** Serves what is deployed as IAM, SNS and EventBridge do. */
import type { DescribeRuleRequest, ListRuleNamesByTargetRequest } from '@aws-sdk/client-eventbridge';
import { escapeXml, jsonService, type LocalService, queryService } from '../aws/protocol.ts';
import type { LocalDeployment } from './deployment.ts';

export function deploymentServices(deployment: LocalDeployment): LocalService[] {
  return [
    queryService('IAM', {
      GetRole: (parameters) => {
        const trust = encodeURIComponent(deployment.trustPolicy(parameters.get('RoleName') ?? ''));
        return `<Role><AssumeRolePolicyDocument>${trust}</AssumeRolePolicyDocument></Role>`;
      },
      SimulatePrincipalPolicy: (parameters) => evaluationResults(deployment, parameters),
    }),
    queryService('SNS', {
      ListSubscriptionsByTopic: (parameters) => {
        const arn = escapeXml(`${parameters.get('TopicArn') ?? ''}:local-person`);
        return `<Subscriptions><member><SubscriptionArn>${arn}</SubscriptionArn></member></Subscriptions>`;
      },
    }),
    jsonService('EventBridge', 'AWSEvents.', {
      DescribeRule: [{ Name: 'string' }, ({ Name = '' }: DescribeRuleRequest) => deployment.rule(Name)],
      ListRuleNamesByTarget: [
        { TargetArn: 'string' },
        ({ TargetArn = '' }: ListRuleNamesByTargetRequest) => ({
          RuleNames: deployment.ruleNames(TargetArn),
        }),
      ],
    }),
  ];
}

function evaluationResults(deployment: LocalDeployment, parameters: URLSearchParams): string {
  const evaluations = deployment.simulate(
    parameters.get('PolicySourceArn') ?? '',
    members(parameters, 'ActionNames'),
    members(parameters, 'ResourceArns'),
    contextOf(parameters),
  );
  const list = evaluations.map(
    ({ action, resource, decision }) =>
      `<member><EvalActionName>${escapeXml(action)}</EvalActionName><EvalResourceName>${escapeXml(resource)}` +
      `</EvalResourceName><EvalDecision>${decision}</EvalDecision></member>`,
  );
  return `<EvaluationResults>${list.join('')}</EvaluationResults>`;
}

/** `Name.member.1`, `Name.member.2` … */
function members(parameters: URLSearchParams, name: string): string[] {
  return [...parameters].filter(([key]) => key.startsWith(`${name}.member.`)).map(([, value]) => value);
}

function contextOf(parameters: URLSearchParams): Record<string, string> {
  const key = parameters.get('ContextEntries.member.1.ContextKeyName');
  const value = parameters.get('ContextEntries.member.1.ContextKeyValues.member.1');
  return key === null || value === null ? {} : { [key]: value };
}
