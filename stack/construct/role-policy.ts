/** What a role may do for a refresher. It is a policy of its own, so several can share a role, and the role's own policies stay as they are. */
import { Annotations } from 'aws-cdk-lib';
import { type IRole, Policy } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

export class RolePolicy extends Policy {
  readonly #role: IRole;

  constructor(scope: Construct, id: string, role: IRole) {
    super(scope, id);
    this.#role = role;
  }

  /** Call it after all statements were added: with `Role.customizeRoles` CDK reads them only now. Warns if the role does not take them. */
  attach(): void {
    this.#role.attachInlinePolicy(this);
    // CDK reports success for such a role, and exports no class to recognize it.
    if (!this.#role.constructor.name.startsWith('ImmutableRole')) return;
    const { Statement: statements } = this.document.toJSON() as {
      Statement: { Effect: string; Action: string | string[] }[];
    };
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
    Annotations.of(this.#role).addWarningV2(
      'momento-key-refresher:immutable-role',
      `CDK cannot add permissions to the role that was passed in. The refresher fails unless it has these: ${allowed.sort().join(', ')}.`,
    );
  }
}
