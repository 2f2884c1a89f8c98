import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, CfnResource, Stack, Stage, TagManager, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import {
  AnyPrincipal,
  type IGrantable,
  type IRole,
  ManagedPolicy,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as OtherFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
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

/** What the CDK CLI prints as warnings. */
function warningsOf(stack: Stack): readonly unknown[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => entry.data);
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

  test('a secret of the app with a name of its own is known by this name, also as the secret with the management key', () => {
    const { stack, refresher } = build((scope) => ({
      secrets: [new Secret(scope, 'Given', { secretName: 'team/momento' }) as ISecret],
      managementSecretName: 'team/momento',
    }));
    expect(refresher.secretNames).toEqual(['team/momento']);
    const resources = readResources(stack, 'Keys');
    expect(propertiesAt(resources, 'Refresher/Function').Environment).toMatchObject({
      Variables: { SECRET_NAMES: 'team/momento', MANAGEMENT_SECRET_NAME: 'team/momento' },
    });
    expect(propertiesAt(resources, 'LabelRule').EventPattern).toMatchObject({
      detail: { name: ['team/momento'] },
    });
  });

  test('the secret with the management key can be given by the name that CDK has for it', () => {
    const { stack } = build((scope) => {
      const secret = new Secret(scope, 'Given') as ISecret;
      return { secrets: [secret], managementSecretName: secret.secretName };
    });
    const { Variables } = propertiesAt(readResources(stack, 'Keys'), 'Refresher/Function').Environment as {
      Variables: Record<string, unknown>;
    };
    expect(Variables.MANAGEMENT_SECRET_NAME).toEqual(Variables.SECRET_NAMES);
  });

  test('the order of the secrets changes neither their rotations nor the names of these', () => {
    const rotations = (order: (secrets: ISecret[]) => ISecret[]) => {
      const { stack } = build((scope) => ({
        nativeRotation: true,
        secrets: order([
          new Secret(scope, 'One') as ISecret,
          new Secret(scope, 'Two') as ISecret,
          new Secret(scope, 'Three', { secretName: 'a/three' }) as ISecret,
        ]),
      }));
      return Template.fromStack(stack).findResources('AWS::SecretsManager::RotationSchedule');
    };
    expect(rotations((secrets) => secrets.toReversed())).toEqual(rotations((secrets) => secrets));
    expect(Object.keys(rotations((secrets) => secrets))).toHaveLength(3);
  });

  test('the name of a secret that is known only at deployment is in no text of an alarm', () => {
    const { stack } = build((scope) => ({ secrets: [new Secret(scope, 'Given') as ISecret] }));
    const alarms = Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm');
    const { AlarmDescription } = Object.values(alarms)[0]?.Properties ?? {};
    expect(JSON.stringify(AlarmDescription)).toContain('npm run seed -- SECRET_NAME --file momento-key.json');
    expect(JSON.stringify(alarms)).not.toContain('Given');
  });

  test('each customer-managed key may be used for the secrets that it encrypts only', () => {
    const { stack } = build((scope) => {
      const given = (id: string) =>
        new Secret(scope, id, { secretName: id, encryptionKey: new Key(scope, `${id}Key`) }) as ISecret;
      return { secrets: [given('one'), given('two')] };
    });
    const arn = (name: string) => [`arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-??????`];
    expect(statementsAt(readResources(stack, 'Keys'), FUNCTION_POLICY)).toMatchObject([
      {},
      {},
      { Sid: 'RefreshSecrets' },
      {
        Sid: 'UseSecretKey',
        Resource: '<Author/oneKey.Arn>',
        Condition: { StringLike: { 'kms:EncryptionContext:SecretARN': arn('one') } },
      },
      {
        Sid: 'UseSecretKey2',
        Resource: '<Author/twoKey.Arn>',
        Condition: { StringLike: { 'kms:EncryptionContext:SecretARN': arn('two') } },
      },
      {},
      {},
      {},
      {},
    ]);
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
  test('are enough, with a role for the schedules, so that no role is created', () => {
    const { stack } = build((scope) => ({
      role: new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      schedulerRole: new Role(scope, 'Wakes', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') }),
    }));
    const resources = readResources(stack, 'Keys');
    expect(propertiesAt(resources, 'Schedules/Policy').Roles).toEqual(['<Author/Wakes>']);
    expect(propertiesAt(resources, 'Schedules/Sweep').Target).toMatchObject({
      RoleArn: '<Author/Wakes.Arn>',
    });
    expect(statementsAt(resources, FUNCTION_POLICY)).toContainEqual(
      expect.objectContaining({ Sid: 'PassSchedulerRole', Resource: '<Author/Wakes.Arn>' }),
    );
    Template.fromStack(stack).resourceCountIs('AWS::IAM::Role', 2);
  });

  test('roles that are created before the app: CDK reports what each must allow', () => {
    const app = newApp();
    const stack = new Stack(app, 'Author', { env: ENV });
    Role.customizeRoles(stack, {
      usePrecreatedRoles: {
        'Author/Keys/Refresher/Role': 'refresher',
        'Author/Keys/Schedules/Role': 'schedules',
      },
    });
    new MomentoKeyRefresher(stack, 'Keys');
    const { roles } = JSON.parse(
      readFileSync(join(app.synth().directory, 'iam-policy-report.json'), 'utf8'),
    ) as { roles: { roleConstructPath: string; identityPolicyStatements: { Sid: string }[] }[] };
    expect(
      roles.map(({ roleConstructPath, identityPolicyStatements }) => [
        roleConstructPath,
        identityPolicyStatements.length,
      ]),
    ).toEqual([
      ['Author/Keys/Schedules/Role', 2],
      ['Author/Keys/Refresher/Role', 7],
    ]);
  });

  test('a role for the schedules that CDK cannot change causes a warning that names the actions', () => {
    const { stack } = build((scope) => ({
      schedulerRole: Role.fromRoleArn(scope, 'Given', 'arn:aws:iam::111122223333:role/given', {
        mutable: false,
      }),
    }));
    expect(warningsOf(stack)).toEqual([
      'CDK cannot add permissions to the role that was passed in. The refresher fails unless it has these: ' +
        'lambda:InvokeFunction, sqs:SendMessage. [ack: momento-key-refresher:immutable-role]',
    ]);
  });

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
      expect(warningsOf(stack)).toEqual([
        `CDK cannot add permissions to the role that was passed in. The refresher fails unless it has these: ${network}iam:PassRole, ` +
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

  const READERS: readonly [string, string[] | undefined, string[]][] = [
    ['each secret but the one with the management key', undefined, ['a', 'b']],
    ['the secret that is named', ['b'], ['b']],
    ['the secret with the management key if it is named', ['manager'], ['manager']],
  ];
  const managed = () => ({ secretNames: ['a', 'b', 'manager'], managementSecretName: 'manager' });

  test.each(READERS)('grantRead is about %s', (_, names = [], granted) => {
    const { stack, refresher } = build((scope) => ({ ...managed(), encryptionKey: new Key(scope, 'Key') }));
    const reader = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    refresher.grantRead(reader, ...names).assertSuccess();
    const arns = granted.map((name) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-??????`);
    const [read, decrypt] = statementsAt(readResources(stack, 'Keys'), 'Author/Reader/DefaultPolicy') as {
      Resource: string | string[];
      Condition: object;
    }[];
    expect([read?.Resource].flat()).toEqual(arns);
    expect(decrypt?.Condition).toMatchObject({ StringLike: { 'kms:EncryptionContext:SecretARN': arns } });
  });

  test.each(READERS)(
    'onKeyRefreshed starts a target when a new key is current in %s',
    (_, secretNames, names) => {
      const { stack, refresher } = build(managed);
      const target = OtherFunction.fromFunctionArn(
        stack,
        'Restarter',
        'arn:aws:lambda:eu-west-1:111122223333:function:restarter',
      );
      // The construct has a child of that name.
      refresher.onKeyRefreshed('Dashboard', { target: new LambdaFunction(target), secretNames });
      expect(propertiesAt(readResources(stack, 'Keys'), 'KeyRefreshed/Dashboard')).toMatchObject({
        EventPattern: {
          source: ['aws.secretsmanager'],
          'detail-type': ['Secret Label Updated'],
          detail: { name: names, labelUpdated: ['AWSCURRENT'] },
        },
        Targets: [{ Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:restarter' }],
      });
    },
  );

  test('a reader of all secrets is refused if the only one holds the management key', () => {
    const { refresher } = build(() => ({ secretNames: ['manager'], managementSecretName: 'manager' }));
    expect(() => refresher.grantRead(new AnyPrincipal())).toThrow(
      new SettingsError(
        'There is no secret to read: name the one with the management key if a reader needs it.',
      ),
    );
  });

  test('the topic of the urgent alarms is an attribute, whether it was passed in or is that of the others', () => {
    const pager = (scope: Stack) => new Topic(scope, 'Pager') as ITopic;
    const { stack, refresher } = build((scope) => ({ urgentAlarmTopic: pager(scope) }));
    expect(refresher.urgentAlarmTopic).toBe(stack.node.findChild('Pager'));
    const other = build().refresher;
    expect(other.urgentAlarmTopic).toBe(other.alarmTopic);
  });

  test('onKeyRefreshed starts a target of another stack that uses this one', () => {
    const { stack, refresher } = build();
    const readers = new Stack(stack.node.root, 'Readers', { env: ENV });
    const restarter = new OtherFunction(readers, 'Restarter', {
      code: Code.fromInline('exports.handler = () => {}'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      environment: { TOPIC: refresher.alarmTopic.topicArn },
    });
    refresher.onKeyRefreshed('Restart', { target: new LambdaFunction(restarter), crossStackScope: readers });
    Template.fromStack(readers).resourceCountIs('AWS::Events::Rule', 1);
  });

  test.each<[string, (stack: Stack) => IGrantable]>([
    ['an AWS service', () => new ServicePrincipal('ecs-tasks.amazonaws.com')],
    [
      'a role of another account',
      (stack) => Role.fromRoleArn(stack, 'R', 'arn:aws:iam::444455556666:role/reader'),
    ],
  ])('grantRead warns that it gives nothing to %s', (_, grantee) => {
    const { stack, refresher } = build();
    refresher.grantRead(grantee(stack));
    expect(warningsOf(stack)).toEqual([
      'grantRead gives nothing to an AWS service or a principal of another account. Such a reader needs a resource policy on the ' +
        'secret, and a key policy that lets it decrypt. [ack: momento-key-refresher:grant-read-lost]',
    ]);
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
    ['grantRead', (refresher) => refresher.grantRead(new AnyPrincipal(), 'paymnts')],
    ['onKeyRefreshed', (refresher) => refresher.onKeyRefreshed('Restart', { secretNames: ['paymnts'] })],
  ])('is refused by %s', (_, call) => {
    const { refresher } = build(() => ({ secretNames: ['payments', 'search'] }));
    expect(() => call(refresher)).toThrow(
      new SettingsError('"paymnts" is not one of the secrets that are managed here: "payments", "search".'),
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
    const taggable = stack.node

      .findAll()
      .filter((node) => CfnResource.isCfnResource(node))
      .filter((resource) => TagManager.isTaggable(resource) || TagManager.isTaggableV2(resource))
      .map((resource) => stack.getLogicalId(resource));
    const resources = Template.fromStack(stack).toJSON().Resources as Record<string, object>;
    const untagged = taggable.filter(
      (id) => !/"Value":"search"|"team":"search"/.test(JSON.stringify(resources[id])),
    );
    expect(untagged).toEqual([]);
    expect(taggable.length).toBeGreaterThan(15);
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
