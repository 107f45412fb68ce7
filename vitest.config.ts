import { configDefaults, defineConfig } from 'vitest/config'

// The suite runs three times: as it is, on a journal that acknowledges late (TROUPE_JOURNAL=slow), and on the production
// build of XState, which vitest takes when NODE_ENV is production.
export default defineConfig({
  resolve: { conditions: ['troupe-source'] },
  ssr: { resolve: { conditions: ['troupe-source'], externalConditions: ['troupe-source'] } },
  // No promise here is about time; the limit only ends a test that hangs.
  test: { include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, 'test/scale/**'], testTimeout: 30_000 },
})
