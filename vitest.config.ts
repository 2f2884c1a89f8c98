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
    coverage: {
      provider: 'v8',
      include: ['handlers/**', 'stack/**', 'local/**', 'cli/**'],
      reporter: ['text-summary', 'html'],
      // The local run's own processes are counted only where a test starts them in its own.
      thresholds: { statements: 90, branches: 85, functions: 90, lines: 90 },
    },
  },
});
