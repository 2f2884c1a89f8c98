import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Minutes, and packages from a registry: `npm run test:package`.
    exclude: ['test/package/**', '**/node_modules/**'],
    globalSetup: ['test/temporary-folder.ts', 'test/global-setup.ts'],
    setupFiles: ['test/security/canary/setup.ts'],
    allowOnly: false,
    // A test that hangs ends; a slow machine is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    // A deprecated part of CDK warns at every synth of the author of a stack. Here it fails.
    env: { JSII_DEPRECATED: 'fail' },
    // By default Vitest cuts the values in the titles of tables at 40 characters.
    chaiConfig: { truncateThreshold: 200 },
    coverage: {
      provider: 'v8',
      include: ['handlers/**', 'stack/**', 'local/**', 'cli/**'],
      // Programs that the tests start as processes of their own, which V8 does not report to Vitest. A program that no test here
      // starts stays counted.
      exclude: [
        'handlers/index.ts',
        'stack/app.ts',
        'local/run.ts',
        'local/synthesize.ts',
        'local/lambda/function-host.ts',
        'cli/{preflight,revoke-previous,seed,status}.ts',
      ],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 90, branches: 85, functions: 90, lines: 90 },
    },
  },
});
