/**
 * The failures that the function can end with: codes and facts, never a value of a secret or the text of an answer that could hold
 * one. `reporting/words.ts` has their texts.
 */

/** Base of every failure that is thrown on purpose. */
export abstract class RefresherError extends Error {
  /** Logs and metrics count by this name. It is written out, because minifying renames classes. */
  abstract override readonly name: string;
}

/** Codes and facts of the failures, by code: ids, names and instants (epoch seconds), never a value of a secret. */
export interface FailureFacts
  extends Record<SecretFault, SecretFacts>,
    Record<SchedulerFault, SchedulerFacts>,
    Record<IssueFault, IssueFacts>,
    Record<RotationFault | RevokeFault, NamedSecret>,
    Record<RegistryFault, IssueFacts> {
  'secret-unmanaged': { readonly secretName: string; readonly managed: readonly string[] };
  /** The caller named a managed secret by an ARN that it does not have. */
  'secret-arn-differs': {
    readonly secretName: string;
    readonly namedArn: string;
    readonly secretArn: string;
  };
  /** Other runs or people changed the secret in each of these rounds. */
  'secret-contested': { readonly secretName: string; readonly rounds: number };
  /** So many unlabelled versions hold the ids under which the new key could be stored. */
  'version-ids-taken': { readonly secretName: string; readonly tries: number };
  /** A person has disabled all entries of the minute from `at` on. */
  'entries-disabled': { readonly at: number };
  /** The refresh token is used up, and no management key is there to generate another key. */
  'no-management-key': ReplacementFacts;
  /** As above, and Momento does not list the current key with an expiry, so its role and lifetime are not known. */
  'key-not-listed': ReplacementFacts;
  /** As above, and Momento generated no key with the management key. */
  'successor-refused': ReplacementFacts & {
    readonly refusal: SuccessorRefusal;
    readonly refusalDetail: string;
    readonly managementSecretName: string;
  };
  /** As above, and Momento rejects the second key that it issued for the current one. A third would be rejected too. */
  'successors-rejected': ReplacementFacts;
  /** Too little of this run was left to store a new key. */
  'no-time-left': { readonly secretName: string };
  'management-key-missing': { readonly secretName: string };
  /** `keyId`: the id that the caller named. */
  'revoke-other-key': { readonly secretName: string; readonly keyId: string };
  /** `holder`: the managed secret whose current or pending version holds the key. */
  'revoke-key-in-use': { readonly secretName: string; readonly holder: string };
  'expiry-unusable': { readonly secretName: string };
  'expiry-too-early': {
    readonly secretName: string;
    readonly issuedExpiresAt: number;
    readonly currentExpiresAt: number;
  };
  /** The key that Momento issued has no refresh token, or is not of a known form. */
  'key-not-refreshable': { readonly secretName: string };
  'new-key-rejected': { readonly secretName: string; readonly detail: string };
  'new-key-unproven': { readonly secretName: string; readonly detail: string };
  /** Momento could not be asked whether the current key works, so no successor was generated for it. */
  'current-key-unproven': { readonly secretName: string; readonly detail: string };
  /** `fault` holds nothing of the value. */
  'not-a-key': { readonly secretName: string; readonly fault: string };
  'event-unknown': { readonly fault: string; readonly accepted: readonly string[] };
  'environment-invalid': { readonly faults: readonly string[] };
  'key-lapsed': { readonly secretName: string; readonly expiresAt?: number | undefined };
  /** Momento rejects the current key, although its expiry is still to come. */
  'key-rejected': { readonly secretName: string };
  /** The key that Momento issued is current, and expires too soon to be refreshed again and again. */
  'key-short-lived': { readonly secretName: string; readonly expiresAt: number };
  /** A fault in this program. `kind` is the class or the type of what was thrown. */
  unexpected: { readonly kind: string };
}

export type FailureCode = keyof FailureFacts;

/** A failure that a rule, an adapter or the flow throws. Its message is its code until `reporting/` writes the message. */
export abstract class CodedError<Code extends FailureCode = FailureCode> extends RefresherError {
  readonly code: Code;
  readonly facts: FailureFacts[Code];

  constructor(code: Code, facts: FailureFacts[Code], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.facts = facts;
  }
}

/** Why a call to Secrets Manager failed. */
export type SecretFault =
  /** The secret, or the version that a label was to be moved to, does not exist. */
  | 'secret-missing'
  /** The function's role or the secret's resource policy does not allow the call. */
  | 'secret-denied'
  /** The secret's KMS key is disabled, or the function may not use it. */
  | 'kms-key-unusable'
  /** The secret is scheduled for deletion. */
  | 'secret-deleted'
  /** The secret is a replica: it can be written only in its primary region. */
  | 'secret-replica'
  /** Secrets Manager refuses the call in the secret's state, for another reason. */
  | 'secret-state'
  /** A quota of the secret is used up. */
  | 'secret-full'
  /** There was no answer, or the answer says nothing about the secret. */
  | 'secrets-manager-unavailable';

export interface SecretFacts {
  readonly secretName: string;
  /** `read` a version or the labels · `store` a new key · make it current (`promote`) · move a staging `label` */
  readonly task: 'read' | 'store' | 'promote' | 'label';
  /** The error code of Secrets Manager, such as `AccessDeniedException`, or of the connection, such as `ECONNRESET`. */
  readonly awsCode: string;
  /** When the secret will be deleted, if it is scheduled for deletion and Secrets Manager says when; epoch seconds. */
  readonly deletesAt?: number | undefined;
}

/** Why a call to EventBridge Scheduler failed. */
export type SchedulerFault =
  | 'schedule-group-missing'
  | 'schedule-denied'
  | 'schedule-quota'
  /** There was no answer, or the answer says nothing about the entry. */
  | 'scheduler-unavailable';

export interface SchedulerFacts {
  readonly task: 'book' | 'cancel' | 'list' | 'look at';
  /** The name of the entry, or of the group if entries were listed. */
  readonly name: string;
  readonly groupName: string;
  readonly awsCode: string;
}

/** How Momento answered the request for a new key. `IssueOutcome` explains the words after `issue-`. */
export type IssueFault =
  | 'issue-rejected'
  | 'issue-spent'
  | 'issue-locked'
  | 'issue-refused'
  | 'issue-unusable'
  | 'issue-no-token'
  | 'issue-not-offered'
  | 'issue-key-limit'
  | 'issue-throttled'
  | 'issue-unanswered';

export interface IssueFacts {
  readonly secretName: string;
  /** Momento's code, or what is wrong with the key. Never a message from Momento. */
  readonly detail: string;
}

export interface ReplacementFacts extends IssueFacts {
  /** Why the key cannot be refreshed with its token. */
  readonly fault: IssueFault;
  /** The role and description of the current key, if Momento has told them. */
  readonly roleId?: string | undefined;
  readonly description?: string | undefined;
  readonly lifetimeSeconds?: number | undefined;
}

/** Why a step of Secrets Manager's rotation failed. */
export type RotationFault =
  /** The secret holds no key. */
  | 'rotation-unseeded'
  | 'rotation-never-expires'
  /** No key is stored under the id that Secrets Manager chose. */
  | 'rotation-not-started'
  /** Another refresh has stored a key and has not made it current. */
  | 'rotation-contested'
  /** The key of the rotation is stored and could not be made current. */
  | 'rotation-unfinished'
  /** The version with the id that Secrets Manager chose holds a value of somebody else. */
  | 'rotation-foreign'
  /** Another run stored a key under the same id at the same time. */
  | 'rotation-id-taken';

/** Why the key under AWSPREVIOUS was not revoked. */
export type RevokeFault =
  /** The caller named the secret by an ARN that it does not have. */
  | 'revoke-arn-differs'
  /** No version has the label AWSPREVIOUS, or that version has no key. */
  | 'revoke-no-key'
  | 'revoke-v1-key'
  /** AWSPREVIOUS holds another key than the one that the caller named. */
  | 'revoke-other-key'
  | 'revoke-no-management-key'
  /** The current or the pending version of a managed secret holds the same key. */
  | 'revoke-key-in-use'
  /** The version under AWSPREVIOUS or its key is newer than the current one, or Momento does not tell its age. */
  | 'revoke-newer-key'
  /** The current key could not be proved. */
  | 'revoke-current-unproven'
  /** Momento could not be asked whether the key under AWSPREVIOUS works. */
  | 'revoke-previous-unproven';

export interface NamedSecret {
  readonly secretName: string;
}

/** How Momento answered the request to generate a successor with the management key. */
export type SuccessorRefusal =
  /** The management key is not valid. */
  | 'rejected'
  /** The role of the management key does not allow it. */
  | 'denied'
  | 'locked'
  /** The role of the current key does not exist any more. */
  | 'no-such-role'
  | 'refused'
  | 'key-limit'
  | 'throttled'
  /** There was no readable answer, so a key may have been generated. */
  | 'unanswered';

/** Why no keys were listed or revoked with the management key. */
export type RegistryFault =
  /** Its secret cannot be read. The cause says why. */
  | 'management-key-unreadable'
  | 'registry-rejected'
  /** The role of the management key does not allow it. */
  | 'registry-denied'
  /** There was no answer, or an unusable one. */
  | 'registry-unanswered';

/** A failed call to AWS or Momento. It keeps enough to find the call in their logs, but nothing that was sent or returned. */
export class ServiceCallError extends RefresherError {
  override readonly name = 'ServiceCallError';
  readonly operation: string;
  readonly code: string;

  constructor(operation: string, code: string, detail?: string) {
    super(`${operation} failed with ${code}${detail === undefined ? '' : `: ${detail}`}`);
    this.operation = operation;
    this.code = code;
  }
}

/** A fault in this program. Only its class and its place are kept, because its message could quote anything. */
export class UnexpectedError extends CodedError<'unexpected'> {
  override readonly name = 'UnexpectedError';

  constructor(error: unknown) {
    const kind = error instanceof Error ? error.name : typeof error;
    super('unexpected', { kind });
    this.stack = [`${this.name}: ${kind}`, ...framesOf(error)].join('\n');
  }
}

/** The frames of a stack. The message is cut off first, because its lines can look like frames. A stack without the message is not used. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const start = error.stack.indexOf(error.message);
  if (start < 0) return [];
  const lines = error.stack.slice(start + error.message.length).split('\n');
  return lines.filter((line) => /^\s+at /.test(line));
}

/** The event has no known shape. Thrown before anything was read or changed. */
export class EventError extends CodedError<'event-unknown'> {
  override readonly name = 'EventError';
}

/** The function's environment is incomplete or malformed; thrown at start. */
export class ConfigurationError extends CodedError<'environment-invalid'> {
  override readonly name = 'ConfigurationError';
}

/** The caller named a secret that is not managed, or a managed secret by another ARN. Nothing was changed. */
export class SecretNameError extends CodedError<'secret-unmanaged' | 'secret-arn-differs'> {
  override readonly name = 'SecretNameError';
}

/** The secret cannot be read: it is missing, denied or being deleted, or Secrets Manager is unavailable. */
export class SecretAccessError extends CodedError<SecretFault> {
  override readonly name = 'SecretAccessError';
}

/** The secret's current value is not a Momento key. The secret is not changed. */
export class SecretContentError extends CodedError<'not-a-key'> {
  override readonly name = 'SecretContentError';
}

/** A write to the secret failed. The current version stays current, unless the next observation shows something else. */
export class SecretWriteError extends CodedError<SecretFault | 'secret-contested' | 'version-ids-taken'> {
  override readonly name = 'SecretWriteError';
}

/** A key that Momento issued could not be stored before the deadline, and is lost. The cause says why. */
export class UnstoredKeyError extends RefresherError {
  override readonly name = 'UnstoredKeyError';

  constructor(cause: unknown) {
    super('a new key could not be stored', { cause });
  }
}

/**
 * Only a person can replace the current key: its refresh token is spent or missing, and no key was generated with a management key.
 * The cause says why.
 */
export class UnrefreshableKeyError extends RefresherError {
  override readonly name = 'UnrefreshableKeyError';

  constructor(cause: unknown) {
    super('the current key cannot be refreshed', { cause });
  }
}

/** The current key has expired and no pending key can replace it. Only a person can put a new key. */
export class KeyLapsedError extends CodedError<'key-lapsed'> {
  override readonly name = 'KeyLapsedError';
}

/** Momento issued no key, or its answer was lost or unusable. The current key is not changed. */
export class KeyIssueError extends CodedError<
  | IssueFault
  | 'no-management-key'
  | 'key-not-listed'
  | 'successor-refused'
  | 'successors-rejected'
  | 'no-time-left'
  | 'management-key-missing'
  | 'expiry-unusable'
  | 'expiry-too-early'
  | 'key-not-refreshable'
> {
  override readonly name = 'KeyIssueError';
}

/** The new key is current and expires so soon that it is not refreshed again. */
export class ShortLivedKeyError extends CodedError<'key-short-lived'> {
  override readonly name = 'ShortLivedKeyError';
}

/** Momento did not list or revoke keys, or the key must not be revoked. No key was changed. */
export class KeyRegistryError extends CodedError<RegistryFault | RevokeFault> {
  override readonly name = 'KeyRegistryError';
}

/** Momento rejected a key or could not be asked. A new key stays pending, and the current key stays current. */
export class KeyProofError extends CodedError<
  'new-key-rejected' | 'new-key-unproven' | 'current-key-unproven'
> {
  override readonly name = 'KeyProofError';
}

/** Momento rejected the current key. It may have been revoked, or the expiry in the secret may belong to another key. */
export class KeyRejectedError extends CodedError<'key-rejected'> {
  override readonly name = 'KeyRejectedError';
}

/** EventBridge Scheduler did not book, cancel or list a wake-up. */
export class WakeUpError extends CodedError<SchedulerFault | 'entries-disabled'> {
  override readonly name = 'WakeUpError';
}

/** A refresh stopped half-way. The cause says where. The message says until when the current key works and what comes next. */
export class RefreshFailedError extends RefresherError {
  override readonly name = 'RefreshFailedError';
}

/** The secret is not in the state that a step of Secrets Manager's rotation needs. Always the cause of a `RotationError`. */
export class RotationStateError extends CodedError<RotationFault> {
  override readonly name = 'RotationStateError';
}

/** A step of Secrets Manager's rotation was refused or stopped half-way. Secrets Manager repeats the rotation. */
export class RotationError extends RefresherError {
  override readonly name = 'RotationError';
}

/** At least one secret failed in a sweep; the others were served. */
export class SweepFailedError extends RefresherError {
  override readonly name = 'SweepFailedError';
  readonly failures: readonly Error[];

  constructor(message: string, failures: readonly Error[]) {
    super(message);
    this.failures = failures;
  }
}
