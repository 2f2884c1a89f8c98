/** Writes the npm package of the construct into dist/package, and packs it: the command `npm run package`. */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ASSET_FOLDER, ensureBundle } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
export const PACKAGE_FOLDER = join(DIST, 'package');
/** The public sources: the construct, and the names that it shares with the function. */
const SOURCES = ['stack/construct/**/*.ts', 'handlers/names.ts'];

/** The lowest versions that the sources compile with: in 2.251.0 `Validations` has no `acknowledge`. A test tries the package with them. */
export const PEERS = { 'aws-cdk-lib': '^2.252.0', constructs: '^10.5.0' };

/** The pages for whoever gets the mail of an alarm. */
const PAGES = ['docs/RUNBOOK.md', 'docs/KEYS.md', 'docs/SETTINGS.md'];

/** What the package takes over from the project's package.json. */
interface Project {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** Absent until the package is to be published. */
  readonly repository?: { readonly type: string; readonly url: string };
}

const PROJECT: Project = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** jsii takes no package without a repository. npm installs a private package, but does not publish it. */
const NOT_TO_PUBLISH = {
  private: true,
  repository: { type: 'git', url: 'https://example.com/not-published.git' },
};

/** The package.json of the package. */
export function manifestOf({ name, version, description, license, repository }: Project): object {
  return {
    name,
    version,
    description,
    license,
    author: { name: 'The Momento key refresher contributors', organization: true },
    ...(repository === undefined ? NOT_TO_PUBLISH : { repository }),
    keywords: [
      'aws',
      'cdk',
      'aws-cdk',
      'awscdk',
      'construct',
      'momento',
      'secrets-manager',
      'api-key',
      'rotation',
    ],
    main: 'stack/construct/index.js',
    types: 'stack/construct/index.d.ts',
    // Not all of dist: jsii-pacmak writes the packages of other languages there.
    files: ['.jsii', 'API.md', 'dist/function', 'docs', 'handlers/**/*.{js,d.ts}', 'stack/**/*.{js,d.ts}'],
    engines: { node: '>=20' },
    stability: 'stable',
    peerDependencies: PEERS,
    jsii: {
      outdir: 'dist',
      versionFormat: 'full',
      targets: { python: { distName: name, module: name.replaceAll('-', '_') } },
    },
  };
}

/** jsii compiles to CommonJS because the package has no `type`. Its own rules take the endings and options of our sources. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2022'],
    module: 'node16',
    moduleResolution: 'node16',
    types: ['node'],
    declaration: true,
    rewriteRelativeImportExtensions: true,
    noEmitOnError: true,
    skipLibCheck: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
  include: SOURCES,
};

/** @returns the path of the tarball */
export async function packageConstruct(): Promise<string> {
  await ensureBundle();
  stage();
  run(
    'jsii',
    '--tsconfig',
    'tsconfig.json',
    '--validate-tsconfig',
    'minimal',
    '--silence-warnings',
    'metadata/missing-dev-dependency',
  );
  run('jsii-docgen', '--output', 'API.md');
  rmSync(join(PACKAGE_FOLDER, 'node_modules'));
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', DIST], {
      cwd: PACKAGE_FOLDER,
      encoding: 'utf8',
    }),
  ) as { filename: string; size: number; files: { path: string }[] }[];
  if (packed === undefined) throw new Error('npm packed nothing');
  return join(DIST, packed.filename);
}

function stage(): void {
  rmSync(PACKAGE_FOLDER, { recursive: true, force: true });
  for (const path of globSync(SOURCES, { cwd: ROOT })) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    // CommonJS has another name for the folder of a file.
    write(path, text.replaceAll('import.meta.dirname', '__dirname'));
  }
  write('package.json', `${JSON.stringify(manifestOf(PROJECT), undefined, 2)}\n`);
  write('tsconfig.json', JSON.stringify(TSCONFIG));
  cpSync(ASSET_FOLDER, join(PACKAGE_FOLDER, 'dist/function'), { recursive: true });
  cpSync(join(ROOT, 'LICENSE'), join(PACKAGE_FOLDER, 'LICENSE'));
  cpSync(join(ROOT, 'docs/CONSTRUCT.md'), join(PACKAGE_FOLDER, 'README.md'));
  for (const page of PAGES) cpSync(join(ROOT, page), join(PACKAGE_FOLDER, page));
  symlinkSync(join(ROOT, 'node_modules'), join(PACKAGE_FOLDER, 'node_modules'));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(PACKAGE_FOLDER, path)), { recursive: true });
  writeFileSync(join(PACKAGE_FOLDER, path), text);
}

function run(tool: string, ...args: readonly string[]): void {
  execFileSync(join(ROOT, 'node_modules/.bin', tool), args, { cwd: PACKAGE_FOLDER, stdio: 'inherit' });
}

if (import.meta.main) {
  console.log(await packageConstruct());
  if (PROJECT.repository === undefined) {
    console.error(
      'This package can be installed but not published: set repository in package.json first (docs/PUBLISHING.md).',
    );
  }
}
