/** The command line of the local run. */
import { parseArgs } from 'node:util';

export interface LocalRunOptions {
  /** `story`: the play, or one look at a key from a file. `key`: write another key for a playground that is running. */
  readonly mode: 'story' | 'serve' | 'key';
  /** A file as Momento's console offers it for download. */
  readonly seedFile: string | undefined;
  readonly momento: 'local' | 'real';
  readonly port: number;
  /** The kind of key in the story and in the playground. */
  readonly keys: 'v1' | 'v2';
  /** Print the metrics and alarms of the story. */
  readonly metrics: boolean;
}

/** Where the playground listens, so that its commands are the same each time. */
const DEFAULT_PORT = 4577;

export const USAGE = `Usage: npm start -- [options]

Runs the refresher on this machine: its real bundle against local Secrets Manager, EventBridge Scheduler and Momento.

  --keys v2         with v2 keys. In the story an answer of Momento is lost, and a management key replaces the key
  --metrics         also print the metrics and alarms of the story
  --serve           a playground instead of the story: prints commands to try, and a line for each thing that happens
  --port PORT       where the playground's AWS endpoint listens (default: ${DEFAULT_PORT})
  --seed FILE       start with the key in FILE, as downloaded from the Momento console
  --momento real    refresh that key at Momento itself; needs --seed, and AWS stays local
  --help            this text

npm start -- key    write another key for the playground that is running`;

/** @throws {TypeError} with one line for the person who typed it */
export function parseOptions(args: readonly string[]): LocalRunOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const { serve, seed: seedFile, momento, metrics } = values;
  const [command, ...others] = positionals;
  if (command !== undefined && (command !== 'key' || others.length > 0)) {
    throw new TypeError(
      `Unknown argument "${positionals.find((name) => name !== 'key') ?? command}". ${HELP}`,
    );
  }
  if (momento !== 'local' && momento !== 'real') {
    throw new TypeError(`--momento takes local or real, not "${momento}". ${HELP}`);
  }
  if (momento === 'real' && seedFile === undefined) {
    throw new TypeError(`--momento real needs a key to refresh: add --seed FILE. ${HELP}`);
  }
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new TypeError(`--port takes a number from 1 to 65535, not "${values.port}". ${HELP}`);
  }
  const mode = command === 'key' ? 'key' : serve ? 'serve' : 'story';
  const keys = parseKeys(values.keys, { mode, seedFile });
  return { mode, seedFile, momento, port, keys, metrics };
}

function parseKeys(
  keys: string,
  { mode, seedFile }: Pick<LocalRunOptions, 'mode' | 'seedFile'>,
): LocalRunOptions['keys'] {
  if (keys !== 'v1' && keys !== 'v2') {
    throw new TypeError(`--keys takes v1 or v2, not "${keys}". ${HELP}`);
  }
  if (keys === 'v2' && (mode === 'key' || seedFile !== undefined)) {
    throw new TypeError(`--keys v2 is for the story and the playground: leave out --seed and key. ${HELP}`);
  }
  return keys;
}

const HELP = 'See npm start -- --help';

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        serve: { type: 'boolean', default: false },
        keys: { type: 'string', default: 'v1' },
        metrics: { type: 'boolean', default: false },
        seed: { type: 'string' },
        momento: { type: 'string', default: 'local' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const [sentence] = String(error instanceof Error ? error.message : error).split(/\.\s/);
    throw new TypeError(`${sentence}. ${HELP}`);
  }
}
