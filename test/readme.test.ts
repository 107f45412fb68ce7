import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Files whose whole text stands in the README; the package check compiles and runs them. */
const examples = ['test/package/example.ts', 'test/package/own-agent.ts']

it('every TypeScript snippet of the README is a file that compiles and runs', () => {
  const snippets = [...read('README.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
  expect(snippets).toEqual(examples.map(read))
})

it('every file that CONTRIBUTING names exists', () => {
  const named = [...read('CONTRIBUTING.md').matchAll(/`((?:src|agents|test)\/[\w./-]+\.(?:ts|json))`/g)].map(
    ([, file = '']) => file,
  )
  expect(named.length).toBeGreaterThan(10)
  for (const file of named) expect(read(file).length, file).toBeGreaterThan(0)
})
