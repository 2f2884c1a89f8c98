/** Writes reports as JSON log lines with Powertools: one line for each decision, effect and failure. */
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Report, ReportEntry, Subject } from '../ports.ts';
import { isoInstant } from '../rules/wake-up.ts';

export function powertoolsReport(logger: Pick<Logger, 'info' | 'warn' | 'error'>): Report {
  return (entry) => log(logger, entry);
}

function log(logger: Pick<Logger, 'info' | 'warn' | 'error'>, entry: ReportEntry): void {
  switch (entry.kind) {
    case 'decision':
      logger[entry.decision.outcome === 'lapsed' ? 'warn' : 'info'](`decision: ${entry.decision.outcome}`, {
        ...subjectFields(entry),
        outcome: entry.decision.outcome,
        reason: entry.decision.reason,
        until: entry.decision.outcome === 'wait' ? isoInstant(entry.decision.until) : undefined,
        versionId: entry.versionId,
        pendingVersionId: entry.pendingVersionId,
        validUntil: optionalInstant(entry.decision.expiresAt),
        plannedRefreshAt: optionalInstant(entry.decision.dueAt),
      });
      break;
    case 'state': {
      const { state, troubles, expiresAt, plannedRefreshAt } = entry;
      logger[troubles.length > 0 ? 'warn' : 'info'](`state: ${state}`, {
        ...subjectFields(entry),
        state,
        troubles,
        // A number, so that Logs Insights can compute with it.
        expiresAt,
        plannedRefreshAt: optionalInstant(plannedRefreshAt),
      });
      break;
    }
    case 'effect': {
      const { effect, versionId, fromVersionId, wakeUp, at } = entry;
      const unproven = effect === 'key-promoted-unproven';
      logger[unproven ? 'warn' : 'info'](`effect: ${effect}`, {
        ...subjectFields(entry),
        effect,
        versionId,
        fromVersionId,
        wakeUp,
        at: optionalInstant(at),
      });
      break;
    }
    case 'leftover':
      logger.warn(`left over: ${entry.effect}`, {
        ...subjectFields(entry),
        effect: entry.effect,
        error: entry.error,
      });
      break;
    case 'failure':
      logger.error(entry.error.message, {
        ...subjectFields(entry),
        retryAt: optionalInstant(entry.retryAt),
        error: entry.error,
      });
      break;
    case 'refreshed':
      logger.info('refreshed', {
        ...subjectFields(entry),
        outcome: entry.decision.outcome,
        reason: entry.decision.reason,
        durationSeconds: entry.durationSeconds,
      });
      break;
    case 'sweep': {
      const { kind, ...counts } = entry;
      logger.info(kind, counts);
      break;
    }
  }
}

function subjectFields({ secretName, trigger, attempt }: Subject) {
  return { secretName, trigger, attempt };
}

function optionalInstant(epochSeconds: number | undefined): string | undefined {
  return epochSeconds === undefined ? undefined : isoInstant(epochSeconds);
}
