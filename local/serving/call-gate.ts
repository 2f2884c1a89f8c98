/** Every call to a model goes through a gate: throttling first, then the fault hook before and after the effect. */

/**
 * Throws to make a call fail. `before`: the call has had no effect. `after`: it had its effect, and its answer is lost.
 * `input` may contain secret values, so do not log it.
 */
export type FaultHook<Operation extends string> = (
  operation: Operation,
  phase: 'before' | 'after',
  input: unknown,
) => void;

export interface Throttling<Operation extends string> {
  readonly requestsPerSecond: number;
  /** Absent: all operations. */
  readonly operations?: readonly Operation[];
}

export interface CallGateOptions<Operation extends string> {
  readonly clock: () => number;
  readonly throttled: () => Error;
  readonly faultHook?: FaultHook<Operation> | undefined;
  readonly throttling?: Throttling<Operation> | undefined;
}

export class CallGate<Operation extends string> {
  faultHook: FaultHook<Operation> | undefined;
  throttling: Throttling<Operation> | undefined;
  readonly #clock: () => number;
  readonly #throttled: () => Error;
  #second = 0;
  #requestsInSecond = 0;

  constructor(options: CallGateOptions<Operation>) {
    this.#clock = options.clock;
    this.#throttled = options.throttled;
    this.faultHook = options.faultHook;
    this.throttling = options.throttling;
  }

  run<Input, Output>(operation: Operation, input: Input, effect: (input: Input) => Output): Output {
    if (this.throttling !== undefined) this.#throttle(operation, this.throttling);
    this.faultHook?.(operation, 'before', input);
    const output = effect(input);
    this.faultHook?.(operation, 'after', input);
    return output;
  }

  #throttle(operation: Operation, throttling: Throttling<Operation>): void {
    if (throttling.operations !== undefined && !throttling.operations.includes(operation)) return;
    const second = Math.floor(this.#clock() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#requestsInSecond = 0;
    }
    this.#requestsInSecond += 1;
    if (this.#requestsInSecond > throttling.requestsPerSecond) throw this.#throttled();
  }
}
