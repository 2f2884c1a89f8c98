/** What the preflight reads of AWS about a deployment: roles and their permissions, and rules. */
import { AwsServiceError } from '../aws/service-error.ts';
import type { SynthesizedTemplate } from '../synthesized-template.ts';

export interface Evaluation {
  readonly action: string;
  readonly resource: string;
  readonly decision: 'allowed' | 'implicitDeny';
}

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  /** By operator, then by the key of the context. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

interface RuleProperties {
  readonly EventPattern: object;
  readonly State: string;
  readonly Targets: readonly { readonly Arn: string }[];
}

/** Answers from the synthesized template. */
export class LocalDeployment {
  readonly #template: SynthesizedTemplate;

  constructor(template: SynthesizedTemplate) {
    this.#template = template;
  }

  /** @returns the role's trust policy as JSON @throws NoSuchEntityException */
  trustPolicy(roleName: string): string {
    const role = this.#template.resources('AWS::IAM::Role').find(({ logicalId }) => logicalId === roleName);
    if (role === undefined) {
      throw new AwsServiceError('NoSuchEntity', 404, `The role with name ${roleName} cannot be found.`);
    }
    return JSON.stringify(role.properties.AssumeRolePolicyDocument);
  }

  /** Evaluates the policies that the template attaches to the role. */
  simulate(
    roleArn: string,
    actions: readonly string[],
    resources: readonly string[],
    context: Readonly<Record<string, string>>,
  ): Evaluation[] {
    const statements = this.#statementsOf(roleArn.split('/').at(-1) ?? '');
    return actions.flatMap((action) =>
      resources.map((resource) => {
        const effects = statements
          .filter((statement) => applies(statement, action, resource, context))
          .map(({ Effect }) => Effect);
        const isAllowed = effects.includes('Allow') && !effects.includes('Deny');
        return { action, resource, decision: isAllowed ? 'allowed' : 'implicitDeny' } as const;
      }),
    );
  }

  ruleNames(targetArn: string): string[] {
    return this.#rules()
      .filter(([, { Targets }]) => Targets.some(({ Arn }) => Arn === targetArn))
      .map(([name]) => name);
  }

  rule(name: string): object {
    const [, properties] = this.#rules().find(([ruleName]) => ruleName === name) ?? [];
    if (properties === undefined) {
      throw new AwsServiceError('ResourceNotFoundException', 400, `Rule ${name} does not exist.`);
    }
    const { EventPattern, State } = properties;
    return { Name: name, EventPattern: JSON.stringify(EventPattern), State };
  }

  #rules(): [string, RuleProperties][] {
    return this.#template
      .resources('AWS::Events::Rule')
      .map(({ logicalId, properties }) => [logicalId, properties as unknown as RuleProperties]);
  }

  #statementsOf(roleName: string): Statement[] {
    return this.#template
      .resources('AWS::IAM::Policy')
      .filter(({ properties }) => (properties.Roles as string[]).includes(roleName))
      .flatMap(({ properties }) => (properties.PolicyDocument as { Statement: Statement[] }).Statement);
  }
}

/** Of IAM's condition operators only those that compare texts are known. A condition of another kind is not met. */
function applies(
  { Action, Resource, Condition = {} }: Statement,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>>,
): boolean {
  const isMet = Object.entries(Condition).every(
    ([operator, wanted]) =>
      ['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike'].includes(operator) &&
      Object.entries(wanted).every(([key, patterns]) => matches(patterns, context[key] ?? '')),
  );
  return isMet && matches(Action, action) && matches(Resource, resource);
}

/** IAM's wildcards: any characters, and any one character. */
function matches(patterns: string | readonly string[], text: string): boolean {
  return [patterns].flat().some((pattern) => {
    const source = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`).test(text);
  });
}
