import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

// The suite runs four times: as it is, on a journal that acknowledges late (TROUPE_JOURNAL=slow), on files of SQLite
// (TROUPE_JOURNAL=sqlite), and on the production build of XState, which vitest takes when NODE_ENV is production.
// With TROUPE_STAND_IN it meets a runtime that breaks its promises: test/promises.md.
const standIn =
  process.env['TROUPE_STAND_IN'] === undefined
    ? []
    : [{ find: /^troupe$/, replacement: join(import.meta.dirname, 'test/support/stand-in.ts') }]

// What Node itself loads is compiled once, and not in each of hundreds of processes and threads.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'troupe-compile-cache')

export default defineConfig({
  resolve: { conditions: ['troupe-source'], alias: standIn },
  ssr: { resolve: { conditions: ['troupe-source'], externalConditions: ['troupe-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/browser/**', 'test/kill/**', 'test/processes/**', 'test/scale/**'],
    // No promise here is about time; the limit only ends a test that hangs.
    testTimeout: process.env['TROUPE_JOURNAL'] === 'sqlite' ? 300_000 : 30_000,
    globalSetup: join(import.meta.dirname, 'test/support/journals.ts'),
    // The house has no state of its own, so that files need no process each: loading it again takes longer than most tests.
    isolate: false,
    // The usual one less than there are cores leaves one of two without work.
    maxWorkers: '100%',
    // Of `npm run coverage`. What runs in processes and threads of its own is not counted.
    coverage: {
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
    },
  },
})
