/** Attaches Secrets Manager's own rotation to the secrets, with a rare schedule. Nothing is rotated at deployment. */
import { type Duration, Stack } from 'aws-cdk-lib';
import { type IPolicy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { ManagedSecret } from './secrets.ts';

export interface NativeRotationProps {
  readonly secrets: readonly ManagedSecret[];
  readonly target: IFunction;
  readonly policy: IPolicy;
  /**
   * Whole days. Each refresh counts as a rotation, so a schedule that is longer than the keys' lifetime never fires by itself. A
   * shorter schedule makes Secrets Manager refresh keys that are not due yet, like a person's call.
   */
  readonly every: Duration;
}

export function addNativeRotation(scope: Construct, id: string, props: NativeRotationProps): void {
  const { secrets, target, policy, every } = props;
  const rotations = new Construct(scope, id);
  for (const { id: secretId, arn, constructId } of secrets) {
    const rotation = new Construct(rotations, constructId);
    target.addPermission(`Rotates:${rotation.node.id}`, {
      scope: rotation,
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(scope).account,
      sourceArn: arn,
    });
    const schedule = new CfnRotationSchedule(rotation, 'Schedule', {
      secretId,
      rotationLambdaArn: target.functionArn,
      rotateImmediatelyOnUpdate: false,
      rotationRules: { automaticallyAfterDays: every.toDays() },
    });
    // Secrets Manager tests the function when it gets the schedule, so both need their permissions before that.
    schedule.node.addDependency(rotation, policy);
  }
}
