import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['handlers', 'stack', 'local', 'cli', 'bench', 'test'];

/** The parts of the project. A file belongs to the first part that its path starts with. */
const PARTS = [
  'handlers/index.ts',
  'handlers/dispatch.ts',
  'handlers/event.ts',
  'handlers/configuration.ts',
  'handlers/ports.ts',
  'handlers/errors.ts',
  'handlers/names.ts',
  'handlers/flow/',
  'handlers/rules/',
  'handlers/reporting/',
  'handlers/adapters/',
  'stack/construct/',
  'stack/',
  'local/',
  'cli/',
  'bench/',
  'test/',
] as const;

/** What each part may import, beside itself. */
const MAY_IMPORT: Readonly<Record<(typeof PARTS)[number], readonly string[]>> = {
  'handlers/index.ts': ['handlers/'],
  'handlers/dispatch.ts': [
    'handlers/event.ts',
    'handlers/configuration.ts',
    'handlers/ports.ts',
    'handlers/errors.ts',
    'handlers/names.ts',
    'handlers/flow/',
    'handlers/reporting/',
    'handlers/rules/',
  ],
  'handlers/event.ts': ['handlers/flow/', 'handlers/rules/', 'handlers/errors.ts', 'handlers/names.ts'],
  'handlers/configuration.ts': ['handlers/rules/', 'handlers/errors.ts', 'handlers/names.ts'],
  'handlers/ports.ts': ['handlers/reporting/', 'handlers/rules/'],
  'handlers/errors.ts': ['handlers/names.ts'],
  'handlers/names.ts': [],
  'handlers/flow/': [
    'handlers/ports.ts',
    'handlers/reporting/',
    'handlers/rules/',
    'handlers/errors.ts',
    'handlers/names.ts',
  ],
  'handlers/rules/': ['handlers/errors.ts', 'handlers/names.ts'],
  'handlers/reporting/': ['handlers/rules/', 'handlers/errors.ts', 'handlers/names.ts'],
  'handlers/adapters/': ['handlers/ports.ts', 'handlers/rules/', 'handlers/errors.ts', 'handlers/names.ts'],
  'stack/construct/': ['handlers/names.ts'],
  'stack/': ['stack/construct/'],
  'local/': ['handlers/', 'stack/'],
  'cli/': ['handlers/'],
  'bench/': ['handlers/', 'local/'],
  'test/': ['handlers/', 'stack/', 'local/', 'cli/', 'bench/'],
};

/** From each file to the files that it imports, both relative to the root. */
type Imports = ReadonlyMap<string, readonly string[]>;

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function importsBelow(root: string): Imports {
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const ours = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
  );
  return new Map(ours.map((file) => [file, importedBy(root, file)]));
}

/** Imports and re-exports, of types too, and types that are written as import('…'). */
function importedBy(root: string, file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\b[^;'"`]*?\bfrom\s*'(\.[^']*)'|^import\s*'(\.[^']*)'|\bimport\(\s*'(\.[^']*)'/gm,
  );
  return [...found].map(([, from, bare, called]) => {
    return relative(root, join(root, dirname(file), from ?? bare ?? called ?? '')).replaceAll('\\', '/');
  });
}

function partOf(file: string): (typeof PARTS)[number] | undefined {
  return PARTS.find((part) => file.startsWith(part));
}

/** One line for each import that the table does not allow, and for each file of no part. */
function forbiddenImports(imports: Imports): readonly string[] {
  return [...imports].flatMap(([file, targets]) => {
    const part = partOf(file);
    if (part === undefined) return [`${file} belongs to no part`];
    const allowed = [part, ...MAY_IMPORT[part]];
    return targets
      .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
      .map((target) => `${file} imports ${target}`);
  });
}

/** The first circle that is found, as a path; empty if there is none. */
function circleIn(imports: Imports): readonly string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of imports.get(file) ?? []) {
      const circle = visit(target, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

function projectOf(files: Readonly<Record<string, string>>): Imports {
  const root = mkdtempSync(join(tmpdir(), 'imports-'));
  roots.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return importsBelow(root);
}

describe('the imports of this project', () => {
  const imports = importsBelow(ROOT);

  it('are found in every folder', () => {
    expect(imports.get('handlers/flow/refresh.ts')).toContain('handlers/rules/decide.ts');
    expect(imports.get('handlers/flow/refresh.ts')).toContain('handlers/ports.ts');
    expect(imports.size).toBeGreaterThan(100);
  });

  it('stay within what each part may import', () => {
    expect(forbiddenImports(imports)).toEqual([]);
  });

  it('have no circle outside test/, types included', () => {
    const ours = new Map([...imports].filter(([file]) => !file.startsWith('test/')));

    expect(circleIn(ours)).toEqual([]);
  });
});

describe('a project that breaks the rules', () => {
  it.each([
    ['handlers/rules/decide.ts', 'handlers/ports.ts', "import type { Ports } from '../ports.ts';"],
    [
      'handlers/rules/key.ts',
      'handlers/reporting/result.ts',
      "import { tell } from '../reporting/result.ts';",
    ],
    ['handlers/flow/sweep.ts', 'handlers/event.ts', "import { parseEvent } from '../event.ts';"],
    ['handlers/names.ts', 'handlers/errors.ts', "export { a } from './errors.ts';"],
    ['handlers/flow/act.ts', 'local/run.ts', "import {\n  run,\n} from '../../local/run.ts';"],
    ['stack/construct/alarms.ts', 'stack/app.ts', "import '../app.ts';"],
    ['bench/run.ts', 'stack/bundle.ts', "import { bundle } from '../stack/bundle.ts';"],
    ['local/run.ts', 'test/world.ts', "type World = import('../test/world.ts').World;"],
  ])('is reported: %s imports %s', (file, to, text) => {
    expect(forbiddenImports(projectOf({ [file]: text }))).toEqual([`${file} imports ${to}`]);
  });

  it('is reported if two files import only types from each other', () => {
    const imports = projectOf({
      'handlers/rules/a.ts': "import type { B } from './b.ts';\nexport type A = B;",
      'handlers/rules/b.ts': "import type { A } from './a.ts';\nexport type B = A;",
    });

    expect(circleIn(imports)).toEqual(['handlers/rules/a.ts', 'handlers/rules/b.ts', 'handlers/rules/a.ts']);
  });

  it('is reported if a file belongs to no part', () => {
    expect(forbiddenImports(projectOf({ 'handlers/extra.ts': '' }))).toEqual([
      'handlers/extra.ts belongs to no part',
    ]);
  });
});
