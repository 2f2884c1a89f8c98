import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { measureCost } from '../../bench/cost.ts';
import { type Measurement, measure } from '../../bench/measure.ts';
import { type Scenario, Scenarios } from '../../bench/scenarios.ts';
import { synthesizeTemplate } from '../../local/synthesized-template.ts';
import { ASSET_FOLDER, bundle, modulesOf } from '../../stack/bundle.ts';

const { files, index, momento } = await bundle();

function packagesIn(metafile: Metafile): string[] {
  return [...new Set(modulesOf(metafile).map((module) => module.package))].sort();
}

function pathsIn(metafile: Metafile): string[] {
  return modulesOf(metafile).map(({ path }) => path);
}

function kilobytesOf(file: string): number {
  return Math.ceil((files.get(`function/${file}`)?.length ?? 0) / 1024);
}

/** By the index of a Momento package: what the bundled modules use of it. */
function namesAskedOfIndexes({ inputs }: Metafile): ReadonlyMap<string, readonly string[]> {
  const asked = new Map<string, Set<string>>();
  for (const [file, { imports }] of Object.entries(inputs)) {
    const text = readFileSync(file, 'utf8');
    for (const { path, original } of imports) {
      const [, name] = /@gomomento\/([^/]+)\/dist\/(?:src\/)?index\.js$/.exec(path) ?? [];
      if (name === undefined) continue;
      const [, variable] = new RegExp(`const (\\w+) = require\\("${original}"\\)`).exec(text) ?? [];
      const uses = text.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'));
      asked.set(name, new Set([...(asked.get(name) ?? []), ...[...uses].map(([, use = '']) => use)]));
    }
  }
  return new Map([...asked].map(([name, names]) => [name, [...names].sort()]));
}

describe('the code that every run loads', () => {
  it('comes from these packages and no others', () => {
    expect(packagesIn(index)).toEqual([
      '@aws-lambda-powertools/commons',
      '@aws-lambda-powertools/logger',
      '@aws-lambda-powertools/metrics',
      '@aws-sdk/client-scheduler',
      '@aws-sdk/client-secrets-manager',
      '@aws-sdk/core',
      '@aws-sdk/credential-provider-env',
      '@aws/lambda-invoke-store',
      '@smithy/core',
      '@smithy/node-http-handler',
      '@smithy/signature-v4',
      '@smithy/types',
      'this project',
      'zod',
    ]);
  });

  it('is at most 375 KB, of which at most 260 KB in 330 modules come from packages', () => {
    expect(kilobytesOf('index.js')).toBeLessThanOrEqual(375);
    const foreign = modulesOf(index).filter((module) => module.package !== 'this project');
    expect(foreign.length).toBeLessThanOrEqual(330);
    expect(foreign.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(260 * 1024);
  });

  it('has no code for streams of events, because no operation here has one', () => {
    expect(pathsIn(index).filter((path) => path.includes('event-streams'))).toEqual([]);
    expect(Object.keys(index.inputs)).toContain(
      'node_modules/@smithy/core/dist-es/submodules/protocols/HttpProtocol.js',
    );
  });

  it('takes its AWS credentials from the environment, and has no other source of them', () => {
    expect(pathsIn(index)).toContain('node_modules/@aws-sdk/credential-provider-env/dist-es/fromEnv.js');
    const sources = packagesIn(index).filter((name) => name.includes('credential-provider'));
    expect(sources).toEqual(['@aws-sdk/credential-provider-env']);
  });
});

describe("Momento's SDK", () => {
  it('comes from these packages and no others', () => {
    expect(packagesIn(momento)).toEqual([
      '@gomomento/generated-types',
      '@gomomento/sdk',
      '@gomomento/sdk-core',
      '@grpc/grpc-js',
      '@js-sdsl/ordered-map',
      'google-protobuf',
      'jwt-decode',
    ]);
  });

  it('is at most 700 KB in at most 150 modules', () => {
    expect(kilobytesOf('momento.js')).toBeLessThanOrEqual(700);
    expect(modulesOf(momento).length).toBeLessThanOrEqual(150);
  });

  it('finds in our indexes whatever its modules ask for', async () => {
    const asked = namesAskedOfIndexes(momento);
    const offered = {
      sdk: Object.keys(await import('../../stack/momento/sdk.ts')),
      'sdk-core': Object.keys(await import('../../stack/momento/sdk-core.ts')),
      'generated-types': Object.keys(await import('../../stack/momento/generated-types.ts')),
    };
    for (const [name, names] of Object.entries(offered)) {
      expect(names, name).toEqual(expect.arrayContaining([...(asked.get(name) ?? [])]));
    }
    expect(asked.get('sdk')).toContain('PermissionError');
    expect(asked.get('sdk-core')).toContain('RefreshApiKey');
    expect(asked.get('generated-types')).toEqual(['auth', 'control', 'token']);
  });
});

describe('the asset', () => {
  it('holds the code and its licences, and no source maps', () => {
    const names = [...files.keys()].filter((path) => path.startsWith('function/')).sort();
    expect(names).toEqual(['function/LICENSES.txt', 'function/index.js', 'function/momento.js']);
    expect(readFileSync(join(ASSET_FOLDER, 'index.js'), 'utf8')).not.toContain('sourceMappingURL');
  });

  it('is the same, byte for byte, whenever it is built', () => {
    for (const name of ['index.js', 'momento.js', 'LICENSES.txt']) {
      const written = readFileSync(join(ASSET_FOLDER, name));
      expect(written.equals(files.get(`function/${name}`) ?? Buffer.alloc(0)), name).toBe(true);
    }
  });

  it('names the licence of each package that is in it', () => {
    const licences = Buffer.from(files.get('function/LICENSES.txt') ?? '').toString();
    const packages = [...packagesIn(index), ...packagesIn(momento)].filter((name) => name !== 'this project');
    const missing = packages.filter((name) => !new RegExp(`^${name} [\\d.]+ \\(.+\\)$`, 'm').test(licences));
    expect(missing).toEqual([]);
  });

  it('has the text of each licence that asks for it, also for a package that comes without the text', () => {
    const blocks = Buffer.from(files.get('function/LICENSES.txt') ?? '')
      .toString()
      .split(/^-{80}\n\n/m);
    const withoutText = blocks.filter((block) => block.split('\n\n').slice(1).join('').length < 500);
    // MIT-0 lets copies be made without its text.
    const packages = withoutText.join('').trim().split('\n');
    expect(packages.filter((name) => !name.endsWith('(MIT-0)'))).toEqual([]);
    expect(blocks.filter((block) => /^@gomomento\/sdk [\d.]+ .*Apache License/ms.test(block))).toHaveLength(
      1,
    );
  });
});

describe('the page about the cost', () => {
  it('is what npm run cost computes from the calls of a sweep and of a refresh', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cost-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    expect(readFileSync('docs/COST.md', 'utf8')).toContain(await measureCost(folder));
  });
});

describe('the calls of a run', () => {
  // Outside the project, whose package.json says that its files are ES modules.
  let whole: string;
  let withoutSdk: string;
  let scenarios: Scenarios;

  beforeAll(() => {
    whole = mkdtempSync(join(tmpdir(), 'bundle-'));
    withoutSdk = mkdtempSync(join(tmpdir(), 'bundle-without-sdk-'));
    cpSync(ASSET_FOLDER, whole, { recursive: true });
    cpSync(join(ASSET_FOLDER, 'index.js'), join(withoutSdk, 'index.js'));
    const template = synthesizeTemplate();
    const { Environment } = template.resource('AWS::Lambda::Function').properties as {
      Environment: { Variables: Record<string, string> };
    };
    const groupName = String(template.resource('AWS::Scheduler::ScheduleGroup').properties.Name);
    scenarios = new Scenarios({ name: 'bundle', folder: whole }, Environment.Variables, groupName);
  });

  afterAll(() => {
    scenarios.close();
    for (const folder of [whole, withoutSdk]) rmSync(folder, { recursive: true });
  });

  async function run(scenario: Scenario, folder: string): Promise<Measurement> {
    const { setting, event } = scenario.prepare();
    return await measure({ name: 'bundle', folder }, setting, event);
  }

  it('in a sweep with nothing due are one list, and two reads for each secret, on at most eleven connections, without the SDK', async () => {
    const { calls, error, first } = await run(await scenarios.nothingDue(30), withoutSdk);
    expect(error).toBe(undefined);
    expect(first.sockets).toBeLessThanOrEqual(11);
    expect(calls).toEqual({ ListSchedules: 1, GetSecretValue: 30, DescribeSecret: 30 });
  });

  it('in the status are one list, and two reads for each secret, on at most eleven connections, without the SDK', async () => {
    const { calls, error, first } = await run(await scenarios.status(30), withoutSdk);
    expect(error).toBe(undefined);
    expect(first.sockets).toBeLessThanOrEqual(11);
    expect(calls).toEqual({ ListSchedules: 1, GetSecretValue: 30, DescribeSecret: 30 });
  });

  it.each([
    { kind: 'v1', refresh: 'Momento RefreshApiKey' },
    { kind: 'v2', refresh: 'Momento RefreshApiKeyV2' },
  ] as const)(
    'in a refresh of a $kind key are eight to AWS and two to Momento, with the SDK',
    async ({ kind, refresh }) => {
      const { calls, error } = await run(await scenarios.refresh(kind), whole);
      expect(error).toBe(undefined);
      expect(calls).toEqual({
        GetSecretValue: 1,
        DescribeSecret: 1,
        ListSchedules: 1,
        CreateSchedule: 2,
        [refresh]: 1,
        PutSecretValue: 1,
        'Momento ListCaches': 1,
        UpdateSecretVersionStage: 1,
        DeleteSchedule: 1,
      });
    },
  );

  it('fail in a refresh of a v1 key if the SDK is not there', async () => {
    const { error } = await run(await scenarios.refresh('v1'), withoutSdk);
    expect(error).toContain('RefreshFailedError');
  });
});
