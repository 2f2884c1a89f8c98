/** Records on a construct why a finding of cdk-nag is accepted. Has no effect without cdk-nag in the app. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * @param rule such as `SQS3`
 * @param reason why the finding is accepted
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  try {
    Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
  } catch {
    // A library before 2.269.0 refuses the names of rules that have `::` in them. Then cdk-nag reports the finding.
  }
}

/** Accepts the wildcard in this resource of the construct's policy. Any other wildcard stays a finding. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  const written = writeReferences(Stack.of(construct).resolve(resource));
  acknowledge(construct, `IAM5[Resource::${written}]`, reason);
}

/** The resource as cdk-nag writes it in a finding: references are in angle brackets. */
function writeReferences(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const { Ref: reference, 'Fn::Join': join } = resolved as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (join !== undefined) return join[1].map(writeReferences).join(join[0]);
  return `<${reference}>`;
}
