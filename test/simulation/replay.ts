/** What is printed of a violation: the seed, the command that replays it, and the last events. */
import type { ScenarioLimits } from './scenario.ts';
import type { RunResult } from './simulation.ts';

export function replayCommand(seed: number, { days, secrets, mode }: ScenarioLimits): string {
  const rest = [
    secrets === undefined ? '' : ` --secrets ${secrets}`,
    mode === undefined ? '' : ` --mode ${mode}`,
  ];
  return `npm run simulate -- --seed ${seed} --days ${days}${rest.join('')}`;
}

/** @param result of a recorded run that ended in a violation */
export function violationReport(
  { scenario, violation, lastEvents }: RunResult,
  limits: ScenarioLimits,
): string {
  return [
    `VIOLATION of ${violation?.message ?? 'nothing'}`,
    `replay: ${replayCommand(scenario.seed, limits)}`,
    `scenario: ${JSON.stringify(scenario)}`,
    'last events:',
    ...lastEvents.map((event) => `  ${event}`),
  ].join('\n');
}
