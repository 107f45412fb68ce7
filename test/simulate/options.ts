import { parseArgs } from 'node:util'
import { faultNames } from './fault.ts'
import type { JournalKind } from './stored.ts'
import { allWorkloads } from './workloads/all.ts'

/** What `npm run simulate` is asked for. */
export interface Options {
  /** The first seed. */
  readonly seed: number
  /** How many seeds are run; without it, the time decides. */
  readonly seeds: number | undefined
  readonly minutes: number | undefined
  readonly journal: JournalKind
  readonly workload: string | undefined
  /** A planted fault. */
  readonly fault: string | undefined
  readonly workers: number | undefined
  /** Whether the schedule of a failure is made shorter. */
  readonly shrink: boolean
  readonly json: boolean
}

export const usage = `npm run simulate -- [--seeds N] [--minutes M] [--seed S] [--journal memory|sqlite] [--workload NAME] [--fault NAME] [--workers N] [--no-shrink] [--json]
`

/** Seeds that are run if neither a number nor a time is given. */
const usualSeeds = 1_000

/** @throws OptionError */
export function readOptions(args: readonly string[]): Options {
  const values = parsed(args)
  const seeds = wholeNumber('--seeds', values.seeds)
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
  if (minutes !== undefined && !(minutes > 0))
    throw new OptionError(`--minutes ${values.minutes} is not a positive number.`)
  return {
    // A fresh seed leaves room for the seeds that follow it.
    seed: wholeNumber('--seed', values.seed) ?? 1 + Math.floor(Math.random() * 1e9),
    seeds: seeds ?? (minutes === undefined ? usualSeeds : undefined),
    minutes,
    journal: oneOf('--journal', values.journal ?? 'memory', ['memory', 'sqlite'] as const),
    workload:
      values.workload &&
      oneOf(
        '--workload',
        values.workload,
        allWorkloads.map(({ name }) => name),
      ),
    fault: values.fault && oneOf('--fault', values.fault, faultNames()),
    workers: wholeNumber('--workers', values.workers),
    shrink: values.shrink ?? true,
    json: values.json ?? false,
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: text,
        minutes: text,
        seed: text,
        journal: text,
        workload: text,
        fault: text,
        workers: text,
        shrink: { type: 'boolean' },
        json: { type: 'boolean' },
      },
      allowNegative: true,
    }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : `${error}`)
  }
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new OptionError(`${option} ${text} is not a whole number above 0.`)
  return number
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find(one => one === text)
  if (found === undefined) throw new OptionError(`${option} ${text} is unknown; there are ${known.join(', ')}.`)
  return found
}

/** An option of the command line cannot be understood. */
export class OptionError extends Error {}
