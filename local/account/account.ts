/** What the preflight reads of an AWS account: the function's configuration, roles and their permissions, rules and subscriptions. */
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { AwsServiceError } from '../aws/service-error.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION, type SynthesizedTemplate } from '../synthesized-template.ts';

export interface Evaluation {
  readonly action: string;
  readonly resource: string;
  readonly decision: 'allowed' | 'implicitDeny';
}

interface Statement {
  readonly Effect: string;
}

interface RuleProperties {
  readonly EventPattern: object;
  readonly State: string;
  readonly Targets: readonly { readonly Arn: string }[];
}

/** Answers from the synthesized template. The alarm topic has the local person as its subscriber. */
export class LocalAccount {
  readonly #template: SynthesizedTemplate;
  readonly #functionArn: string;

  constructor(template: SynthesizedTemplate, functionArn: string) {
    this.#template = template;
    this.#functionArn = functionArn;
  }

  functionConfiguration(): object {
    const { FunctionName, Role, Environment, Runtime, Handler } =
      this.#template.resource('AWS::Lambda::Function').properties;
    return { FunctionName, FunctionArn: this.#functionArn, Role, Environment, Runtime, Handler };
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
  async simulate(
    roleArn: string,
    actions: readonly string[],
    resources: readonly string[],
    context: Readonly<Record<string, string>>,
  ): Promise<Evaluation[]> {
    const policy = this.#policyOf(roleArn.split('/').at(-1) ?? '');
    const questions = actions.flatMap((action) => resources.map((resource) => ({ action, resource })));
    return await Promise.all(
      questions.map(async ({ action, resource }) => {
        const simulation: Simulation = {
          request: {
            principal: roleArn,
            action,
            resource: { resource, accountId: LOCAL_ACCOUNT },
            contextVariables: {
              'aws:SecureTransport': 'true',
              'aws:RequestedRegion': LOCAL_REGION,
              ...context,
            },
          },
          identityPolicies: [{ name: 'role', policy }],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        };
        const result = await runSimulation(simulation, {});
        const allowed = result.resultType !== 'error' && result.overallResult === 'Allowed';
        return { action, resource, decision: allowed ? 'allowed' : 'implicitDeny' } as const;
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

  #policyOf(roleName: string): { Version: '2012-10-17'; Statement: readonly Statement[] } {
    const Statement = this.#template
      .resources('AWS::IAM::Policy')
      .filter(({ properties }) => (properties.Roles as string[]).includes(roleName))
      .flatMap(({ properties }) => (properties.PolicyDocument as { Statement: Statement[] }).Statement);
    return { Version: '2012-10-17', Statement };
  }
}
