/** Writes the function's asset: the bundled code, Momento's SDK in a file that is loaded on demand, and their licences. */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { licences } from './licences.ts';

const ROOT = join(import.meta.dirname, '..');
const OUTPUT_FOLDER = join(ROOT, 'dist');
/** What is deployed. The construct takes its code from here. */
export const ASSET_FOLDER = join(OUTPUT_FOLDER, 'function');
/** For `npm run symbolicate`. Source maps are not deployed, because they make the asset larger and every error slower. */
export const MAP_FOLDER = join(OUTPUT_FOLDER, 'maps');
const STATE_FILE = join(OUTPUT_FOLDER, 'state.json');

export interface BundledModule {
  /** Relative to the project. */
  readonly path: string;
  readonly package: string;
  readonly bytes: number;
}

export interface Bundle {
  /** By path below the output folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What `index.js` and `momento.js` are made of. */
  readonly index: Metafile;
  readonly momento: Metafile;
}

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // A real import() of a built-in module loads Node's fetch.
  supported: { 'dynamic-import': false },
  minify: true,
  // Functions and classes keep their names in stack traces.
  keepNames: true,
  legalComments: 'none',
  sourcemap: 'external',
  sourcesContent: false,
  metafile: true,
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

const MOMENTO_SDK = '@gomomento/sdk';
const MOMENTO_FILE = './momento.js';
/**
 * The AWS SDK imports it for operations with a stream of events. None here has one. Because it is imported while the function runs,
 * esbuild would keep all of it, and all of the modules that it shares with the rest.
 */
const EVENT_STREAMS = '@smithy/core/event-streams';

/** The part that every run loads. */
export const INDEX = {
  ...OPTIONS,
  entryPoints: ['handlers/index.ts'],
  outfile: join(ASSET_FOLDER, 'index.js'),
  // esbuild leaves out unused parts of ES modules, but keeps everything of CommonJS modules.
  mainFields: ['module', 'main'],
  alias: {
    [MOMENTO_SDK]: MOMENTO_FILE,
    [`${MOMENTO_SDK}/dist/src/internal/cache-control-client.js`]: MOMENTO_FILE,
    '@aws-sdk/credential-provider-node': './handlers/adapters/environment-credentials.ts',
  },
  external: [MOMENTO_FILE, EVENT_STREAMS],
} as const satisfies BuildOptions;

/**
 * Each of Momento's packages has an index that loads all of it, and the modules in it ask that index for what they need of each other.
 * The files in `stack/momento` take the places of the indexes, so that only what the function uses is loaded.
 */
const SMALLER_INDEXES: Plugin = {
  name: 'smaller-indexes',
  setup: ({ onLoad }) => {
    onLoad(
      { filter: /@gomomento[/\\](sdk|sdk-core|generated-types)[/\\]dist[/\\](src[/\\])?index\.js$/ },
      ({ path }) => {
        const [, name] = /@gomomento[/\\]([^/\\]+)/.exec(path) ?? [];
        const folder = join(ROOT, 'stack/momento');
        return {
          contents: readFileSync(join(folder, `${name}.ts`), 'utf8'),
          loader: 'ts',
          resolveDir: folder,
        };
      },
    );
  },
};

const MOMENTO = {
  ...OPTIONS,
  // The SDK returns its errors as values, so its names are in no stack trace. Keeping them would make it load more slowly.
  keepNames: false,
  entryPoints: [MOMENTO_SDK],
  plugins: [SMALLER_INDEXES],
  // gRPC loads it only for a server that publishes statistics.
  external: ['@grpc/proto-loader'],
  outfile: join(ASSET_FOLDER, 'momento.js'),
} as const satisfies BuildOptions;

/** Bundles in memory. The same sources and packages give the same bytes. */
export async function bundle(): Promise<Bundle> {
  const index = await build(INDEX);
  const momento = await build(MOMENTO);
  const files = [...index.outputFiles, ...momento.outputFiles].map(
    ({ path, contents }) => [placeOf(path), contents] as const,
  );
  const modules = { index: modulesOf(index.metafile), momento: modulesOf(momento.metafile) };
  const paths = [...modules.index, ...modules.momento].map(({ path }) => path);
  // For `npm run bench`, which builds the files without one measure at a time.
  const contents = { options: { index: INDEX, momento: { ...MOMENTO, plugins: [] } }, modules };
  return {
    files: new Map([
      ...files,
      ['function/LICENSES.txt', Buffer.from(licences(ROOT, paths))],
      ['contents.json', Buffer.from(JSON.stringify(contents))],
    ]),
    index: index.metafile,
    momento: momento.metafile,
  };
}

/** The files of the project and of packages that left something in the output. */
export function modulesOf({ outputs }: Metafile): readonly BundledModule[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path, { bytesInOutput }]) => ({ path, package: packageOf(path), bytes: bytesInOutput }));
}

function packageOf(path: string): string {
  const inside = path.split('node_modules/').at(-1) ?? path;
  if (inside === path) return 'this project';
  return inside
    .split('/')
    .slice(0, inside.startsWith('@') ? 2 : 1)
    .join('/');
}

function placeOf(path: string): string {
  return path.endsWith('.map') ? `maps/${basename(path)}` : `function/${basename(path)}`;
}

/** Writes the bundle. Each file is replaced at once, so that a reader never sees half of one. */
export function writeBundle({ files }: Bundle): void {
  const state = {
    inputs: hashOfInputs(),
    files: Object.fromEntries([...files].map(([path, content]) => [path, hash(content)])),
  };
  for (const [path, content] of files) replaceFile(join(OUTPUT_FOLDER, path), content);
  replaceFile(STATE_FILE, JSON.stringify(state));
}

/** Writes the bundle if its sources, the packages or the written files have changed since it was written last. */
export async function ensureBundle(): Promise<void> {
  if (!isUpToDate()) writeBundle(await bundle());
}

function isUpToDate(): boolean {
  try {
    const { inputs, files } = JSON.parse(readFileSync(STATE_FILE, 'utf8')) as {
      inputs: string;
      files: Record<string, string>;
    };
    if (inputs !== hashOfInputs()) return false;
    return Object.entries(files).every(
      ([path, expected]) => hash(readFileSync(join(OUTPUT_FOLDER, path))) === expected,
    );
  } catch {
    return false;
  }
}

/** The second lock file is npm's note of what is installed. */
const INPUTS = [
  'handlers/**/*.ts',
  'stack/{bundle,licences,momento/*}.ts',
  'package-lock.json',
  'node_modules/.package-lock.json',
];

function hashOfInputs(): string {
  const paths = globSync(INPUTS, { cwd: ROOT }).sort();
  return hash(paths.map((path) => `${path}\n${hash(readFileSync(join(ROOT, path)))}\n`).join(''));
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function replaceFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, content);
  renameSync(`${path}.${process.pid}`, path);
}

if (import.meta.main) {
  const made = await bundle();
  writeBundle(made);
  for (const [path, { length }] of made.files) console.log(`dist/${path}  ${Math.ceil(length / 1024)} KB`);
}
