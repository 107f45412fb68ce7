import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

/** Mutants that no test can kill, because the changed code does the same. */
export interface Equivalent {
  readonly file: string
  /** The line in which the mutated code begins, without the spaces around it. */
  readonly line: string
  /** Where it begins in that line, counted from 1 with the spaces. */
  readonly column: number
  readonly original: string
  readonly replacement: string
  readonly why: string
}

/** The mutants of test/mutation/equivalent.json. */
export function equivalents(): readonly Equivalent[] {
  const known: readonly Equivalent[] = JSON.parse(readFileSync(join(import.meta.dirname, 'equivalent.json'), 'utf8'))
  return known
}

/** Whether a mutant is the one that an entry means. @param lines the lines of its file */
export function isMeant(entry: Equivalent, mutant: Mutant, lines: readonly string[]): boolean {
  return (
    entry.file === mutant.file &&
    entry.column === mutant.column &&
    entry.original === mutant.original &&
    entry.replacement === mutant.replacement &&
    entry.line === lineOf(mutant, lines)
  )
}

export function lineOf({ line }: Mutant, lines: readonly string[]): string {
  return (lines[line - 1] ?? '').trim()
}
