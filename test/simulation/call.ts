/** The calls of a process: how they are carried out, named, and how they fail where the service says nothing of its own. */
import { AwsServiceError } from '../../local/aws/service-error.ts';
import { AccountError } from '../../local/momento/account.ts';
import { MomentoError } from '../../local/momento/momento.ts';
import type { CallFault } from './scenario.ts';

export type Service = 'momento' | 'scheduler' | 'secrets-manager';

const V1_OPERATIONS = ['RefreshApiKey', 'ListCaches'];
const V2_OPERATIONS = ['RefreshApiKeyV2', 'GenerateApiKeyV2', 'ListApiKeys', 'RevokeApiKey'];

export function isToMomento(operation: string): boolean {
  return V1_OPERATIONS.includes(operation) || V2_OPERATIONS.includes(operation);
}

/** Momento issues a key. */
export function issues(operation: string): boolean {
  return ['RefreshApiKey', 'RefreshApiKeyV2', 'GenerateApiKeyV2'].includes(operation);
}

/** What proves a key: of a v2 key without an endpoint, that it may list keys or may not. */
export function proves(operation: string, input: object): boolean {
  return operation === 'ListCaches' || (input as { path?: string }).path === '/api-keys?limit=1';
}

/** Whether Momento has said of the key that it works or does not. */
export function isProof(outcome: Outcome): boolean {
  if ('answer' in outcome) return true;
  const { status } = outcome.error as { status?: string | number };
  return ['UNAUTHENTICATED', 'PERMISSION_DENIED', 401, 403].includes(status ?? '');
}

export function serviceOf(operation: string): Service {
  if (isToMomento(operation)) return 'momento';
  return /Schedules?$/.test(operation) ? 'scheduler' : 'secrets-manager';
}

/** A call of a process with what the dice have in store for it. */
export interface PlannedCall {
  readonly operation: string;
  readonly input: object;
  readonly perform: () => unknown;
  readonly fault: CallFault | undefined;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export type Outcome = { readonly answer: unknown } | { readonly error: unknown };

export function attempt(perform: () => unknown): Outcome {
  try {
    return { answer: perform() };
  } catch (error) {
    return { error };
  }
}

/** The part of a call's input that says what it was about, no value in it. */
export function identity(input: object): string {
  const {
    Name,
    SecretId,
    VersionStage,
    ClientRequestToken,
    MoveToVersionId,
    RemoveFromVersionId,
    NamePrefix,
    path,
  } = input as Record<string, unknown>;
  return [
    SecretId ?? path,
    VersionStage,
    Name ?? NamePrefix,
    RemoveFromVersionId,
    ClientRequestToken ?? MoveToVersionId,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** What the function is told when a call fails that says nothing of the service's own. */
export function lostCall(operation: string, input: object): Error {
  if (isToMomento(operation)) {
    return new MomentoError('UNAVAILABLE', `no answer to ${JSON.stringify(input)}`);
  }
  // As a parser or a proxy would: it quotes what was sent, secret or not.
  return Object.assign(new Error(`socket hang up after ${JSON.stringify(input)}`), { code: 'ECONNRESET' });
}

export function throttledCall(operation: string): Error {
  if (V2_OPERATIONS.includes(operation)) return new AccountError(429, 'Request was throttled');
  return isToMomento(operation)
    ? new MomentoError('RESOURCE_EXHAUSTED', 'Request rate limit exceeded')
    : new AwsServiceError('ThrottlingException', 400, 'Rate exceeded');
}

/** Of an error in a log line, what a person reads of it. */
export function loggable(_key: string, value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}
