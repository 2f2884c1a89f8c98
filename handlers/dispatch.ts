/** Parses an event, checks that its secret is managed, and calls the flow. */
import type { Configuration } from './configuration.ts';
import { SecretNameError } from './errors.ts';
import { parseEvent } from './event.ts';
import { type AbandonedResult, reportAbandoned } from './flow/abandoned.ts';
import { type PreflightResult, preflight } from './flow/preflight.ts';
import { refreshSecret } from './flow/refresh.ts';
import { type RevokeResult, revokePrevious } from './flow/revoke.ts';
import { type RotationResult, rotate } from './flow/rotate.ts';
import { type StatusResult, status } from './flow/status.ts';
import { type SweepResult, sweep } from './flow/sweep.ts';
import type { Ports } from './ports.ts';
import { toReportable } from './reporting/failure.ts';
import type { RefreshResult } from './reporting/result.ts';

type Result =
  | AbandonedResult
  | RefreshResult
  | RotationResult
  | SweepResult
  | StatusResult
  | PreflightResult
  | RevokeResult;

/**
 * @throws {EventError} the event has no known shape
 * @throws {RefresherError} any failure, because the function never returns an error as a result
 */
export async function handle(event: unknown, configuration: Configuration, ports: Ports): Promise<Result> {
  try {
    return await serve(event, configuration, ports);
  } catch (error) {
    throw toReportable(error, ports.place);
  }
}

async function serve(event: unknown, configuration: Configuration, ports: Ports): Promise<Result> {
  const { secretNames, sweepEverySeconds } = configuration;
  const request = parseEvent(event);
  if (request.kind === 'status') return await status(ports, configuration, request);
  if (request.kind === 'preflight') return await preflight(ports, configuration);
  if (request.kind === 'sweep') {
    const { scheduledAt = ports.clock() / 1000 } = request;
    return await sweep(ports, configuration, secretNames, Math.floor(scheduledAt / sweepEverySeconds));
  }
  if (
    request.kind === 'refresh' &&
    request.bookedFor !== undefined &&
    !secretNames.includes(request.secretName)
  ) {
    const { secretName, bookedFor } = request;
    return await reportAbandoned(ports, { secretName, bookedFor }, configuration);
  }
  const named = managedSecret(request.secretName, secretNames);
  if (request.kind === 'revoke-previous')
    return await revokePrevious(ports, secretNames, { ...request, ...named });
  if (request.kind === 'rotation') return await rotate(ports, configuration, { ...request, ...named });
  const { result } = await refreshSecret(ports, configuration, { ...request, ...named });
  return result;
}

/**
 * @param nameOrArn a secret's friendly name or its full ARN, which ends in a hyphen and six random characters
 * @returns also the ARN if it was given, because the end of another secret's name can look like the six characters
 */
function managedSecret(
  nameOrArn: string,
  managed: readonly string[],
): { secretName: string; secretArn?: string } {
  const ofArn = /^arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:(.+)-\w{6}$/.exec(nameOrArn)?.[1];
  const name = ofArn ?? nameOrArn;
  if (managed.includes(name)) {
    return ofArn === undefined ? { secretName: name } : { secretName: name, secretArn: nameOrArn };
  }
  throw new SecretNameError('secret-unmanaged', { secretName: name, managed });
}

/** The function's ARN for the Scheduler, without the version or alias that this call may have named. */
export function unqualifiedFunctionArn(invokedFunctionArn: string): string {
  return invokedFunctionArn.split(':').slice(0, 7).join(':');
}
