/** The gate that every call to a model passes: throttling, then the fault hook around the effect. It knows no service. */

/**
 * May throw, to make a call fail. `before`: nothing has happened yet. `after`: the effect has happened, and what is
 * thrown now is an answer that was lost. `input` is the call's own input and may hold secret values: do not log it.
 */
export type FaultHook<Operation extends string> = (
  operation: Operation,
  phase: 'before' | 'after',
  input: unknown,
) => void;

export interface Throttling<Operation extends string> {
  readonly requestsPerSecond: number;
  /** All operations where absent. */
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
