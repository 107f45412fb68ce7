import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** The files that must not be wrong. The command mutates them if it is given no files. */
export const subjects: readonly string[] = [
  'src/backoff.ts',
  'src/supervision/strategy.ts',
  'src/supervision/restart-intensity.ts',
  'src/supervision/child-spec.ts',
  'src/supervision/supervisor.ts',
  'src/mail/mailbox.ts',
  'src/mail/lane.ts',
  'src/mail/lanes.ts',
  'src/mail/spill.ts',
  'src/mail/aging.ts',
  'src/invoke/ask-table.ts',
  'src/invoke/ask-circles.ts',
  'src/journal/step-frame.ts',
  'src/journal/frame.ts',
  'src/journal/watermark.ts',
  'src/journal/append.ts',
  'src/journal/recall.ts',
  ...globSync('src/journal/fold/*.ts', { cwd: root }).toSorted(),
  ...globSync('src/recovery/*.ts', { cwd: root }).toSorted(),
  'src/bus/rate-limits.ts',
  'src/bus/rate-meter.ts',
  'src/time/schedule.ts',
  'src/time/occurrences.ts',
  'src/time/cron.ts',
  'src/state/fold.ts',
  'src/state/store.ts',
]

/** Suites whose tests run the sources in another process, or are about their text. */
const outside = [
  'playground',
  'processes',
  'simulate',
  'mutation',
  'sqlite',
  'cli',
  'walks',
  'package',
  'kill',
  'browser',
  'scale',
  'docs',
  'inspect',
]

/** All tests that a mutant can fail. */
export function allTests(): readonly string[] {
  return globSync('test/*/**/*.test.ts', { cwd: root })
    .filter(file => !outside.includes(file.split('/')[1] ?? ''))
    .toSorted()
}

/** Tests in other rooms that are about a subject. */
const alsoTested: Readonly<Record<string, readonly string[]>> = {
  'src/journal': ['test/recovery', 'test/partition', 'test/party/durable.test.ts'],
  'src/journal/fold': ['test/journal', 'test/recovery', 'test/partition'],
  'src/supervision': ['test/recovery/giving-up.test.ts'],
  'src/state': ['test/party'],
  'src/mail': ['test/bus/urgency.test.ts', 'test/recovery/letters.test.ts'],
  'src/time': ['test/readers/schedules.test.ts'],
}

/** The tests that are named after a file, by their place or in the README of the tests. */
export function namedAfter(source: string): readonly string[] {
  const own = source.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts')
  return [own, testInTable(source)].filter(file => existsSync(join(root, file)))
}

/** The tests of a file: those of its name and place, of its room, and the one that the README of the tests names. */
export function testsOf(source: string): readonly string[] {
  const room = dirname(source)
  const places = room === 'src' ? [] : [room.replace(/^src/, 'test'), ...(alsoTested[room] ?? [])]
  const named = namedAfter(source)
  const others = allTests().filter(file => !named.includes(file) && places.some(place => within(file, place)))
  return [...named, ...others]
}

function within(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`)
}

function testInTable(source: string): string {
  const table = readFileSync(join(root, 'test/README.md'), 'utf8')
  const name = source.replace(/^src\//, '').replace(/\.ts$/, '')
  const row = table.split('\n').find(line => line.startsWith('| [') && line.includes(`\`${name}\``))
  return `test/${row?.match(/^\| \[(\S+)\]/)?.[1] ?? ''}.test.ts`
}

/** Why a file cannot be mutated; `undefined` if it can. */
export function whyNot(file: string): string | undefined {
  if (!file.startsWith('src/')) return `"${file}" is not a file of src.`
  return existsSync(join(root, file)) ? undefined : `There is no file "${file}".`
}
