/** Calls the function with an event and gives its answer, or says why there is none. It does not look into the answer. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** The function could not be asked, or it failed: nothing is known. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

/** @throws {InvocationError} */
export async function invoke<Result>(
  client: Pick<LambdaClient, 'send'>,
  functionName: string,
  event: object,
): Promise<Result> {
  let answer: Awaited<ReturnType<typeof send>>;
  try {
    answer = await send(client, functionName, event);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw new InvocationError(`${functionName} could not be invoked: ${message || name}`);
  }
  const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8') || 'null');
  if (answer.FunctionError === undefined) return payload as Result;
  const { errorType = 'Error', errorMessage = '' } = payload as { errorType?: string; errorMessage?: string };
  throw new InvocationError(`${functionName} answered with ${errorType}: ${errorMessage}`);
}

async function send(client: Pick<LambdaClient, 'send'>, functionName: string, event: object) {
  return await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
}
