import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as agents from 'troupe/agents'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Files whose whole text stands in a README; the package check compiles and runs them. */
it.each([
  ['README.md', ['test/package/example.ts', 'test/package/own-agent.ts', 'test/package/own-test.ts']],
  ['agents/README.md', ['test/package/own-town.ts']],
])('every TypeScript snippet of %s is a file that compiles and runs', (readme, examples) => {
  const snippets = [...read(readme).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
  expect(snippets).toEqual(examples.map(read))
})

it('every file that CONTRIBUTING names exists', () => {
  const named = [...read('CONTRIBUTING.md').matchAll(/`((?:src|agents|test)\/[\w./-]+\.(?:ts|json))`/g)].map(
    ([, file = '']) => file,
  )
  expect(named.length).toBeGreaterThan(10)
  for (const file of named) expect(read(file).length, file).toBeGreaterThan(0)
})

it('the README of the agents lists every event that they say or hear, with its description', () => {
  const definitions = Object.values(agents).flatMap(one =>
    typeof one === 'function' && 'schema' in one ? [{ type: one.type, description: one.description }] : [],
  )
  expect(definitions.length).toBeGreaterThan(9)
  const rows = [...read('agents/README.md').matchAll(/^\| `([a-z_]+\.[a-z._]+)` \| ([^|]*) \|$/gm)].map(
    ([, type, description]) => ({
      type,
      description,
    }),
  )
  const order = (one: { readonly type: string | undefined }) => `${one.type}`
  expect(rows.toSorted((a, b) => order(a).localeCompare(order(b)))).toEqual(
    definitions.toSorted((a, b) => order(a).localeCompare(order(b))),
  )
})
