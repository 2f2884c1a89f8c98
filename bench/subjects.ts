/** What is measured: the deployed bundle, a naive handler, the floor, and the bundle with one measure of its own taken away. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { App, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type BuildOptions, buildSync } from 'esbuild';
import type { Subject } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
/** Beside the asset: written with it. */
const BUILT = join(ROOT, 'dist');
const MOMENTO_SDK = '@gomomento/sdk';

export interface BundledModule {
  readonly package: string;
  readonly bytes: number;
}

interface Contents {
  /** How esbuild made each file, without its plugins. */
  readonly options: { readonly index: BuildOptions; readonly momento: BuildOptions };
  readonly modules: { readonly index: readonly BundledModule[]; readonly momento: readonly BundledModule[] };
}

/** Of the bundle that was synthesized last. */
export function contentsOfBundle(): Contents {
  return JSON.parse(readFileSync(join(BUILT, 'contents.json'), 'utf8'));
}

/** As CDK bundles it by default, with the AWS SDK of this project: the one at Lambda is another version. */
export function naive(): Subject {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'bench-naive-')) });
  new NodejsFunction(new Stack(app, 'Naive'), 'Function', {
    entry: join(ROOT, 'bench/naive.ts'),
    projectRoot: ROOT,
    depsLockFilePath: join(ROOT, 'package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    bundling: { bundleAwsSDK: true },
  });
  const { directory } = app.synth();
  const folder = join(directory, readdirSync(directory).find((name) => name.startsWith('asset.')) ?? '');
  return { name: 'naive', folder };
}

export function floor(): Subject {
  const folder = mkdtempSync(join(tmpdir(), 'bench-floor-'));
  copyFileSync(join(ROOT, 'bench/floor.cjs'), join(folder, 'index.js'));
  return { name: 'floor', folder };
}

/** Each takes one measure out of how `index.js` is made. */
const WITHOUT: Readonly<Record<string, (index: BuildOptions) => BuildOptions>> = {
  "Momento's SDK in a file of its own": ({ alias, external }) => ({
    alias: without(alias, MOMENTO_SDK),
    external: external?.filter((name) => !name.includes('momento')) ?? [],
  }),
  'no streams of events': ({ external }) => ({
    external: external?.filter((name) => !name.includes('event-streams')) ?? [],
  }),
  'ES modules of the packages': () => ({ mainFields: ['main'] }),
  'credentials from the environment only': ({ alias }) => ({ alias: without(alias, '@aws-sdk') }),
  'minified code': () => ({ minify: false }),
  'no real import()': () => ({ supported: {} }),
};

function without(alias: BuildOptions['alias'] = {}, prefix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(alias).filter(([name]) => !name.startsWith(prefix)));
}

export function withoutOne({ folder, nodeOptions = [] }: Subject): Subject[] {
  const { index } = contentsOfBundle().options;
  const built = Object.entries(WITHOUT).map(([name, change]) => {
    const copy = copyOf(folder);
    build(join(copy, 'index.js'), { ...index, ...change(index) });
    return { name, folder: copy, nodeOptions };
  });
  return [
    { name: 'a small young part of the heap', folder },
    { ...withSourceMaps(folder), nodeOptions: [...nodeOptions, '--enable-source-maps'] },
    { ...withWholeSdk(folder), nodeOptions },
    ...built,
  ];
}

function withWholeSdk(folder: string): Subject {
  const { momento } = contentsOfBundle().options;
  const { entryPoints: _, ...options } = momento;
  const contents = `
    export * from '${MOMENTO_SDK}';
    export { CacheControlClient } from '${MOMENTO_SDK}/dist/src/internal/cache-control-client.js';`;
  const copy = copyOf(folder);
  build(join(copy, 'momento.js'), { ...options, stdin: { contents, resolveDir: ROOT } });
  return { name: "only the used part of Momento's SDK", folder: copy };
}

function build(outfile: string, options: BuildOptions): void {
  buildSync({ ...options, outfile, sourcemap: false, write: true });
}

function withSourceMaps(folder: string): Subject {
  const copy = copyOf(folder);
  for (const file of ['index.js', 'momento.js']) {
    copyFileSync(join(BUILT, 'maps', `${file}.map`), join(copy, `${file}.map`));
    writeFileSync(
      join(copy, file),
      `${readFileSync(join(folder, file), 'utf8')}\n//# sourceMappingURL=${file}.map\n`,
    );
  }
  return { name: 'no source maps at run time', folder: copy };
}

function copyOf(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'bench-'));
  mkdirSync(copy, { recursive: true });
  for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(copy, file));
  return copy;
}

export function bytesOf({ folder }: Subject): number {
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** As Lambda stores it: each file deflated by itself. */
export function zippedBytesOf({ folder }: Subject): number {
  const HEADERS = 110;
  return readdirSync(folder)
    .map((file) => deflateRawSync(readFileSync(join(folder, file)), { level: 9 }).length + HEADERS)
    .reduce((sum, bytes) => sum + bytes, 22);
}
