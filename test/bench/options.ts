import { parseArgs } from 'node:util'
import type { Scale, Suite } from './suite.ts'

/** What the command line asks for. */
export interface Options {
  readonly suites: readonly Suite[]
  readonly scale: Scale
  readonly json: boolean
}

/** @throws UsageError */
export function readOptions(args: readonly string[], known: readonly Suite[]): Options {
  const { json, smoke, positionals } = parse(args)
  const unknown = positionals.find(name => known.every(suite => suite.name !== name))
  if (unknown !== undefined) throw new UsageError(`There is no suite "${unknown}". ${usage(known)}`)
  const suites = positionals.length === 0 ? known : known.filter(({ name }) => positionals.includes(name))
  return { suites, scale: smoke ? 'smoke' : 'full', json }
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, smoke: { type: 'boolean', default: false } },
    })
    return { ...values, positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`)
  }
}

function usage(known: readonly Suite[]): string {
  return `npm run bench -- [${known.map(({ name }) => name).join(' | ')} ...] [--json] [--smoke]`
}

/** The command line asks for something that there is not. */
export class UsageError extends Error {}
