import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const sources = new Set(globSync('src/**/*.ts', { cwd: root }))
const tests = new Set(globSync('test/**/*.test.ts', { cwd: root }))

/** The test of the same name and place. */
const testOf = (source: string) => source.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts')

/** The rows of the table in `test/README.md`: a test, and the files of `src` that it covers. */
const rows = [...readFileSync(join(root, 'test/README.md'), 'utf8').matchAll(/^\| \[(\S+)\]\(\S+\) \| (.*) \|$/gm)].map(
  ([, test = '', files = '']) => ({
    test: `test/${test}.test.ts`,
    files: files.split(', ').map(file => `src/${file.replaceAll('`', '')}.ts`),
  }),
)
const listed = rows.flatMap(({ files }) => files)

it('every file of src has a test of its name and place, or stands in the table', () => {
  expect(sources.size).toBeGreaterThan(300)
  const untested = [...sources].filter(file => !tests.has(testOf(file)) && !listed.includes(file)).toSorted()
  const add = 'Write test/<the same path>.test.ts, or add the file to the row of its test in test/README.md'
  expect(untested, add).toEqual([])
})

it('the table names only tests and files that exist', () => {
  expect(rows.length).toBeGreaterThan(50)
  expect(rows.map(({ test }) => test).filter(test => !tests.has(test))).toEqual([])
  expect(listed.filter(file => !sources.has(file))).toEqual([])
})

it('the table names no file twice, and none that has a test of its own', () => {
  expect(listed.filter((file, place) => listed.indexOf(file) !== place)).toEqual([])
  expect(listed.filter(file => tests.has(testOf(file)))).toEqual([])
})
