import { defineConfig } from 'vitest/config';

/** The fast suites of the rules and the flow. They must notice every mutant: see stryker.config.json. */
export default defineConfig({
  test: {
    include: ['test/{entry,rules,reporting,adapters,flow}/*.test.ts'],
    // They take seconds, and they would run for every mutant.
    exclude: ['test/flow/rotation-meets.test.ts', 'test/**/*.property.test.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
