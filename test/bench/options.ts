import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Scale, Suite } from './suite.ts'

/** What the command line asks for. */
export interface Options {
  readonly suites: readonly Suite[]
  readonly scale: Scale
  readonly json: boolean
  /** How often each case is played, where that is not left to the suite. */
  readonly rounds: number | undefined
  /** The folder of another checkout that this one is compared with. */
  readonly against: string | undefined
}

/** @throws UsageError */
export function readOptions(args: readonly string[], known: readonly Suite[]): Options {
  const { json, smoke, rounds, only, against, positionals } = parse(args)
  const unknown = positionals.find(name => known.every(suite => suite.name !== name))
  if (unknown !== undefined) throw new UsageError(`There is no suite "${unknown}". ${usage(known)}`)
  const named = positionals.length === 0 ? known : known.filter(({ name }) => positionals.includes(name))
  const suites = named.map(suite => withCases(suite, only)).filter(({ cases }) => cases.length > 0)
  if (suites.length === 0) throw new UsageError(`No case of these suites has "${only}" in its name. ${usage(known)}`)
  if (json && against !== undefined) throw new UsageError('--against prints a table only: leave out --json.')
  return {
    suites,
    scale: smoke ? 'smoke' : 'full',
    json,
    rounds: rounds === undefined ? undefined : readRounds(rounds),
    against: against === undefined ? undefined : readFolder(against),
  }
}

/** A suite with those cases alone that have a text in their names. */
function withCases(suite: Suite, only: string): Suite {
  const isNamed = (name: string) => name.includes(only)
  return {
    ...suite,
    cases: suite.cases.filter(isNamed),
    smokeCases: (suite.smokeCases ?? suite.cases).filter(isNamed),
    goals: suite.goals.filter(goal => isNamed(goal.case)),
  }
}

function readRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0) return rounds
  throw new UsageError(`--rounds is "${text}". It must be a whole number from 1 on.`)
}

function readFolder(text: string): string {
  const folder = resolve(text)
  if (existsSync(join(folder, 'test/bench/round.ts')) && existsSync(join(folder, 'node_modules'))) return folder
  throw new UsageError(`"${text}" is no checkout with its packages installed. Run "npm ci" there first.`)
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string', default: '' },
        against: { type: 'string' },
      },
    })
    return { ...values, positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`)
  }
}

function usage(known: readonly Suite[]): string {
  const names = known.map(({ name }) => name).join(' | ')
  return `npm run bench -- [${names} ...] [--json] [--smoke] [--rounds N] [--only TEXT] [--against FOLDER]`
}

/** The command line asks for something that there is not. */
export class UsageError extends Error {}
