/** Evaluates the policies of the stack, as CloudFormation would create them, with the IAM simulator. */
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { LOCAL_ACCOUNT, LOCAL_REGION, type SynthesizedTemplate } from '../../local/synthesized-template.ts';
import type { IamCall } from './iam-calls.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** The policies attached to a role, merged into one, and its trust policy. */
export interface RolePolicies {
  readonly arn: string;
  readonly policy: Policy;
  readonly trust: Policy;
}

export function rolePolicies(template: SynthesizedTemplate, roleArn: string): RolePolicies {
  const name = roleArn.split('/').at(-1) ?? '';
  const role = template.resources('AWS::IAM::Role').find(({ logicalId }) => logicalId === name);
  const statements = template
    .resources('AWS::IAM::Policy')
    .filter(({ properties }) => (properties.Roles as string[]).includes(name))
    .flatMap(({ properties }) => (properties.PolicyDocument as Policy).Statement);
  return {
    arn: roleArn,
    policy: policyOf(statements),
    trust: role?.properties.AssumeRolePolicyDocument as Policy,
  };
}

/** The resource policy of the function, which Lambda builds from the permissions in the template. */
export function functionPolicy(template: SynthesizedTemplate): Policy {
  return policyOf(
    template.resources('AWS::Lambda::Permission').map(({ properties }) => ({
      Effect: 'Allow',
      Action: String(properties.Action),
      Resource: String(properties.FunctionName),
      Principal: { Service: properties.Principal },
      Condition: {
        ArnLike: { 'aws:SourceArn': properties.SourceArn },
        ...(properties.SourceAccount === undefined
          ? {}
          : { StringEquals: { 'aws:SourceAccount': properties.SourceAccount } }),
      },
    })),
  );
}

function policyOf(statements: readonly Statement[]): Policy {
  return { Version: '2012-10-17', Statement: statements };
}

/** The policy without one action of one statement. */
export function without(policy: Policy, sid: string | undefined, action: string): Policy {
  return policyOf(
    policy.Statement.flatMap((statement) => {
      if (statement.Sid !== sid) return [statement];
      const rest = actionsOf(statement).filter((name) => name !== action);
      return rest.length === 0 ? [] : [{ ...statement, Action: rest }];
    }),
  );
}

export function actionsOf({ Action }: Statement): readonly string[] {
  return typeof Action === 'string' ? [Action] : Action;
}

/** Whether a role of this account with this policy may make the call. The resource has no policy of its own. */
export async function roleMay(role: { arn: string; policy: Policy }, call: IamCall): Promise<boolean> {
  // The key policy that CDK and the console create lets the IAM policies of the account decide.
  const trustsAccount = policyOf([
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${LOCAL_ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ]);
  return await isAllowed({
    principal: role.arn,
    identity: role.policy,
    call,
    ...(call.action.startsWith('kms:') ? { resourcePolicy: trustsAccount } : {}),
  });
}

/** Whether the resource policy allows the call to an AWS service or to a principal without permissions of its own. */
export async function resourceLets(
  resourcePolicy: Policy,
  principal: string,
  call: IamCall,
): Promise<boolean> {
  return await isAllowed({ principal, call, resourcePolicy });
}

async function isAllowed(question: {
  principal: string;
  identity?: Policy;
  call: IamCall;
  resourcePolicy?: Policy;
}): Promise<boolean> {
  const { principal, identity, call, resourcePolicy } = question;
  const everything = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  const simulation: Simulation = {
    request: {
      principal,
      action: call.action,
      resource: { resource: call.resource, accountId: LOCAL_ACCOUNT },
      contextVariables: {
        'aws:SecureTransport': 'true',
        'aws:RequestedRegion': LOCAL_REGION,
        ...call.context,
      },
    },
    identityPolicies: identity === undefined ? [] : [{ name: 'identity', policy: identity }],
    serviceControlPolicies: [
      {
        orgIdentifier: 'o-1',
        policies: [{ name: 'all', policy: { Version: '2012-10-17', Statement: everything } }],
      },
    ],
    resourceControlPolicies: [],
    ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
  };
  const result = await runSimulation(withKnownKeys(simulation), {});
  if (result.resultType === 'error') throw new Error(`${call.action}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}

/** The simulator ignores the condition key kms:EncryptionContext:SecretARN, so a key that it knows replaces it in policy and request. */
function withKnownKeys(simulation: Simulation): Simulation {
  const text = JSON.stringify(simulation);
  return JSON.parse(text.replaceAll('kms:EncryptionContext:SecretARN', 'aws:RequestTag/SecretARN'));
}
