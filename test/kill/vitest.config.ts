import { defineConfig } from 'vitest/config'
import suite from '../../vitest.config.ts'

// These tests kill hundreds of processes, so `verify` runs them once, and the other tests three times.
export default defineConfig({
  ...suite,
  test: { include: ['test/kill/**/*.test.ts'], testTimeout: 600_000, maxWorkers: 2 },
})
