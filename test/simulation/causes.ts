/** Words what stood against a refresh, for the picture. */
import type { Disturbance } from './ledger.ts';

/** @returns such as `momento-outage 9 hours` or `slow × 3`: what lasted longest first, then what happened most often */
export function causesOf(disturbances: readonly Disturbance[], fromMs: number, toMs: number): string[] {
  const lasted = new Map<string, number>();
  const counted = new Map<string, number>();
  for (const { cause, ...disturbance } of disturbances) {
    if (disturbance.fromMs > toMs || disturbance.toMs < fromMs) continue;
    const overlapMs = Math.min(toMs, disturbance.toMs) - Math.max(fromMs, disturbance.fromMs);
    if (overlapMs >= 60_000) lasted.set(cause, (lasted.get(cause) ?? 0) + overlapMs);
    else counted.set(cause, (counted.get(cause) ?? 0) + 1);
  }
  const descending = (map: Map<string, number>) => [...map].toSorted(([, one], [, other]) => other - one);
  return [
    ...descending(lasted).map(([cause, ms]) => `${cause} ${span(ms / 1000)}`),
    ...descending(counted).map(([cause, count]) => `${cause} × ${count}`),
  ];
}

/** Such as `3 days`. */
export function span(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const;
  const [length, name] = units.find(([unit]) => seconds >= unit) ?? units[2];
  const count = Math.round(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
