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
import { INDEX, MAP_FOLDER } from '../stack/bundle.ts';
import type { Subject } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const [MOMENTO_FILE, EVENT_STREAMS] = INDEX.external;

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

/** Each leaves out one of the measures that make the bundle lean. */
const WITHOUT: Readonly<Record<string, BuildOptions>> = {
  "Momento's SDK in a file of its own": {
    alias: { '@aws-sdk/credential-provider-node': INDEX.alias['@aws-sdk/credential-provider-node'] },
    external: [EVENT_STREAMS],
  },
  'no streams of events': { external: [MOMENTO_FILE] },
  'ES modules of the packages': { mainFields: ['main'] },
  'credentials from the environment only': {
    alias: { '@gomomento/sdk': INDEX.alias['@gomomento/sdk'] },
  },
  'minified code': { minify: false },
  'no real import()': { supported: {} },
};

/** @param folder the function's asset */
export function withoutOne(folder: string): Subject[] {
  const built = Object.entries(WITHOUT).map(([name, options]) => {
    const copy = copyOf(folder);
    const { outputFiles } = buildSync({ ...INDEX, ...options, outfile: 'index.js', write: false });
    for (const { path, contents } of outputFiles) {
      if (path.endsWith('.js')) writeFileSync(join(copy, 'index.js'), contents);
    }
    return { name, folder: copy };
  });
  return [withSourceMaps(folder), ...built];
}

function withSourceMaps(folder: string): Subject {
  const copy = copyOf(folder);
  for (const file of ['index.js', 'momento.js']) {
    copyFileSync(join(MAP_FOLDER, `${file}.map`), join(copy, `${file}.map`));
    writeFileSync(
      join(copy, file),
      `${readFileSync(join(folder, file), 'utf8')}\n//# sourceMappingURL=${file}.map\n`,
    );
  }
  return {
    name: 'no source maps at run time',
    folder: copy,
    nodeOptions: ['--enable-source-maps'],
  };
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
