/** Calls the function with an event and returns its answer. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { CommandError, errorName } from './advice.ts';
import { RESTORE } from './deployment.ts';

/**
 * @throws {CommandError} the function does not exist, or it ended with an error
 * @throws {Error} the SDK's error if Lambda could not be called
 */
export async function invoke<Result>(
  client: Pick<LambdaClient, 'send'>,
  functionName: string,
  event: object,
): Promise<Result> {
  const answer = await send(client, functionName, event);
  const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8') || 'null');
  if (answer.FunctionError === undefined) return payload as Result;
  const { errorType = 'Error', errorMessage = '' } = payload as { errorType?: string; errorMessage?: string };
  throw new CommandError(errorType, errorMessage || `${functionName} ended with ${errorType}.`);
}

async function send(client: Pick<LambdaClient, 'send'>, functionName: string, event: object) {
  try {
    return await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }),
    );
  } catch (error) {
    if (errorName(error) !== 'ResourceNotFoundException') throw error;
    throw new CommandError(
      'FunctionNotFoundError',
      `There is no function "${functionName}" in this account and region.`,
      'Add --region REGION, --profile PROFILE or --function-name NAME. If it was never deployed: npx cdk deploy. ' +
        `If it was deleted: ${RESTORE}`,
    );
  }
}
