/** AWS's list prices in us-east-1, in dollars, without what is free in each month. */
export const PRICES_OF = '2026-11-25';

export const DOLLARS = {
  secretPerMonth: 0.4,
  secretsManagerPerCall: 0.05 / 10_000,
  schedulerPerInvocation: 1 / 1_000_000,
  lambdaPerRequest: 0.2 / 1_000_000,
  /** On Arm. */
  lambdaPerGBSecond: 0.0000133334,
  alarmPerMonth: 0.1,
  metricPerMonth: 0.3,
  logsPerGB: 0.5,
} as const;
