/** A clock that runs faster than the wall's from a given moment on, and its settings as one line for another process. */

export interface ClockSettings {
  /** Wall clock, epoch milliseconds, at which both clocks agree. */
  readonly originMs: number;
  /** 60: a second lasts a minute. */
  readonly speed: number;
}

/** The variable in which a local process finds its clock settings. */
export const CLOCK_VARIABLE = 'LOCAL_CLOCK';

const wallClock = Date.now;

export function acceleratedClock({ originMs, speed }: ClockSettings): () => number {
  return () => originMs + (wallClock() - originMs) * speed;
}

export function formatClockSettings({ originMs, speed }: ClockSettings): string {
  return `${originMs}x${speed}`;
}

export function parseClockSettings(text: string): ClockSettings {
  const [originMs, speed] = text.split('x').map(Number);
  if (originMs === undefined || speed === undefined) throw new TypeError(`not clock settings: ${text}`);
  return { originMs, speed };
}
