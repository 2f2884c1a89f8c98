import { defineConfig } from 'vitest/config';

/** The npm package and the plain template: minutes, and packages from a registry. */
export default defineConfig({
  test: {
    include: ['test/package/*.test.ts'],
    globalSetup: ['test/temporary-folder.ts', 'test/package/tarball-setup.ts'],
    fileParallelism: false,
    // Several commands of up to ten minutes each: a slow registry or machine is no failure.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
});
