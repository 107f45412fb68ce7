import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Agent, type Definition, type EventDefinition, type RequestDefinition, runtimeEvents } from 'troupe'
import * as agents from 'troupe/agents'
import type { Publisher } from 'troupe/events'
import * as events from 'troupe/events'
import { expect, it } from 'vitest'
import { chartOf } from '../src/cli/chart.ts'
import { definitionsIn } from './support/definitions.ts'
import { eventTable, publisherWords, requestTable, withTables } from './support/event-table.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Files whose whole text stands in a README; the package check compiles and runs them. */
it.each([
  [
    'README.md',
    ['test/package/example.ts', 'test/package/own-agent.ts', 'test/package/own-test.ts', 'test/package/own-durable.ts'],
  ],
  ['agents/README.md', ['test/package/own-town.ts']],
  ['src/agent/README.md', ['test/package/own-trip.ts']],
  [
    'src/testing/README.md',
    [
      'test/package/own-baker.ts',
      'test/package/own-baker.test.ts',
      'test/package/own-silence.ts',
      'test/package/own-expect.test.ts',
      'test/package/own-checks.ts',
      'test/package/own-arbitrary.ts',
      'test/package/own-paths.test.ts',
      'test/package/own-order.ts',
      'test/package/own-spans.ts',
      'test/package/own-ports.ts',
    ],
  ],
  ['src/bus/README.md', ['test/package/own-bus.ts']],
  [
    'src/events/README.md',
    [
      'test/package/own-refusal.ts',
      'test/package/own-rules.ts',
      'test/package/own-versions.ts',
      'test/package/own-echoes.ts',
    ],
  ],
  ['src/journal/README.md', ['test/package/own-contract.ts', 'test/package/own-migration.ts']],
  ['src/inspect/README.md', ['test/package/own-inspector.ts']],
  ['src/sqlite/README.md', ['test/package/own-journal.ts']],
])('every TypeScript snippet of %s is a file that compiles and runs', (readme, examples) => {
  const snippets = [...read(readme).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
  expect(snippets).toEqual(examples.map(read))
})

/** The files that the package ships beside `dist`, as `files` of package.json names them, and those that every package has. */
const shipped = (() => {
  const { files }: { files: readonly string[] } = JSON.parse(read('package.json'))
  const named = globSync([...files, ...files.map(one => `${one}/**`)], { cwd: root, withFileTypes: true })
  const paths = named.filter(one => one.isFile()).map(one => relative(root, join(one.parentPath, one.name)))
  return new Set([...paths.filter(path => !path.startsWith('dist')), 'README.md', 'LICENSE', 'package.json'])
})()

/** What a heading is linked by. */
const anchorsIn = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

it.each([...shipped].filter(file => file.endsWith('.md')))(
  'every link of %s leads to something that is in the package, too',
  file => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link)
    for (const link of links) {
      const [path = '', anchor] = link.split('#')
      const to = path === '' ? file : relative(root, join(root, dirname(file), path))
      const page = shipped.has(`${to}/README.md`) ? `${to}/README.md` : to
      expect(shipped, link).toContain(page)
      if (anchor !== undefined) expect(anchorsIn(read(page)), link).toContain(anchor)
    }
  },
)

it('every file that CONTRIBUTING names exists', () => {
  const named = [...read('CONTRIBUTING.md').matchAll(/`((?:src|agents|test)\/[\w./-]+\.(?:ts|json))`/g)].map(
    ([, file = '']) => file,
  )
  expect(named.length).toBeGreaterThan(10)
  for (const file of named) expect(read(file).length, file).toBeGreaterThan(0)
})

const isEvent = (one: Definition): one is EventDefinition => !('output' in one)
const isRequest = (one: Definition): one is RequestDefinition => 'output' in one

const groupTable = (group: readonly EventDefinition[], publishers: Readonly<Record<string, Publisher>>) =>
  eventTable(group, ({ type }) => publisherWords(publishers[type] ?? { by: 'runtime', follows: [] }))

/** `vitest run test/readme.test.ts -u` writes the tables anew. */
it('the README of the events has a table of all of them, as they are declared', async () => {
  const readme = withTables(read('src/events/README.md'), {
    runtime: () => groupTable(runtimeEvents, {}),
    ai: () => groupTable(events.aiEvents, events.aiPublishers),
    platform: () => groupTable(events.platformEvents, events.platformPublishers),
    pipeline: () => groupTable(events.pipelineEvents, events.pipelinePublishers),
    system: () => groupTable(events.systemEvents, events.systemPublishers),
  })
  await expect(readme).toMatchFileSnapshot(join(root, 'src/events/README.md'))
})

/** The machine of each agent; those that have the same are together. */
const chartsOf = (team: readonly Agent[]) =>
  Array.from(
    Map.groupBy(team, ({ machine }) => chartOf(machine)),
    ([chart, agents]) => `### ${agents.map(({ name }) => name).join(', ')}\n\n\`\`\`mermaid\n${chart}\n\`\`\``,
  ).join('\n\n')

it('the README of the agents has a table of all that they say or hear and of who says it, and a picture of each machine', async () => {
  const { partyPlanner } = agents
  const team = [...partyPlanner.agents, ...partyPlanner.shared]
  const named = (by: typeof team) => (by.length === 0 ? 'you' : by.map(({ name }) => name).join(', '))
  const saidBy = (event: Definition) => named(team.filter(({ says }) => says.includes(event)))
  const answeredBy = (request: Definition) => named(team.filter(({ hears }) => hears.includes(request)))
  const definitions = definitionsIn(agents)
  const readme = withTables(read('agents/README.md'), {
    events: () => eventTable(definitions.filter(isEvent), saidBy),
    requests: () => requestTable(definitions.filter(isRequest), answeredBy),
    charts: () => chartsOf(team),
  })
  await expect(readme).toMatchFileSnapshot(join(root, 'agents/README.md'))
})

/** The first column of the table that follows on a header, without its quotation marks. */
const firstColumn = (readme: string, header: string) => {
  const [, after = ''] = readme.split(`| ${header} |`)
  const [table = ''] = after.split('\n\n')
  return [...table.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, cell]) => cell)
}

it.each([
  ['Cause', 'Cause ='],
  ['Entry', 'Entry ='],
])('the README of the journal has each kind of %s, in the order of its type', (header, type) => {
  const [, after = ''] = read('src/journal/frame.ts').split(`export type ${type}`)
  const [union = ''] = after.split('\n\n')
  const kinds = [...union.matchAll(/\bkind: '(\w+)'/g)].map(([, kind]) => kind)
  expect(kinds.length).toBeGreaterThan(4)
  expect(firstColumn(read('src/journal/README.md'), header)).toEqual(kinds)
})

it('the README of the journal names a test for each bad input, and that test is there', () => {
  const [, table = ''] = read('src/journal/README.md').split('| Shown by |\n')
  const rows = [...table.matchAll(/^\| (?!---).*\| `([^`]+)` > (.+) \|$/gm)]
  expect(rows).toHaveLength(table.trim().split('\n').length - 1)
  for (const [, file = '', names = ''] of rows)
    for (const name of names.split(' > ')) expect(read(file), file).toContain(`'${name}'`)
})
