/** The `Secret Label Updated` event as EventBridge delivers it. */
import { type Random, randomUuid } from '../serving/randomness.ts';

export interface SecretLabelUpdatedEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Secret Label Updated';
  readonly source: 'aws.secretsmanager';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: { readonly name: string; readonly labelUpdated: string; readonly versionId: string };
}

/** User guide, "Secret Label Updated event": sent "for all labels except AWSPENDING and AWSPREVIOUS". */
export function isAnnounced(label: string): boolean {
  return label !== 'AWSPENDING' && label !== 'AWSPREVIOUS';
}

export function secretLabelUpdated(
  origin: { account: string; region: string; random: Random },
  nowMs: number,
  secret: { arn: string; name: string },
  move: { label: string; versionId: string },
): SecretLabelUpdatedEvent {
  return {
    version: '0',
    id: randomUuid(origin.random),
    'detail-type': 'Secret Label Updated',
    source: 'aws.secretsmanager',
    account: origin.account,
    // EventBridge gives whole seconds.
    time: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    region: origin.region,
    resources: [secret.arn],
    detail: { name: secret.name, labelUpdated: move.label, versionId: move.versionId },
  };
}
