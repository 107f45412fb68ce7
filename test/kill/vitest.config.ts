import { defineConfig } from 'vitest/config'
import suite from '../../vitest.config.ts'

// Processes that die, hundreds of them: run once in `verify`, where the suite runs three times.
export default defineConfig({
  ...suite,
  test: { include: ['test/kill/**/*.test.ts'], testTimeout: 600_000, maxWorkers: 2 },
})
