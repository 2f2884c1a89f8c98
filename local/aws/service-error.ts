/** What the AWS models throw: the real service's error name, status and message. It never carries a secret's value. */
export class AwsServiceError extends Error {
  readonly httpStatus: number;
  /** As on the SDK's exceptions: whose fault it is. */
  readonly $fault: 'client' | 'server';

  constructor(name: string, httpStatus: number, message: string) {
    // An answer of a service, not a fault in code: a stack would cost more than the call, and simulations make millions.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = name;
    this.httpStatus = httpStatus;
    this.$fault = httpStatus >= 500 ? 'server' : 'client';
  }
}
