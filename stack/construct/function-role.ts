/** The role of the function: passes permissions on to it, and warns if the role does not take them. */
import { Annotations } from 'aws-cdk-lib';
import {
  type AddToPrincipalPolicyResult,
  Effect,
  type IGrantable,
  type IPrincipal,
  type IRole,
  type PolicyStatement,
} from 'aws-cdk-lib/aws-iam';

export class FunctionRole implements IGrantable, IPrincipal {
  readonly role: IRole;
  readonly grantPrincipal: IPrincipal = this;
  readonly assumeRoleAction = 'sts:AssumeRole';
  readonly #refusedActions = new Set<string>();

  readonly #isImmutable: boolean;

  constructor(role: IRole) {
    this.role = role;
    // CDK reports success for each statement of such a role, and exports no class to recognize it.
    this.#isImmutable = role.constructor.name.startsWith('ImmutableRole');
  }

  get policyFragment() {
    return this.role.policyFragment;
  }

  addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    const result = this.role.addToPrincipalPolicy(statement);
    if (this.#isImmutable && statement.effect === Effect.ALLOW) {
      for (const action of statement.actions) this.#refusedActions.add(action);
    }
    return result;
  }

  /** Call it after all grants. */
  warnOfRefusedActions(): void {
    if (this.#refusedActions.size === 0) return;
    Annotations.of(this.role).addWarningV2(
      'momento-key-refresher:immutable-role',
      `CDK cannot add permissions to the role that was passed in. The function fails unless it has these: ${[...this.#refusedActions].sort().join(', ')}.`,
    );
  }
}
