/** The command line of the local run. */
import { parseArgs } from 'node:util';

export interface LocalRunOptions {
  /** Stay up after the play, or instead of it where a key of one's own is used. */
  readonly serve: boolean;
  /** A file as Momento's console offers it for download. */
  readonly seedFile: string | undefined;
  readonly momento: 'local' | 'real';
  readonly port: number | undefined;
}

export const USAGE = `Usage: npm start -- [options]

Runs the refresher on this machine: its real bundle against local Secrets Manager, EventBridge Scheduler and Momento.

  --serve           stay up afterwards, and print commands to play with
  --port PORT       of the AWS endpoint (default: any free one)
  --seed FILE       start with the key in FILE, a download of Momento's console, instead of a local one
  --momento real    refresh the key at Momento itself; needs --seed, and AWS stays local
  --help            this text`;

/** @throws {TypeError} with a message for the person who typed it */
export function parseOptions(args: readonly string[]): LocalRunOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      serve: { type: 'boolean', default: false },
      seed: { type: 'string' },
      momento: { type: 'string', default: 'local' },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { serve, seed: seedFile, momento } = values;
  if (momento !== 'local' && momento !== 'real') throw new TypeError('--momento takes local or real');
  if (momento === 'real' && seedFile === undefined) {
    throw new TypeError(
      '--momento real needs a key to refresh: --seed FILE, a download of the Momento console',
    );
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new TypeError('--port takes a number from 1 to 65535');
  }
  return { serve, seedFile, momento, port };
}
