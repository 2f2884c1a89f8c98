/** Puts an invocation of the function into words: who woke it, and what came of it. */
import type { Invocation } from './lambda/lambda.ts';
import type { Mark } from './timeline.ts';

export interface InvocationStory {
  readonly mark: Mark;
  readonly who: string;
  readonly text: string;
  /** `idle`: the function found nothing to do. */
  readonly kind: 'refreshed' | 'resumed' | 'failed' | 'killed' | 'idle' | 'told';
}

interface LogLine {
  readonly message?: string;
  readonly outcome?: string;
  readonly effect?: string;
  readonly at?: string;
  readonly retryAt?: string;
  readonly validUntil?: string;
}

interface Payload {
  readonly outcome?: string;
  readonly reason?: string;
  readonly step?: string;
  readonly validUntil?: string | null;
  readonly nextRefreshAt?: string | null;
  readonly nextStep?: string;
  readonly errorMessage?: string;
}

/** @param details `short`: the first sentence of an error and the next try, instead of all of it */
export function invocationStory(invocation: Invocation, details: 'short' | 'full'): InvocationStory {
  const who = whoWokeIt(invocation);
  const log = invocation.lines.map(parseLine);
  const payload = (invocation.answer.payload ?? {}) as Payload;
  if (invocation.answer.functionError !== undefined) {
    const { errorMessage = '' } = payload;
    if (errorMessage.endsWith('signal: SIGKILL')) {
      const last = log.findLast(({ effect }) => effect !== undefined)?.effect;
      return { mark: 'failed', who, kind: 'killed', text: `killed after: ${stepName(last)}` };
    }
    const text = details === 'full' ? errorMessage : shortFailure(errorMessage, log);
    return { mark: 'failed', who, kind: 'failed', text };
  }
  const resumed = log.some(({ outcome }) => outcome === 'resume');
  if (log.some(({ message }) => message === 'refreshed')) {
    const text = `${resumed ? 'made the stored key current' : 'got a new key'}; ${nextSteps(payload, log)}`;
    return { mark: 'ok', who, kind: resumed ? 'resumed' : 'refreshed', text };
  }
  return { who, ...quietStory(payload, log) };
}

function quietStory(payload: Payload, log: readonly LogLine[]): Omit<InvocationStory, 'who'> {
  const { outcome, reason = '', step, nextStep } = payload;
  if (outcome === 'wait') {
    const booked = log.some(({ effect }) => effect === 'wake-up-booked');
    const text = `nothing to do yet; ${nextSteps(payload, log)}`;
    return { mark: 'ok', kind: booked ? 'told' : 'idle', text };
  }
  if (outcome === 'sweep') return { mark: 'ok', kind: 'idle', text: 'checked the secret: nothing to do' };
  if (outcome === 'rotation') {
    return { mark: 'ok', kind: 'told', text: `took the rotation's step ${step} (${reason})` };
  }
  if (outcome === 'status' || outcome === 'preflight') {
    return { mark: 'ok', kind: 'told', text: `answered ${outcome}, and changed nothing` };
  }
  const advice = nextStep === undefined ? '' : ` ${nextStep}`;
  return {
    mark: nextStep === undefined ? 'ok' : 'note',
    kind: 'told',
    text: `${outcome} (${reason}).${advice}`,
  };
}

/** Until when the key works, and when the function runs next. */
function nextSteps({ validUntil, nextRefreshAt }: Payload, log: readonly LogLine[]): string {
  const until = validUntil ?? log.findLast((line) => line.effect === 'key-issued')?.at;
  const next = nextRefreshAt ?? log.findLast((line) => line.effect === 'wake-up-booked')?.at;
  const works = until == null ? 'no expiry' : `works until ${timeOfDay(until)}`;
  return `${works}, next run at ${next == null ? 'no time' : timeOfDay(next)}`;
}

function shortFailure(errorMessage: string, log: readonly LogLine[]): string {
  const reason = / failed\. (.*?)\.(?: |$)/.exec(errorMessage)?.[1] ?? errorMessage;
  const retryAt = log.findLast((line) => line.retryAt !== undefined)?.retryAt;
  return `${reason}; ${retryAt === undefined ? 'no retry is booked' : `next try at ${timeOfDay(retryAt)}`}`;
}

function whoWokeIt({ by, event }: Invocation): string {
  if (by === 'EventBridge') return 'a changed key';
  if (by === 'Secrets Manager') return 'a rotation';
  if (by !== 'the Scheduler') return by;
  const { action, bookedFor } = event as { action?: string; bookedFor?: { attempt?: number } };
  if (action !== undefined) return `the ${action}`;
  return (bookedFor?.attempt ?? 1) > 1 ? 'its booked retry' : 'its own wake-up';
}

const STEPS: Readonly<Record<string, string>> = {
  'retry-booked': 'a retry was booked',
  'key-issued': 'Momento gave a new key',
  'key-stored': 'the new key was stored',
  'key-proved': 'the new key was proved, and is not current yet',
  'key-promoted': 'the new key was made current',
};

function stepName(effect = ''): string {
  return STEPS[effect] ?? 'it had begun';
}

function timeOfDay(iso: string): string {
  return iso.slice(11, 19);
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
