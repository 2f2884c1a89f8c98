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
