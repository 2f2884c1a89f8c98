import { App, Aspects, Stack, Stage, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as OtherFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import type { MomentoKeyRefresherProps } from '../../stack/construct/props.ts';
import { SettingsError } from '../../stack/construct/settings.ts';
import { newApp, propertiesAt, readResources, statementsAt } from './synthesized.ts';

const ENV = { account: '111122223333', region: 'eu-west-1' };
const FUNCTION_POLICY = 'Refresher/Policy';
const VPC_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

function build(props: (stack: Stack) => MomentoKeyRefresherProps = () => ({}), env: object = ENV) {
  const stack = new Stack(newApp(), 'Author', { env });
  const refresher = new MomentoKeyRefresher(stack, 'Keys', {
    alarmEmail: 'ops@example.com',
    ...props(stack),
  });
  return { stack, refresher };
}

describe('secrets that the app passes in', () => {
  test('a secret that exists is granted by its name, and no secret is created', () => {
    const { stack, refresher } = build((scope) => ({
      secrets: [Secret.fromSecretNameV2(scope, 'Given', 'team/momento')],
    }));
    const resources = readResources(stack, 'Keys');
    expect(refresher.secretNames).toEqual(['team/momento']);
    expect(statementsAt(resources, FUNCTION_POLICY)).toContainEqual(
      expect.objectContaining({
        Sid: 'RefreshSecrets',
        Resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/momento-??????',
      }),
    );
    Template.fromStack(stack).resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  test('a secret whose name is known only at deployment is granted by its ARN, with its key', () => {
    const { stack } = build((scope) => ({
      secrets: [new Secret(scope, 'Given', { encryptionKey: new Key(scope, 'Key') }) as ISecret],
      nativeRotation: true,
    }));
    const statements = statementsAt(readResources(stack, 'Keys'), FUNCTION_POLICY);
    expect(statements).toContainEqual(
      expect.objectContaining({ Sid: 'RefreshSecrets', Resource: '<Author/Given>' }),
    );
    expect(statements).toContainEqual(
      expect.objectContaining({ Sid: 'UseSecretKey', Resource: '<Author/Key.Arn>' }),
    );
  });

  test('a secret that secretNames names too is refused', () => {
    expect(() =>
      build((scope) => ({ secretNames: ['a'], secrets: [Secret.fromSecretNameV2(scope, 'Given', 'a')] })),
    ).toThrow(/^secretNames names "a" twice\./);
  });
});

describe('a function in a VPC', () => {
  test('has the network permissions and the subnets and security groups that it was given', () => {
    const { stack } = build((scope) => {
      const vpc = new Vpc(scope, 'Vpc') as IVpc;
      return {
        vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [new SecurityGroup(scope, 'Group', { vpc })],
      };
    });
    const resources = readResources(stack, 'Keys');
    expect(propertiesAt(resources, 'Refresher/Function').VpcConfig).toEqual({
      SecurityGroupIds: ['<Author/Group.GroupId>'],
      SubnetIds: [
        '<Author/Vpc/PrivateSubnet1/Subnet>',
        '<Author/Vpc/PrivateSubnet2/Subnet>',
        '<Author/Vpc/PrivateSubnet3/Subnet>',
      ],
    });
    expect(statementsAt(resources, FUNCTION_POLICY)).toContainEqual({
      Sid: 'UseNetwork',
      Effect: 'Allow',
      Action: VPC_ACTIONS,
      Resource: '*',
    });
  });

  test('with a role of the app: the role gets the network permissions before Lambda creates the function', () => {
    const { stack } = build((scope) => ({
      vpc: new Vpc(scope, 'Vpc') as IVpc,
      role: new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    }));
    expect(propertiesAt(readResources(stack, 'Keys'), FUNCTION_POLICY).Roles).toEqual(['<Author/Role>']);
    Template.fromStack(stack).hasResource('AWS::Lambda::Function', {
      Properties: { VpcConfig: Match.anyValue() },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^KeysRefresherPolicy')]),
    });
  });

  test('needs the VPC itself, not only its subnets', () => {
    expect(() => build(() => ({ vpcSubnets: { subnetType: SubnetType.PUBLIC } }))).toThrow(
      new SettingsError(
        'vpcSubnets or securityGroups are set without vpc: the function would run in no VPC. Set vpc.',
      ),
    );
  });
});

describe('a role and a log group that the app passes in', () => {
  test('are used, and the role gets the permissions', () => {
    const { stack } = build((scope) => ({
      role: new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      logGroup: new LogGroup(scope, 'Logs'),
    }));
    const resources = readResources(stack, 'Keys');
    expect(propertiesAt(resources, 'Refresher/Function')).toMatchObject({
      Role: '<Author/Role.Arn>',
      LoggingConfig: { LogGroup: '<Author/Logs>' },
    });
    expect(propertiesAt(resources, FUNCTION_POLICY).Roles).toEqual(['<Author/Role>']);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('a role of two refreshers gets a policy of each, and no policy has a statement id twice', () => {
    const { stack, refresher } = build((scope) => ({
      role: new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    }));
    const role = refresher.function.role as IRole;
    new MomentoKeyRefresher(stack, 'Others', { secretNames: ['other'], role });
    const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'))
      .map(({ Properties }) => Properties)
      .filter(({ Roles }) => Roles[0].Ref === stack.resolve(role.roleName).Ref);
    const sids = policies.map(({ PolicyDocument }) =>
      PolicyDocument.Statement.map(({ Sid }: { Sid: string }) => Sid),
    );
    const once = [
      'WriteLogs',
      'SendDeadLetters',
      'RefreshSecrets',
      'BookWakeUps',
      'KeepSweep',
      'ListWakeUps',
      'PassSchedulerRole',
    ];
    expect(sids).toEqual([once, once]);
  });

  test.each<[string, (scope: Stack) => MomentoKeyRefresherProps, string]>([
    ['for its work', () => ({}), ''],
    [
      'for its work and for the network if it is in a VPC',
      (scope) => ({ vpc: new Vpc(scope, 'Vpc') as IVpc }),
      `${VPC_ACTIONS.join(', ')}, `,
    ],
  ])(
    'a role that CDK cannot change causes a warning that names the actions that the function needs %s',
    (_, props, network) => {
      const { stack } = build((scope) => ({
        role: Role.fromRoleArn(scope, 'Given', 'arn:aws:iam::111122223333:role/given', { mutable: false }),
        ...props(scope),
      }));
      expect(
        Annotations.fromStack(stack)
          .findWarning('*', Match.anyValue())
          .map(({ entry }) => entry.data),
      ).toEqual([
        `CDK cannot add permissions to the role that was passed in. The function fails unless it has these: ${network}iam:PassRole, ` +
          'logs:CreateLogStream, logs:PutLogEvents, scheduler:CreateSchedule, scheduler:DeleteSchedule, scheduler:GetSchedule, ' +
          'scheduler:ListSchedules, secretsmanager:DescribeSecret, secretsmanager:GetSecretValue, ' +
          'secretsmanager:PutSecretValue, secretsmanager:UpdateSecretVersionStage, sqs:SendMessage. [ack: momento-key-refresher:immutable-role]',
      ]);
    },
  );
});

describe('what the construct offers to the rest of the app', () => {
  test('grantRead lets a reader read and decrypt the secrets, and nothing else', () => {
    const { stack, refresher } = build((scope) => ({ encryptionKey: new Key(scope, 'Key') }));
    const reader = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    refresher.grantRead(reader).assertSuccess();
    const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:momento/authentication-token-??????';
    expect(statementsAt(readResources(stack, 'Keys'), 'Author/Reader/DefaultPolicy')).toEqual([
      {
        Effect: 'Allow',
        Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        Resource: arn,
      },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: '<Author/Key.Arn>',
        Condition: {
          StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' },
          StringLike: { 'kms:EncryptionContext:SecretARN': [arn] },
        },
      },
    ]);
  });

  test('onKeyRefreshed starts a target when one of the secrets has a new current version', () => {
    const { stack, refresher } = build(() => ({ secretNames: ['a', 'b'] }));
    const target = OtherFunction.fromFunctionArn(
      stack,
      'Restarter',
      'arn:aws:lambda:eu-west-1:111122223333:function:restarter',
    );
    refresher.onKeyRefreshed('Restart', { target: new LambdaFunction(target) });
    expect(propertiesAt(readResources(stack, 'Keys'), 'Restart')).toMatchObject({
      EventPattern: {
        source: ['aws.secretsmanager'],
        'detail-type': ['Secret Label Updated'],
        detail: { name: ['a', 'b'], labelUpdated: ['AWSCURRENT'] },
      },
      Targets: [{ Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:restarter' }],
    });
  });

  test('seedCommand names the function and the secret', () => {
    const { stack, refresher } = build(() => ({ secretNames: ['a'] }));
    expect(stack.resolve(refresher.seedCommand('a'))).toEqual({
      'Fn::Join': [
        '',
        [
          'echo \'{"momento_auth_token_secret_name":"a"}\' | aws lambda invoke --region eu-west-1 --function-name ',
          { Ref: expect.stringMatching(/^KeysRefresherFunction/) },
          ' --cli-read-timeout 300 --payload fileb:///dev/stdin /dev/stdout | cat',
        ],
      ],
    });
  });
});

describe('a name that is not one of the managed secrets', () => {
  test.each<[string, (refresher: MomentoKeyRefresher) => unknown]>([
    ['seedCommand', (refresher) => refresher.seedCommand('paymnts')],
    ['metricKeyUnusable', (refresher) => refresher.metricKeyUnusable('paymnts')],
  ])('is refused by %s', (_, call) => {
    const { refresher } = build(() => ({ secretNames: ['payments', 'search'] }));
    expect(() => call(refresher)).toThrow(
      new SettingsError('"paymnts" is not one of the secrets that are managed here: payments, search.'),
    );
  });

  test('is accepted while the names of the secrets are known only at deployment', () => {
    const { stack, refresher } = build((scope) => ({ secrets: [new Secret(scope, 'Given') as ISecret] }));
    const { metricStat } = refresher.metricKeyUnusable('given').toMetricConfig();
    expect(stack.resolve(metricStat?.dimensions)).toContainEqual({ name: 'SecretName', value: 'given' });
  });
});

describe('what platform teams ask of a construct', () => {
  test('tags reach every resource that takes them', () => {
    const { stack } = build();
    Tags.of(stack).add('team', 'search');
    const tagged = Object.values(
      Template.fromStack(stack).toJSON().Resources as Record<string, { Type: string }>,
    )
      .filter(
        (resource) =>
          JSON.stringify(resource).includes('"Value":"search"') ||
          JSON.stringify(resource).includes('"team":"search"'),
      )
      .map(({ Type }) => Type);
    expect([...new Set(tagged)].toSorted()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::Events::Rule',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::Scheduler::ScheduleGroup',
      'AWS::SecretsManager::Secret',
    ]);
  });

  test('a permissions boundary from the context reaches every role', () => {
    const app = newApp();
    app.node.setContext('@aws-cdk/core:permissionsBoundary', { name: 'platform-boundary' });
    const stack = new Stack(app, 'Author', { env: ENV });
    new MomentoKeyRefresher(stack, 'Keys');
    const roles = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'));
    expect(roles.map(({ Properties }) => JSON.stringify(Properties.PermissionsBoundary))).toEqual([
      expect.stringContaining('policy/platform-boundary'),
      expect.stringContaining('policy/platform-boundary'),
    ]);
  });

  test('an aspect can change the function', () => {
    const { stack, refresher } = build();
    Aspects.of(stack).add({
      visit: (node) => {
        (node === refresher.function ? [refresher.function] : []).map((found) =>
          found.addEnvironment('AUDIT', 'on'),
        );
      },
    });
    refresher.function.role?.addManagedPolicy(
      ManagedPolicy.fromManagedPolicyArn(stack, 'P', 'arn:aws:iam::aws:policy/X'),
    );
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ AUDIT: 'on' }) },
    });
  });

  test('it synthesizes in a Stage, and in a stack without an account and a region', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const stack = new Stack(new Stage(app, 'Production'), 'Author');
    new MomentoKeyRefresher(stack, 'Keys');
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 1);
  });

  test('no ARN of the template names the partition aws when it is synthesized for aws-cn', () => {
    const { stack } = build(() => ({ nativeRotation: true }), {
      account: '111122223333',
      region: 'cn-north-1',
    });
    const template = JSON.stringify(Template.fromStack(stack).toJSON());
    expect(template).not.toContain('arn:aws:');
    expect(template).toContain('arn:aws-cn:secretsmanager:cn-north-1:');
  });
});
