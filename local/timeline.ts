/** The timeline that a person watches: the function's log lines, one for each run of it, between the notes of whoever directs the play. */

/** What the timeline counted; each refresh is also one line of it. */
export interface Tally {
  refreshes: number;
  resumed: number;
  failures: number;
  /** Failures after which the same key was refreshed after all. */
  recoveredFailures: number;
}

interface LogLine {
  readonly message?: string;
  readonly function_request_id?: string;
  readonly secretName?: string;
  readonly trigger?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly until?: string;
  readonly effect?: string;
  readonly at?: string;
  readonly retryAt?: string;
  readonly validUntil?: string;
}

const STEPS: Readonly<Record<string, string>> = {
  'retry-booked': 'retry booked',
  'key-issued': 'issued',
  'key-stored': 'stored',
  'key-proved': 'proved',
  'key-promoted': 'promoted',
  'key-promoted-unproven': 'promoted unproven',
  'promotion-superseded': 'superseded',
  'wake-up-booked': 'next booked',
  'wake-up-cancelled': 'retry cancelled',
  'pending-released': 'stale pending released',
  'label-released': 'label released',
};

export class Timeline {
  readonly tally: Tally = { refreshes: 0, resumed: 0, failures: 0, recoveredFailures: 0 };
  /** Called when a run has refreshed or failed: its wake-up is booked by then, or never. */
  onRunEnded: () => void = () => {};
  readonly #clock: () => number;
  readonly #write: (line: string) => void;
  readonly #steps = new Map<string, string[]>();
  #openFailures = 0;

  constructor(clock: () => number, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** A line of the director's: what is done to the services, or what an observer sees. */
  note(text: string): void {
    this.#print('·', text);
  }

  trouble(text: string): void {
    this.#print('✗', text);
  }

  /** A line that the function's process wrote. */
  log(text: string): void {
    const line = parseLine(text);
    if (line === undefined) {
      if (text.trim() !== '') this.trouble(`the function wrote: ${text}`);
      return;
    }
    const run = line.function_request_id ?? '';
    if (line.message?.startsWith('decision: ')) this.#decision(run, line);
    else if (line.message?.startsWith('effect: ')) this.#steps.get(run)?.push(step(line));
    else if (line.message === 'refreshed') this.#refreshed(run, line);
    else if (line.retryAt !== undefined || line.message?.includes('failed')) this.#failed(run, line);
  }

  #decision(run: string, line: LogLine): void {
    if (line.outcome !== 'refresh' && line.outcome !== 'resume') return;
    this.#steps.set(run, []);
  }

  #refreshed(run: string, { trigger, outcome, reason }: LogLine): void {
    if (outcome === 'resume') this.tally.resumed++;
    this.tally.refreshes++;
    this.tally.recoveredFailures += this.#openFailures;
    this.#openFailures = 0;
    const verb = outcome === 'resume' ? 'resumed' : 'refreshed';
    this.#print('✓', `${verb} (${reason}, woken by ${trigger}): ${this.#steps.get(run)?.join(' → ')}`);
    this.#steps.delete(run);
    this.onRunEnded();
  }

  #failed(run: string, { message = '' }: LogLine): void {
    this.tally.failures++;
    this.#openFailures++;
    const steps = this.#steps.get(run) ?? [];
    this.#print('✗', `${steps.length === 0 ? '' : `${steps.join(' → ')} → `}${message}`);
    this.#steps.delete(run);
    this.onRunEnded();
  }

  #print(mark: string, text: string): void {
    this.#write(`${timeOfDay(new Date(this.#clock()).toISOString())}  ${mark} ${text}`);
  }
}

function step({ effect = '', at }: LogLine): string {
  const name = STEPS[effect] ?? effect;
  if (at === undefined) return name;
  return effect === 'key-issued' ? `${name}, valid until ${timeOfDay(at)}` : `${name} for ${timeOfDay(at)}`;
}

/** The clock time of an ISO instant. */
function timeOfDay(iso: string): string {
  return iso.slice(11, 19);
}

function parseLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
