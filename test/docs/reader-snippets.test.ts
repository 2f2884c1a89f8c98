/** Synthesizes the snippets of docs/KEYS.md from the text of that page. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ContainerImage,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
} from 'aws-cdk-lib/aws-ecs';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { transformSync } from 'esbuild';
import { expect, it } from 'vitest';
import { MomentoKeyRefresher } from '../../stack/construct/index.ts';
import { newApp, propertiesAt, readResources, statementsAt } from '../stack/synthesized.ts';

const page = readFileSync(new URL('../../docs/KEYS.md', import.meta.url), 'utf8');
const section = page.split('## Readers that do not read again')[1]?.split('\n## ')[0] ?? '';
const snippets = [...section.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);

/** Runs a snippet in a stack with the construct and the variables that the page names. */
function synthesize(snippet: string | undefined, given: (stack: Stack) => Record<string, unknown>) {
  const stack = new Stack(newApp(), 'Author');
  const variables = {
    require: createRequire(import.meta.url),
    refresher: new MomentoKeyRefresher(stack, 'Keys', { secretNames: ['payments/momento'] }),
    ...given(stack),
  };
  const { code } = transformSync(snippet ?? '', { loader: 'ts', format: 'cjs' });
  compileFunction(code, ['module', ...Object.keys(variables)])({}, ...Object.values(variables));
  return { stack, resources: readResources(stack, 'Keys') };
}

const ON_NEW_VERSION = {
  source: ['aws.secretsmanager'],
  'detail-type': ['Secret Label Updated'],
  detail: { name: ['payments/momento'], labelUpdated: ['AWSCURRENT'] },
};

it('docs/KEYS.md has a snippet for an ECS service and one for a Lambda function', () => {
  expect(snippets).toHaveLength(2);
});

it('the snippet for ECS forces a new deployment of only that service when a key has changed', () => {
  const { stack, resources } = synthesize(snippets[0], (scope) => {
    const taskDefinition = new FargateTaskDefinition(scope, 'Task');
    taskDefinition.addContainer('App', { image: ContainerImage.fromRegistry('example') });
    const cluster = new Cluster(scope, 'Cluster', { vpc: new Vpc(scope, 'Vpc') as IVpc }) as ICluster;
    return { service: new FargateService(scope, 'Service', { cluster, taskDefinition }) };
  });
  const rule = propertiesAt(resources, 'KeyRefreshed/Redeploy') as { Targets: { Input: string }[] };
  expect(rule).toMatchObject({ EventPattern: ON_NEW_VERSION });
  expect(JSON.parse(rule.Targets[0]?.Input ?? '')).toEqual({
    service: 'ECS',
    action: 'updateService',
    parameters: {
      cluster: '<Author/Cluster.Arn>',
      service: '<Author/Service/Service>',
      forceNewDeployment: true,
    },
  });
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(statements.filter(({ Action }) => Action === 'ecs:UpdateService')).toEqual([
    {
      Effect: 'Allow',
      Action: 'ecs:UpdateService',
      Resource: { Ref: expect.stringMatching(/^Service/) },
    },
  ]);
});

it('the snippet for Lambda lets the function read the secret and starts it when a key has changed', () => {
  const { resources } = synthesize(snippets[1], (scope) => ({
    updater: new LambdaFunction(scope, 'Updater', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = () => {};'),
    }),
  }));
  expect(propertiesAt(resources, 'KeyRefreshed/UpdateCopy')).toMatchObject({
    EventPattern: ON_NEW_VERSION,
    Targets: [{ Arn: '<Author/Updater.Arn>' }],
  });
  expect(statementsAt(resources, 'Author/Updater/ServiceRole/DefaultPolicy')).toEqual([
    {
      Effect: 'Allow',
      Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      Resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:payments/momento-??????',
    },
  ]);
});
