/** The messages between the local Lambda and the processes of its execution environments. */

export interface InvocationMessage {
  readonly event: unknown;
  readonly requestId: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryLimitInMB: string;
  /** Epoch milliseconds on the local clock. */
  readonly nowMs: number;
  /** How many seconds of the local clock pass in a real second. */
  readonly speed: number;
  /** Epoch milliseconds on the local clock. */
  readonly deadlineMs: number;
}

/** The result of the function, or its error in Lambda's format. */
export interface InvocationAnswer {
  readonly payload: unknown;
  readonly functionError?: 'Unhandled';
}

/** The start of the line that ends the log of an invocation on each stream, as in Lambda. */
export const END_OF_LOG = 'END RequestId: ';
