/** The lines that a person reads during a local run: when, who, and what came of it. At most 100 columns wide. */
import { styleText } from 'node:util';

export type Mark = 'ok' | 'failed' | 'note';

export interface TimelineOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly colour: boolean;
}

const COLUMNS = 100;
const WHO_COLUMNS = 16;
const INDENT = 28;
const SIGNS = { ok: '✓', failed: '✗', note: '·' } as const;
const COLOURS = { ok: 'green', failed: 'red', note: 'gray' } as const;

export class Timeline {
  readonly #options: TimelineOptions;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** A heading, and in a few words what is about to happen and why it matters. */
  chapter(heading: string, explanation: string): void {
    this.text('');
    this.text(this.#styled('bold', heading));
    for (const line of wrapped(explanation, COLUMNS - 3)) this.text(`   ${line}`);
    this.text('');
  }

  /** One thing that happened. Longer texts go on in the next line. */
  event(mark: Mark, who: string, text: string): void {
    const time = new Date(this.#options.now()).toISOString().slice(11, 19);
    const [first = '', ...rest] = wrapped(text, COLUMNS - INDENT);
    const sign = this.#styled(COLOURS[mark], SIGNS[mark]);
    this.text(`${time} ${sign} ${who.padEnd(WHO_COLUMNS)} ${first}`);
    for (const line of rest) this.text(`${' '.repeat(INDENT)}${line}`);
  }

  verdict(mark: 'ok' | 'failed', text: string): void {
    this.text('');
    for (const line of wrapped(text, COLUMNS)) this.text(this.#styled(COLOURS[mark], line));
    this.text('');
  }

  text(line: string): void {
    this.#options.write(line);
  }

  #styled(style: 'bold' | 'green' | 'red' | 'gray', text: string): string {
    return this.#options.colour ? styleText(style, text) : text;
  }
}

/** Whether colour is welcome: on a terminal, and not if NO_COLOR is set (no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  { NO_COLOR = '' }: NodeJS.ProcessEnv,
): boolean {
  return stream.isTTY === true && NO_COLOR === '';
}

/** The text in lines of at most `columns`, broken between words; a longer word has a line of its own. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
