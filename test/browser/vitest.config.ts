import { defineConfig } from 'vitest/config'
import suite from '../../vitest.config.ts'

// What people see in a browser: a suite of its own, because it needs a Chromium (CHROMIUM_PATH, or /usr/bin/chromium).
export default defineConfig({
  ...suite,
  test: { include: ['test/browser/**/*.test.ts'], testTimeout: 120_000, fileParallelism: false },
})
