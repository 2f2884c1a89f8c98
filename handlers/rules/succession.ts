/** How a stored key says which version it succeeds, in its id or in a label, so that no run mistakes it for another's. */
import { hash } from 'node:crypto';

const PREDECESSOR_LENGTH = 40;
const OURS = /^[0-9a-f]{40}-[0-9a-f]{12}$/;
const LABEL_START = 'successor-of-';

/**
 * The id under which the successor of a version is stored; the same for every run that saw the same two labels,
 * so that of two overlapping runs only one can store its key.
 * @param observed.pendingVersionId a pending version that is being replaced
 * @param observed.tries how many ids were found taken by versions that carry no label any more
 */
export function successorVersionId(observed: {
  currentVersionId: string;
  pendingVersionId?: string | undefined;
  tries: number;
}): string {
  const { currentVersionId, pendingVersionId = '', tries } = observed;
  return `${predecessorMark(currentVersionId)}-${hash('sha256', `${pendingVersionId}\n${tries}`).slice(0, 12)}`;
}

/** The staging label that makes the same claim for a version whose id Secrets Manager chose: put on it together with its value. */
export function successorLabel(currentVersionId: string): string {
  return LABEL_START + predecessorMark(currentVersionId);
}

export function isSuccessorLabel(label: string): boolean {
  return label.startsWith(LABEL_START);
}

/** Whose successor a version is: `unknown` where neither its id nor a label says so (somebody else stored it). */
export function succession(
  { versionId, labels = [] }: { readonly versionId: string; readonly labels?: readonly string[] },
  currentVersionId: string,
): 'successor' | 'stranger' | 'unknown' {
  const claims = OURS.test(versionId) ? [LABEL_START + versionId.slice(0, PREDECESSOR_LENGTH)] : labels;
  if (claims.includes(successorLabel(currentVersionId))) return 'successor';
  return claims.some(isSuccessorLabel) ? 'stranger' : 'unknown';
}

/** Whether this program stored the version. */
export function isOurs({
  versionId,
  labels = [],
}: {
  readonly versionId: string;
  readonly labels?: readonly string[];
}): boolean {
  return OURS.test(versionId) || labels.some(isSuccessorLabel);
}

/** The id of a version that only tests whether the secret can be written. It is never a successor. */
export function testVersionId(currentVersionId: string, now: number): string {
  return `write-test-${hash('sha256', `${currentVersionId}\n${now}`).slice(0, PREDECESSOR_LENGTH)}`;
}

function predecessorMark(versionId: string): string {
  return hash('sha256', versionId).slice(0, PREDECESSOR_LENGTH);
}
