/** The schedule group, the role that its entries invoke with, and the recurring sweep; single wake-ups are the function's. */
import { ArnFormat, type Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, ScheduleExpression, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledgements.ts';
import type { FunctionRole } from './function-role.ts';

/** Enough to ride out a throttled minute; the next sweep makes more of them pointless. */
const SWEEP_DELIVERY_RETRIES = 10;
/** The Scheduler allows 64 characters, of which the ending takes six. */
const LONGEST_SWEEP_STEM = 58;

export interface SchedulesProps {
  /** Also the start of the sweep's name. Absent: names that CDK gives. */
  readonly groupName?: string | undefined;
}

export class Schedules extends Construct {
  readonly group: ScheduleGroup;
  /** Entries of this group assume it to invoke the function; the function passes it to the Scheduler and cannot assume it. */
  readonly role: Role;
  readonly #sweepName: string;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    // Told from the function's entries, which end in an instant; unique in the account, because CloudFormation knows a
    // schedule by its name alone, without the group.
    // The function's policy names the sweep, which invokes the function: a name that CloudFormation gave would close a circle.
    this.#sweepName = `${props.groupName ?? Names.uniqueResourceName(this, { maxLength: LONGEST_SWEEP_STEM })}-sweep`;
    this.group = new ScheduleGroup(this, 'Group', {
      ...(props.groupName && { scheduleGroupName: props.groupName }),
      // Deleting the group deletes what is in it: the wake-ups that the function booked go with the stack.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      description: 'What the schedules of the Momento key refresher may do',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnEquals: { 'aws:SourceArn': this.group.scheduleGroupArn },
        },
      }),
    });
  }

  /** Lets the grantee book, look up and cancel entries of this group, with this role and no other; but not cancel the sweep. */
  grantBook(grantee: FunctionRole): void {
    const statements = [
      new PolicyStatement({
        sid: 'BookWakeUps',
        actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:GetSchedule'],
        resources: [this.#entryArn('*')],
      }),
      // The sweep is in the same group, and it is what goes on when a booking is lost.
      new PolicyStatement({
        sid: 'KeepSweep',
        effect: Effect.DENY,
        actions: ['scheduler:DeleteSchedule'],
        resources: [this.#entryArn(this.#sweepName)],
      }),
      new PolicyStatement({
        sid: 'ListWakeUps',
        actions: ['scheduler:ListSchedules'],
        // The action supports no resource: IAM asks for schedule/*/* even where the call names the group.
        resources: ['*'],
      }),
      new PolicyStatement({
        sid: 'PassSchedulerRole',
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    ];
    for (const statement of statements) grantee.addToPrincipalPolicy(statement);
    acknowledgeWildcard(
      grantee.role,
      this.#entryArn('*'),
      'The names of the entries hold instants that are not known before; beside its own entries the group holds the sweep, which it is forbidden to delete.',
    );
    acknowledgeWildcard(
      grantee.role,
      '*',
      'scheduler:ListSchedules supports no resource. It reads names and instants of schedules, none of their inputs.',
    );
  }

  /** Lets the group's entries invoke the function, and starts the sweep. Call it once. */
  connectTo(
    target: IFunction,
    props: { readonly sweepEvery: Duration; readonly deadLetterQueue: IQueue },
  ): void {
    const { sweepEvery, deadLetterQueue } = props;
    // Not in the role itself: the function's environment names the role, and a role that names the function would close a circle.
    const policy = new Policy(this, 'Policy', {
      roles: [this.role],
      statements: [
        new PolicyStatement({
          sid: 'InvokeFunction',
          actions: ['lambda:InvokeFunction'],
          resources: [target.functionArn],
        }),
        new PolicyStatement({
          sid: 'SendDeadLetters',
          actions: ['sqs:SendMessage'],
          resources: [deadLetterQueue.queueArn],
        }),
      ],
    });
    // The L2 construct would let its role invoke every version and alias of the function too.
    const sweep = new CfnSchedule(this, 'Sweep', {
      name: this.#sweepName,
      description:
        'Checks every secret: refreshes what is due, books what is missing, reports abandoned secrets',
      groupName: this.group.scheduleGroupName,
      scheduleExpression: ScheduleExpression.rate(sweepEvery).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: this.role.roleArn,
        // The Scheduler puts the instant in, which is exactly one interval after the last.
        input: JSON.stringify({ action: 'sweep', scheduledAt: '<aws.scheduler.scheduled-time>' }),
        retryPolicy: {
          maximumEventAgeInSeconds: sweepEvery.toSeconds(),
          maximumRetryAttempts: SWEEP_DELIVERY_RETRIES,
        },
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
      },
    });
    sweep.node.addDependency(policy);
  }

  #entryArn(name: string): string {
    return Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.group.scheduleGroupName}/${name}`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}
