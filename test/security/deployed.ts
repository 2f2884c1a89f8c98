/** The stack as it would be deployed, with all that can be set, for the tests of who may do what. It states no expectations. */
import { App, Stack } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { parseConfiguration } from '../../handlers/configuration.ts';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  SynthesizedTemplate,
  synthesizeTemplate,
} from '../../local/synthesized-template.ts';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import type { Deployed } from './iam-calls.ts';
import { type Policy, rolePolicies } from './policies.ts';

const KEY_ARN = `arn:aws:kms:${LOCAL_REGION}:${LOCAL_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const OTHER_ACCOUNT = '999999999999';
/** In this account and region, where no other account is named. */
export const arnOf = (service: string, rest: string, account = LOCAL_ACCOUNT) =>
  `arn:aws:${service}:${LOCAL_REGION}:${account}:${rest}`;

export const template = synthesizeTemplate({
  secretNames: 'a/one,b',
  kmsKeyArn: KEY_ARN,
  nativeRotation: true,
});
export const refresher = template.resource('AWS::Lambda::Function').properties;
const { Variables: variables } = refresher.Environment as { Variables: Record<string, string> };
export const configuration = parseConfiguration(variables);
export const functionArn = arnOf('lambda', `function:${refresher.FunctionName}`);
export const functionRole = rolePolicies(template, String(refresher.Role));
/** The role of a function in a VPC, which only the construct has as a prop. */
export const roleInVpc = (() => {
  const app = new App();
  const stack = new Stack(app, 'Author', { env: { account: LOCAL_ACCOUNT, region: LOCAL_REGION } });
  new MomentoKeyRefresher(stack, 'Keys', {
    vpc: new Vpc(stack, 'Vpc') as IVpc,
    alarmEmail: 'ops@example.com',
  });
  const inVpc = new SynthesizedTemplate(app.synth().getStackByName('Author').template, '');
  const { Role } = inVpc.resource('AWS::Lambda::Function').properties;
  return rolePolicies(inVpc, String(Role));
})();
export const schedulerRole = rolePolicies(template, configuration.schedulerRoleArn);
export const { deadLetterQueueArn } = configuration;
export const topicArn = String(template.outputs().AlarmTopicArn);
export const ruleArn = arnOf('events', `rule/${template.resource('AWS::Events::Rule').logicalId}`);
export const policyAt = (type: string) => template.resource(type).properties.PolicyDocument as Policy;
export const sweep = template.resource('AWS::Scheduler::Schedule').properties;

export const secretArns = new Map(
  template
    .resources('AWS::SecretsManager::Secret')
    .map(({ properties: { Name } }) => [String(Name), arnOf('secretsmanager', `secret:${Name}-AbCdEf`)]),
);
export const deployed: Deployed = {
  region: LOCAL_REGION,
  accountId: LOCAL_ACCOUNT,
  kmsKeyArn: KEY_ARN,
  secretArn(secretId) {
    const arn = secretArns.get(secretId);
    if (arn === undefined) throw new Error(`${secretId} is none of the stack's secrets`);
    return arn;
  },
};
