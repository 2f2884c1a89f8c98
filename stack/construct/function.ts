/** The function with its log group and its role. The other parts of the construct grant it their permissions. */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Effect, type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { TIME_LIMIT_MINUTES } from '../../handlers/names.ts';
import { acknowledgeWildcard } from './acknowledgements.ts';
import { RolePolicy } from './role-policy.ts';

/** stack/bundle.ts writes it. The npm package contains it. */
const CODE_FOLDER = join(import.meta.dirname, '../../dist/function');

/** What Lambda needs to connect a function to a VPC. */
const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

export interface RefresherFunctionProps {
  readonly functionName?: string | undefined;
  /** Added to the function's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly role?: IRole | undefined;
  readonly logGroup?: ILogGroup | undefined;
  readonly vpc?: IVpc | undefined;
  readonly vpcSubnets?: SubnetSelection | undefined;
  readonly securityGroups?: readonly ISecurityGroup[] | undefined;
  /** Receives the events that failed three times. */
  readonly deadLetterQueue: IQueue;
}

export class RefresherFunction extends Construct {
  readonly function: LambdaFunction;
  readonly policy: RolePolicy;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: RefresherFunctionProps) {
    super(scope, id);
    const { functionName, deadLetterQueue, vpc, vpcSubnets, securityGroups } = props;
    this.logGroup =
      props.logGroup ??
      new LogGroup(this, 'Logs', {
        ...(functionName && { logGroupName: `/aws/lambda/${functionName}` }),
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      });
    const role =
      props.role ??
      new Role(this, 'Role', {
        description: 'What the Momento key refresher may do',
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      });
    this.policy = new RolePolicy(this, 'Policy', role);
    this.policy.addStatements(
      new PolicyStatement({
        sid: 'WriteLogs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logGroup.logGroupArn],
      }),
    );
    this.policy.addStatements(
      new PolicyStatement({
        sid: 'SendDeadLetters',
        actions: ['sqs:SendMessage'],
        resources: [deadLetterQueue.queueArn],
      }),
    );
    if (vpc !== undefined) {
      this.policy.addStatements(
        // CDK adds these only to a role that it creates itself. Lambda checks them before it creates the function.
        new PolicyStatement({ sid: 'UseNetwork', actions: NETWORK_ACTIONS, resources: ['*'] }),
        // Only a call of the function's code has this condition key. Lambda's own calls do not have it.
        new PolicyStatement({
          sid: 'OnlyLambdaUsesNetwork',
          effect: Effect.DENY,
          actions: NETWORK_ACTIONS,
          resources: ['*'],
          conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
        }),
      );
      acknowledgeWildcard(
        this.policy,
        '*',
        'The network interfaces that Lambda creates in the VPC have no names before; scheduler:ListSchedules supports no resource.',
      );
    }
    const refresher = new LambdaFunction(this, 'Function', {
      ...(functionName && { functionName }),
      description: 'Refreshes Momento API keys in Secrets Manager shortly before they expire',
      code: Code.fromAsset(CODE_FOLDER),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // The largest run refreshes 30 secrets at once and uses about 90 MB. A run that fails uses 66 MB. With less memory a run is
      // slower and not cheaper: bench/RESULTS.md.
      memorySize: 512,
      timeout: Duration.minutes(TIME_LIMIT_MINUTES),
      role,
      ...(vpc && { vpc }),
      ...(vpcSubnets && { vpcSubnets }),
      ...(securityGroups && { securityGroups: [...securityGroups] }),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        POWERTOOLS_SERVICE_NAME: 'momento-key-refresher',
        // By default the young part of Node's heap grows to 16 MB. With 1 MB a run needs less memory and no more time: bench/RESULTS.md.
        NODE_OPTIONS: '--max-semi-space-size=1',
        ...props.environment,
      },
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      // SqsDestination would grant more than sending.
      onFailure: { bind: () => ({ destination: deadLetterQueue.queueArn }) },
    });
    // CDK adds a dependency on the role although the function refers to it. cfn-lint reports that as redundant.
    const cfnFunction = refresher.node.defaultChild as CfnFunction;
    cfnFunction.addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } });
    refresher.node.addDependency(this.policy);
    this.function = refresher;
  }
}
