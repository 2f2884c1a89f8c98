/** An error of an AWS service: its name, status and message. Never contains a secret's value. */
export class AwsServiceError extends Error {
  readonly httpStatus: number;
  /** As on the SDK's exceptions: whose fault it is. */
  readonly $fault: 'client' | 'server';

  constructor(name: string, httpStatus: number, message: string) {
    // No stack: it would cost more than the call, and a simulation makes millions of these.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = name;
    this.httpStatus = httpStatus;
    this.$fault = httpStatus >= 500 ? 'server' : 'client';
  }
}
