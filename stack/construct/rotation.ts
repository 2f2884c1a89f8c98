/** Attaches Secrets Manager's own rotation to the secrets: who may invoke the function, and how seldom it does; it rotates nothing now. */
import { type Duration, Stack, Token } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { FunctionRole } from './function-role.ts';
import type { KeySecrets } from './secrets.ts';

export interface NativeRotationProps {
  readonly secretNames: readonly string[];
  readonly secrets: KeySecrets;
  readonly target: IFunction;
  readonly role: FunctionRole;
  /**
   * Whole days. Each refresh counts as a rotation, so a schedule longer than the keys live never fires by itself; one that
   * is shorter makes Secrets Manager refresh keys that are not due yet, as a person's call would.
   */
  readonly every: Duration;
}

export function addNativeRotation(scope: Construct, id: string, props: NativeRotationProps): void {
  const { secretNames, secrets, target, role, every } = props;
  const rotations = new Construct(scope, id);
  for (const [index, name] of secretNames.entries()) {
    const rotation = new Construct(
      rotations,
      Token.isUnresolved(name) ? `Secret${index}` : name.replaceAll('/', ':'),
    );
    target.addPermission(`Rotates:${rotation.node.id}`, {
      scope: rotation,
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(scope).account,
      sourceArn: secrets.arns[index] ?? '',
    });
    const schedule = new CfnRotationSchedule(rotation, 'Schedule', {
      secretId: secrets.ids[index] ?? name,
      rotationLambdaArn: target.functionArn,
      rotateImmediatelyOnUpdate: false,
      rotationRules: { automaticallyAfterDays: every.toDays() },
    });
    // Secrets Manager tries the function out when it gets the schedule: by then it must be allowed to, and so must the function.
    schedule.node.addDependency(rotation, role.role);
  }
}
