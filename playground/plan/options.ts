import { parseArgs } from 'node:util'
import { UsageError, understood } from '../../src/cli/usage-error.ts'

/** What the person asked for on the command line. */
export interface Options {
  /** None: the sample party, or what is in `data` already. */
  readonly inputs: readonly string[] | undefined
  /** The directory of the journal; none: in memory. */
  readonly data: string | undefined
  readonly json: boolean
  readonly help: boolean
}

/** The party that is planned when nobody says which. */
export const sampleInputs = [
  'jungle theme party for 75 guests',
  'outdoor venue downtown under $1500',
  'two tier vegan chocolate cake',
  'photographer and balloons',
  'buffet, two guests are gluten free',
  'we want to spend at most $3000',
]

export const help = `Plans a party from plain sentences.

  npm start -- [options] ["input" "input" ...]

  npm start                                               plans a sample party
  npm start -- "space party for 20 kids" "vegan cake"     plans yours
  npm start -- --data parties "vegan cake"                plans yours, and keeps it in the directory "parties"
  npm start -- --data parties                             finishes what was not finished there, and shows all of it

  --data DIR  keeps the journal in this directory. What an earlier run has left there unfinished, however it ended, goes on
              first; then your inputs are planned. Without inputs, the sample is planned if no party is there yet
  --json      JSON Lines on stdout: every frame that is written to the journal, then the result: of the party that was
              planned, or else of the newest one there
  -h, --help  this text

Exit codes: 0 planned, 2 usage, 3 environment, 4 timeout, 130 interrupted.
`

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  if (values.data?.trim() === '') throw new UsageError('--data is blank. Name a directory, for example --data parties.')
  const blank = positionals.findIndex(input => input.trim() === '')
  if (blank >= 0) throw new UsageError(`Input ${blank + 1} is blank. Say what you want, for example "vegan cake".`)
  return {
    inputs: positionals.length > 0 ? positionals : undefined,
    data: values.data,
    json: values.json ?? false,
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  return understood('npm start --', () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { data: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }),
  )
}
