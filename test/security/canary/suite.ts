/** Knows every key and token that the Momento model makes in a test, and searches the output for them. */
import { Canary } from './canary.ts';

const canary = new Canary();
const leaks: string[] = [];

export function remember(secret: string): void {
  canary.add(secret);
}

/** Records a leak. The running test fails when it ends. */
export function searched<T>(where: string, value: T): T {
  if (canary.partInValue(value) !== undefined) leaks.push(where);
  return value;
}

/** @returns where parts of keys or tokens were found since the last call */
export function takeLeaks(): string[] {
  return leaks.splice(0);
}

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Calls `look` with the arguments and the result of each call of the method. */
export function watch(owner: object, name: string, look: (given: unknown[], answer: unknown) => void): void {
  const original = Reflect.get(owner, name) as Method;
  const watched: Method = function (...given) {
    const answer = original.apply(this, given);
    look(given, answer);
    return answer;
  };
  Object.defineProperty(owner, name, { value: watched, configurable: true, writable: true });
}

export function watchConsole(target: object): void {
  for (const method of ['debug', 'info', 'warn', 'error', 'log']) {
    watch(target, method, (given) => searched(`console.${method}`, given));
  }
}
