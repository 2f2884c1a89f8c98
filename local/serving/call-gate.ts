/** Every call to a model goes through its gate: throttling first, then the fault hook before and after the effect. */

/**
 * Throws to make a call fail. `before`: the call has had no effect. `after`: it had its effect, and its answer is lost.
 * `input` may contain secret values, so do not log it.
 */
export type FaultHook<Operation extends string> = (
  operation: Operation,
  phase: 'before' | 'after',
  input: unknown,
) => void;

/** Its fault hook and its throttling may be changed at any time. */
export class CallGate<Operation extends string> {
  faultHook: FaultHook<Operation> | undefined;
  throttling: { readonly requestsPerSecond: number } | undefined;
  readonly #clock: () => number;
  readonly #throttled: () => Error;
  #second = 0;
  #requestsInSecond = 0;

  /** @param throttled the error of a call that comes too soon */
  constructor(clock: () => number, throttled: () => Error) {
    this.#clock = clock;
    this.#throttled = throttled;
  }

  run<Input, Output>(operation: Operation, input: Input, effect: (input: Input) => Output): Output {
    if (this.throttling !== undefined) this.#throttle(this.throttling.requestsPerSecond);
    this.faultHook?.(operation, 'before', input);
    const output = effect(input);
    this.faultHook?.(operation, 'after', input);
    return output;
  }

  #throttle(requestsPerSecond: number): void {
    const second = Math.floor(this.#clock() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#requestsInSecond = 0;
    }
    this.#requestsInSecond += 1;
    if (this.#requestsInSecond > requestsPerSecond) throw this.#throttled();
  }
}
