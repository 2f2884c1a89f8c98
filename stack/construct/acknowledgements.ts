/** Records why a finding of cdk-nag is no fault, on the construct that it is about. Without cdk-nag in the app it has no effect. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * @param rule such as `SQS3`
 * @param reason what a reviewer accepts
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

/** The wildcard in this one resource of the construct's policy; any other goes on being a finding. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  const written = writeReferences(Stack.of(construct).resolve(resource));
  acknowledge(construct, `IAM5[Resource::${written}]`, reason);
}

/** As cdk-nag writes a resource in the name of its finding: references in angle brackets. */
function writeReferences(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const { Ref: reference, 'Fn::Join': join } = resolved as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (join !== undefined) return join[1].map(writeReferences).join(join[0]);
  return `<${reference}>`;
}
