import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

/** Which runtime, that does not keep its promises, a test has to be red on: see test/support/stand-in.ts. */
export const standIns = ['silent', 'broken'] as const

/** One row of test/promises.md. */
export interface Promised {
  /** Where it is said, such as `S1:19`. */
  readonly at: string
  readonly what: string
  /** From the root of the project. */
  readonly file: string
  /** The names of its groups and its own, as templates where they come from a table, joined by ` > `. */
  readonly test: string
  readonly keeper: string
  readonly redOn: string
}

/** A row of what is promised and not kept yet. */
export interface Missing {
  readonly at: string
  readonly what: string
  readonly when: string
}

const cells = readFileSync(join(root, 'test/promises.md'), 'utf8')
  .split('\n')
  .filter(line => line.startsWith('|') && !line.startsWith('| Said at ') && !line.startsWith('| ---'))
  .map(line => line.split('|').map(cell => cell.trim()))

const hasCells = (count: number) => (row: readonly string[]) => row.length === count + 2

/** Rows of neither table. */
export const strange = cells.filter(row => !hasCells(5)(row) && !hasCells(3)(row))

export const promised: readonly Promised[] = cells
  .filter(hasCells(5))
  .map(([, at = '', what = '', shownBy = '', keeper = '', redOn = '']) => {
    const [file = '', ...names] = shownBy.split(' > ')
    return { at, what, file: `test/${file}`, test: names.join(' > '), keeper, redOn }
  })

export const missing: readonly Missing[] = cells
  .filter(hasCells(3))
  .map(([, at = '', what = '', when = '']) => ({ at, what, when }))

/** What a name is called once a table has filled in `%s`, `$field` and their like. */
export function namesOf(template: string): RegExp {
  const parts = template.split(/%[sdifjoO]|\$[\w.]+/)
  return new RegExp(`^${parts.map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`, 's')
}
