import { appendFileSync, readFileSync } from 'node:fs'

/** What one process of vitest has to do. */
export interface Job {
  /** The files that are mutated, relative to the project. */
  readonly files: readonly string[]
  /** The mutants that are still alive, in the order in which they are tried. */
  readonly alive: readonly number[]
  /** A mutant that is active from the start, because its code runs when the modules are loaded. */
  readonly always?: number
  /** Tests that another process has finished already, or that ended it. */
  readonly done: readonly string[]
  /** Milliseconds; tests that take longer are left for later. */
  readonly patience: number
  /** How many tests try a mutant that no test of the same subject kills. */
  readonly tests: number
  /** How many tests have tried each mutant already. */
  readonly tried: readonly (readonly [mutant: number, tests: number])[]
  /** The file of the log. */
  readonly log: string
}

/** What happened, one line each in the log: the process may end at any time. */
export type Fact =
  | { readonly kind: 'try'; readonly test: string; readonly mutant: number }
  | { readonly kind: 'killed'; readonly mutant: number; readonly by: string }
  | { readonly kind: 'survived'; readonly mutant: number }
  /** Mutants that run when modules are loaded. */
  | { readonly kind: 'static'; readonly mutants: readonly number[] }
  /** A test is over: the mutants that it reached. */
  | { readonly kind: 'done'; readonly test: string; readonly file: string; readonly reached: readonly number[] }
  /** A test takes too long for now. */
  | { readonly kind: 'slow'; readonly test: string }
  /** A test that fails without a mutant proves nothing. */
  | { readonly kind: 'unfit'; readonly test: string; readonly name: string }
  /** A mutant left something behind that makes tests fail: the process cannot go on. */
  | { readonly kind: 'spoilt' }

const name = 'TROUPE_MUTATION'

export function jobIn(environment: NodeJS.ProcessEnv): Job {
  const job: Job = JSON.parse(readFileSync(environment[name] ?? '', 'utf8'))
  return job
}

export function environmentFor(jobFile: string): NodeJS.ProcessEnv {
  return { ...process.env, [name]: jobFile }
}

export function note(log: string, fact: Fact): void {
  appendFileSync(log, `${JSON.stringify(fact)}\n`)
}

export function factsIn(log: string): readonly Fact[] {
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return lines.map((line): Fact => JSON.parse(line))
}
