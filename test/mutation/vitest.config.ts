import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import suite from '../../vitest.config.ts'
import { jobIn } from './job.ts'
import { type Mutant, mutate } from './mutants.ts'

const root = join(import.meta.dirname, '../..')
const job = jobIn(process.env)

const mutated = new Map<string, string>()
const mutants: Mutant[] = []
for (const file of job.files) {
  const made = mutate(
    file,
    readFileSync(join(root, file), 'utf8'),
    mutants.length + 1,
    join(import.meta.dirname, 'switch.ts'),
  )
  mutants.push(...made.mutants)
  mutated.set(file, made.code)
}

/** The mutated code of a module; `undefined` for all other modules. */
const codeOf = (id: string) => mutated.get(relative(root, id.split('?')[0] ?? ''))

export default defineConfig({
  ...suite,
  root,
  plugins: [
    {
      name: 'mutants',
      enforce: 'pre',
      load: codeOf,
      // Vitest keeps transformed modules on the disk, by the text of their files.
      configureVitest: ({ defineCacheKeyGenerator }) => defineCacheKeyGenerator(({ id }) => codeOf(id)),
    },
  ],
  test: {
    ...suite.test,
    runner: join(import.meta.dirname, 'runner.ts'),
    // A test on simulated time waits for nothing, so that a test that takes seconds hangs.
    testTimeout: 5_000,
    hookTimeout: 5_000,
    pool: 'threads',
    maxWorkers: 1,
    reporters: [{}],
    silent: true,
    dangerouslyIgnoreUnhandledErrors: true,
  },
})
