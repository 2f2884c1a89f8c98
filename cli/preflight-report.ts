/** Formats the preflight: one line for each check, and the exit code. */
import type { Check } from '../handlers/flow/check.ts';
import { EXIT } from './command-line.ts';
import type { OperatorCheck } from './operator-checks.ts';
import { textTable } from './text-table.ts';

type AnyCheck = Check | OperatorCheck;

export function preflightTable(checks: readonly AnyCheck[]): string {
  const rows = checks.map(({ result, check, subject, detail }) => [
    result === 'failed' ? 'FAILED' : result,
    check,
    subject,
    detail,
  ]);
  const passed = checks.filter(({ result }) => result === 'passed').length;
  const made = checks.filter(({ result }) => result !== 'note').length;
  return `${textTable([['result', 'check', 'of', 'detail'], ...rows])}\n\n${passed} of ${made} passed`;
}

/** Failed and open checks decide before unknown ones, because they are certain. */
export function preflightExitCode(checks: readonly AnyCheck[]): number {
  const results = new Set(checks.map(({ result }) => result));
  if (results.has('failed') || results.has('to-do')) return EXIT.needsAttention;
  return results.has('unknown') ? EXIT.couldNotTell : EXIT.allWell;
}
