/** What the local Lambda and the processes of its execution environments send each other. */

export interface InvocationMessage {
  readonly event: unknown;
  readonly requestId: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryLimitInMB: string;
  /** Epoch milliseconds on the local clock, and how many of its seconds pass in a real one. */
  readonly nowMs: number;
  readonly speed: number;
  /** Epoch milliseconds on the local clock. */
  readonly deadlineMs: number;
}

/** What Lambda answers: the result, or the error in Lambda's form. */
export interface InvocationAnswer {
  readonly payload: unknown;
  readonly functionError?: 'Unhandled';
}

/** Ends the log of an invocation on both streams, as the line does at Lambda. */
export const END_OF_LOG = 'END RequestId: ';
