import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, inject, test, vi } from 'vitest';
import { parseSettings } from '../../stack/app-settings.ts';
import { manifestOf, PACKAGE_FOLDER } from '../../stack/package.ts';
import { newApp } from '../stack/synthesized.ts';

describe('the package', () => {
  test('holds the compiled construct, the function with its licences, and what describes it, and nothing else', () => {
    const { stdout } = spawnSync('tar', ['tzf', inject('tarball')], { encoding: 'utf8' });
    const paths = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace('package/', ''));
    const described = paths.filter((path) => !/^(stack\/construct|handlers)\/.*\.(js|d\.ts)$/.test(path));
    expect(described.sort()).toEqual([
      '.jsii',
      'API.md',
      'LICENSE',
      'README.md',
      'dist/function/LICENSES.txt',
      'dist/function/index.js',
      'dist/function/momento.js',
      'docs/KEYS.md',
      'docs/RUNBOOK.md',
      'docs/SETTINGS.md',
      'package.json',
    ]);
    expect(paths.filter((path) => path.startsWith('handlers/')).sort()).toEqual([
      'handlers/names.d.ts',
      'handlers/names.js',
    ]);
  });

  test('has each page that a page in it links to', () => {
    const folder = join(PACKAGE_FOLDER, 'docs');
    const links = readdirSync(folder).flatMap((page) =>
      [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
        ([, path = '']) => path,
      ),
    );
    expect(links).toContain('KEYS.md');
    expect(links.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  test('is private, so that npm does not publish it, until the project names its repository', () => {
    const project = { name: 'a', version: '1.0.0', description: 'b', license: 'c' };
    const repository = { type: 'git', url: 'https://example.com/a.git' };
    expect(manifestOf(project)).toMatchObject({ private: true });
    const { private: isPrivate, repository: named } = manifestOf({ ...project, repository }) as {
      private?: boolean;
      repository: object;
    };
    expect({ isPrivate, named }).toEqual({ isPrivate: undefined, named: repository });
  });

  test('gives the same template as the app in stack/', async () => {
    const settings = { secretNames: 'a/one,b', alarmEmail: 'ops@example.com', nativeRotation: true };
    const ours = await synthesize(settings);
    const offered = createRequire(import.meta.url)(join(PACKAGE_FOLDER, 'stack/construct/index.js'));
    vi.doMock('../../stack/construct/momento-key-refresher.ts', () => offered);
    vi.resetModules();
    const packaged = await synthesize(settings);
    expect(packaged.refresher).toBeInstanceOf(offered.MomentoKeyRefresher);
    expect(packaged.template).toEqual(ours.template);
  });
});

/** The app's stack, with the construct that is loaded at that moment. */
async function synthesize(settings: Readonly<Record<string, unknown>>) {
  const { RefresherStack } = await import('../../stack/refresher-stack.ts');
  const app = newApp();
  const { refresher } = new RefresherStack(app, 'MomentoKeyRefresher', parseSettings(settings));
  const { template } = app.synth().getStackByName('MomentoKeyRefresher');
  return { refresher, template: template as object };
}
