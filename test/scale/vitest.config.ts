import { defineConfig } from 'vitest/config'
import suite from '../../vitest.config.ts'

// What takes minutes, and runs once in `verify` where the suite runs three times.
export default defineConfig({
  ...suite,
  test: {
    include: ['test/scale/**/*.test.ts', 'test/recovery/any-crash.test.ts', 'test/runtime/any-order.test.ts'],
    env: { TROUPE_RUNS: '10' },
    testTimeout: 600_000,
  },
})
