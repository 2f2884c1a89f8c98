/** README and the pages in docs/ name only files, sections, tests and npm scripts that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PEERS } from '../../stack/package.ts';

const ROOT = new URL('../../', import.meta.url);
const text = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const inDocs = readdirSync(new URL('docs/', ROOT)).filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', 'CHANGELOG.md', ...inDocs.map((name) => `docs/${name}`)];
/** The package's own README: it names files of the package and of an app that uses it. */
const PACKAGE_PAGE = 'docs/CONSTRUCT.md';
const PROJECT_PAGES = PAGES.filter((page) => page !== PACKAGE_PAGE);

function matches(page: string, pattern: RegExp): string[] {
  return [...text(page).matchAll(pattern)].map(([, found = '']) => found);
}

/** The section's link, as GitHub makes it from a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

it.each(PROJECT_PAGES)('every test file and test folder that %s names exists', (page) => {
  const named = [...matches(page, /([\w./-]+\.test\.ts)/g), ...matches(page, /(\btest\/[\w./-]*\w)/g)];
  const paths = named.map((path) => path.replace(/^(\.\.\/)?(test\/)?/, 'test/'));
  expect(paths.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
});

it.each(PAGES)('every test title that %s quotes beside a file is in that file', (page) => {
  const quoted = [...text(page).matchAll(/`([\w/-]+\.test\.ts)` "([^"]+)"/g)];
  const wrong = quoted.filter(([, file, title = '']) => !text(`test/${file}`).includes(title));
  expect(wrong.map(([whole]) => whole)).toEqual([]);
});

it.each(PROJECT_PAGES)('every link of %s inside this project leads to a file and a section', (page) => {
  const links = matches(page, /\]\((?!https?:)([^)]+)\)/g).map((link) => new URL(link, new URL(page, ROOT)));
  const broken = links.filter(({ pathname, hash }) => {
    if (!existsSync(pathname)) return true;
    const headings = readFileSync(pathname, 'utf8').matchAll(/^#+ (.*)$/gm);
    return hash !== '' && ![...headings].some(([, heading = '']) => `#${anchorOf(heading)}` === hash);
  });
  expect(broken.map(({ pathname, hash }) => pathname + hash)).toEqual([]);
});

it.each(PAGES)('every npm script that %s names is in package.json', (page) => {
  const { scripts } = JSON.parse(text('package.json'));
  const named = matches(page, /npm run ([\w:-]+)/g);
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});

it('README has at most 220 lines and links to every page in docs', () => {
  const readme = text('README.md');
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(220);
  expect(inDocs.filter((name) => !readme.includes(`(docs/${name}`))).toEqual([]);
});

it.each(['README.md', PACKAGE_PAGE])(
  '%s names the lowest version of aws-cdk-lib that the package takes',
  (page) => {
    expect(matches(page, /`aws-cdk-lib` ([\d.]+) or later/g)).toEqual(['2.252.0']);
    expect(PEERS['aws-cdk-lib']).toBe('^2.252.0');
  },
);
