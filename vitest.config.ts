import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

// The suite runs three times: as it is, on a journal that acknowledges late (TROUPE_JOURNAL=slow), and on the production
// build of XState, which vitest takes when NODE_ENV is production.
// With TROUPE_STAND_IN it meets a runtime that breaks its promises: test/promises.md.
const standIn =
  process.env['TROUPE_STAND_IN'] === undefined
    ? []
    : [{ find: /^troupe$/, replacement: join(import.meta.dirname, 'test/support/stand-in.ts') }]

export default defineConfig({
  resolve: { conditions: ['troupe-source'], alias: standIn },
  ssr: { resolve: { conditions: ['troupe-source'], externalConditions: ['troupe-source'] } },
  // No promise here is about time; the limit only ends a test that hangs.
  test: { include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, 'test/scale/**'], testTimeout: 30_000 },
})
