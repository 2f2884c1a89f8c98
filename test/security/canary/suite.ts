/** The canary of the whole suite: knows every key and token that the Momento model makes in any test, and searches what comes out. */
import { Canary } from './canary.ts';

const canary = new Canary();
const leaks: string[] = [];

export function remember(secret: string): void {
  canary.add(secret);
}

/** Notes a leak; the test that it happened in fails when it ends. */
export function searched<T>(where: string, value: T): T {
  if (canary.partInValue(value) !== undefined) leaks.push(where);
  return value;
}

/** @returns where parts of keys or tokens were found since the last look */
export function takeLeaks(): string[] {
  return leaks.splice(0);
}

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Adds a look at what goes into a method and comes out of it. */
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
