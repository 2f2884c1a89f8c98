/**
 * The failures that the function can end with, each written for the person who reads it: what happened, to which secret,
 * what to do now. No message holds a value of a secret, and no cause keeps the text of an answer that could hold one.
 */

/** Base of every failure that is thrown on purpose. */
export abstract class RefresherError extends Error {
  /** Stable, and spelt out, since minifying renames classes: logs and metrics count by it. */
  abstract override readonly name: string;
}

/** What is kept of a failed call to AWS or Momento: enough to find it in their logs, nothing that it sent or returned. */
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

/** A fault in this program: what is kept is its kind and where it happened, since its message could quote anything. */
export class UnexpectedError extends RefresherError {
  override readonly name = 'UnexpectedError';

  constructor(error: unknown) {
    super(`unexpected ${error instanceof Error ? error.name : typeof error}`);
    this.stack = [`${this.name}: ${this.message}`, ...framesOf(error)].join('\n');
  }
}

/** Where it happened. A message can have lines that look like frames, so it is cut off first; a stack without it is not trusted. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const start = error.stack.indexOf(error.message);
  if (start < 0) return [];
  const lines = error.stack.slice(start + error.message.length).split('\n');
  return lines.filter((line) => /^\s+at /.test(line));
}

/** The event is of no known shape; thrown before anything was read or changed. */
export class EventError extends RefresherError {
  override readonly name = 'EventError';
}

/** The function's environment is incomplete or malformed; thrown at start. */
export class ConfigurationError extends RefresherError {
  override readonly name = 'ConfigurationError';
}

/** The secret cannot be read: it is missing, denied, being deleted or not managed here, or Secrets Manager is away. */
export class SecretAccessError extends RefresherError {
  override readonly name = 'SecretAccessError';
}

/** The secret's current value is not a Momento key record; the secret is left untouched. */
export class SecretContentError extends RefresherError {
  override readonly name = 'SecretContentError';
}

/** A write to the secret failed; what was current before is current still, or the next observation shows otherwise. */
export class SecretWriteError extends RefresherError {
  override readonly name = 'SecretWriteError';
}

/** The current key has expired and no pending key can replace it: only a person can put a new one. */
export class KeyLapsedError extends RefresherError {
  override readonly name = 'KeyLapsedError';
}

/** Momento issued no key, or its answer was lost or unusable; the current key is untouched. */
export class KeyIssueError extends RefresherError {
  override readonly name = 'KeyIssueError';
}

/** Momento did not list or revoke keys, or the management key may not do it; no key was changed. */
export class KeyRegistryError extends RefresherError {
  override readonly name = 'KeyRegistryError';
}

/** Momento rejected the new key, or could not be asked: it stays pending, the current key stays current. */
export class KeyProofError extends RefresherError {
  override readonly name = 'KeyProofError';
}

/** EventBridge Scheduler did not book, cancel or list a wake-up. */
export class WakeUpError extends RefresherError {
  override readonly name = 'WakeUpError';
}

/** A refresh stopped half-way; the cause says where, the message says until when the current key works and what comes next. */
export class RefreshFailedError extends RefresherError {
  override readonly name = 'RefreshFailedError';
}

/** A step of Secrets Manager's rotation cannot be taken, or stopped half-way; Secrets Manager repeats the rotation. */
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
