import { configDefaults, defineConfig } from 'vitest/config'
import suite from '../../vitest.config.ts'

// A process takes as long to start as a hundred other tests, so `verify` runs these tests once, on one journal.
export default defineConfig({
  ...suite,
  test: {
    ...suite.test,
    include: ['test/processes/**/*.test.ts'],
    exclude: configDefaults.exclude,
    testTimeout: 300_000,
  },
})
