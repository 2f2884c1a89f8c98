/** The command `npm run cost`: what a month costs, from the counted calls and AWS's list prices. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SynthesizedTemplate, synthesizeWithBundle } from '../local/synthesized-template.ts';
import { type Measurement, measure, type Subject } from './measure.ts';
import { DOLLARS, PRICES_OF } from './prices.ts';
import type { Scenario } from './scenarios.ts';
import { openScenarios } from './scenarios.ts';
import { table } from './statistics.ts';

const HOURS = 730;
/** A key of 30 days is refreshed three days before it ends. */
const REFRESHES_PER_KEY = (HOURS * 3600) / (27 * 86_400);
/** More than any run took in bench/RESULTS.md, with the memory that the template gives. */
const SECONDS_OF_A_RUN = 3;
/** How long the flags that a refresh sends are watched by an alarm. */
const FLAG_HOURS = 3;

interface Runs {
  readonly secrets: number;
  readonly sweep: Measurement;
  readonly refresh: Measurement;
}

/** One line for each thing that AWS charges for. */
export function costTable(template: SynthesizedTemplate, all: readonly Runs[]): string {
  const columns = all.map((runs) => costs(template, runs));
  const rows = Object.keys(columns[0] ?? {}).map((what) => [
    what,
    ...columns.map((column) => `$${(column[what] ?? 0).toFixed(2)}`),
  ]);
  const sums = columns.map((column) => Object.values(column).reduce((sum, cost) => sum + cost, 0));
  return table(
    [
      `a month, in us-east-1, prices of ${PRICES_OF}`,
      ...all.map(({ secrets }) => (secrets === 1 ? '1 secret' : `${secrets} secrets`)),
    ],
    [...rows, ['all', ...sums.map((sum) => `$${sum.toFixed(2)}`)]],
  );
}

function costs(template: SynthesizedTemplate, { secrets, sweep, refresh }: Runs): Record<string, number> {
  const sweeps = HOURS;
  const refreshes = REFRESHES_PER_KEY * secrets;
  // A refresh moves AWSCURRENT, whose event starts a run that finds nothing to do, as does the wake-up of a key that is not due.
  const runs = sweeps + 2 * refreshes;
  const callsOf = ({ calls }: Measurement, names: RegExp) =>
    Object.entries(calls).reduce((sum, [name, count]) => sum + (names.test(name) ? count : 0), 0);
  const secretCalls = /^(Get|Put|Describe|Update)Secret/;
  const memoryGB = Number(template.resource('AWS::Lambda::Function').properties.MemorySize) / 1024;
  const gigabytes = (sweeps * sweep.output.length + refreshes * refresh.output.length) / 1e9;
  const metricMonths = metricsIn(sweep).size + (metricsIn(refresh).size * refreshes) / HOURS;
  const flags = [...metricsIn(refresh)].filter((metric) => metric.includes('"Secret')).length;
  // An alarm on an expression costs as much as one alarm for each of its metrics.
  const watched = template
    .resources('AWS::CloudWatch::Alarm')
    .map(({ properties: { Metrics = [] } }) => (Metrics as object[]).filter((each) => 'MetricStat' in each))
    .reduce((sum, metrics) => sum + Math.max(metrics.length, 1), 0);
  const alarmMonths = watched + (flags * FLAG_HOURS * refreshes) / HOURS;
  return {
    secrets: secrets * DOLLARS.secretPerMonth,
    'custom metrics': metricMonths * DOLLARS.metricPerMonth,
    alarms: alarmMonths * DOLLARS.alarmPerMonth,
    'calls to Secrets Manager':
      (sweeps * callsOf(sweep, secretCalls) + refreshes * callsOf(refresh, secretCalls)) *
      DOLLARS.secretsManagerPerCall,
    'the function':
      runs * (DOLLARS.lambdaPerRequest + SECONDS_OF_A_RUN * memoryGB * DOLLARS.lambdaPerGBSecond),
    'schedules and the log':
      (sweeps + refreshes) * DOLLARS.schedulerPerInvocation + gigabytes * DOLLARS.logsPerGB,
  };
}

interface EmbeddedMetrics {
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly string[][];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** The custom metrics in what a run printed: names with their dimensions. */
function metricsIn({ output }: Measurement): ReadonlySet<string> {
  const lines = output.split('\n').filter((line) => line.includes('"CloudWatchMetrics"'));
  return new Set(
    lines.flatMap((line) => {
      const values = JSON.parse(line) as EmbeddedMetrics & Record<string, unknown>;
      return (values._aws?.CloudWatchMetrics ?? []).flatMap(({ Dimensions, Metrics }) =>
        Metrics.flatMap(({ Name }) =>
          Dimensions.map((names) => JSON.stringify([Name, ...names.map((name) => [name, values[name]])])),
        ),
      );
    }),
  );
}

async function run(scenario: Scenario, subject: Subject): Promise<Measurement> {
  const { setting, event } = scenario.prepare();
  return await measure(subject, setting, event);
}

/** @param folder for the synthesized files */
export async function measureCost(folder: string): Promise<string> {
  const template = await synthesizeWithBundle(folder, {});
  const { bundle, scenarios } = openScenarios(template);
  try {
    const refresh = await run(await scenarios.refresh('v1'), bundle);
    const runs: Runs[] = [];
    for (const secrets of [1, 30]) {
      runs.push({ secrets, refresh, sweep: await run(await scenarios.nothingDue(secrets), bundle) });
    }
    return costTable(template, runs);
  } finally {
    scenarios.close();
  }
}

if (import.meta.main) {
  const folder = mkdtempSync(join(tmpdir(), 'cost-'));
  console.log(await measureCost(folder));
  rmSync(folder, { recursive: true });
}
