import { defineConfig } from 'vitest/config';

/** The fast suites of the pure parts and the flow, which judge the mutants: see stryker.config.json. */
export default defineConfig({
  test: {
    include: ['test/{entry,rules,reporting,adapters,flow}/*.test.ts'],
    // Seconds each, and that for every mutant: hundreds of orders of a rotation's calls, and what comes by chance.
    exclude: ['test/flow/rotation-meets.test.ts', 'test/**/*.property.test.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
