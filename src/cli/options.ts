import { parseArgs } from 'node:util'
import { didYouMean } from '../nearest.ts'
import { checkFlags, countOf, portOf } from './arguments.ts'
import { ports } from './ports.ts'
import { UsageError, understood } from './usage-error.ts'

const flags = {
  app: { type: 'string' },
  json: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  party: { type: 'string' },
  port: { type: 'string' },
  stately: { type: 'boolean' },
  to: { type: 'string' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

type Flag = keyof typeof flags

/** What a command takes: words, from the least to the most, as its help names them; and options besides those of all. */
interface Taken {
  readonly words: readonly [least: number, most: number]
  readonly usage: string
  readonly flags: readonly Flag[]
}

const commands = {
  doctor: { words: [0, 1], usage: 'doctor [DIR]', flags: ['app', 'json'] },
  why: { words: [2, 2], usage: 'why EVENT WHERE', flags: ['json', 'verbose'] },
  replay: { words: [1, 1], usage: 'replay WHERE', flags: ['app', 'json', 'party', 'to', 'verbose'] },
  record: { words: [2, 2], usage: 'record DIR FILE', flags: ['app', 'json'] },
  export: { words: [0, 2], usage: 'export DIR [PARTY]', flags: ['app', 'json'] },
  inspect: { words: [0, 1], usage: 'inspect [DIR]', flags: ['app', 'port', 'stately'] },
} as const satisfies Readonly<Record<string, Taken>>

/** A command of `troupe`. */
export type Command = keyof typeof commands

const forAll: readonly Flag[] = ['help', 'no-color', 'version']

/** What the person asked for on the command line. */
export interface Options {
  /** None: help, or the version. */
  readonly command: Command | undefined
  /** What it is about, in the order of its usage. */
  readonly words: readonly string[]
  /** The module of an application. */
  readonly app: string | undefined
  readonly json: boolean
  readonly color: boolean
  /** The only party that is looked at. */
  readonly party: string | undefined
  /** Where streams are served; none: the first that is free. */
  readonly port: number | undefined
  /** Whether the inspector of Stately shows them. */
  readonly stately: boolean
  /** After how many frames; none: all. */
  readonly to: number | undefined
  readonly verbose: boolean
  readonly help: boolean
  readonly version: boolean
}

export const help = `Looks at what agents did: at a data directory of sqliteJournal({ directory }).
Nothing in it is changed, and a program may have it open meanwhile.

  npx troupe COMMAND [options]

  doctor [DIR]        whether Troupe can run here; how a directory, its parties,
                      dead letters and readers are, and what to do
  why EVENT WHERE     what led to an event, back to somebody outside; EVENT is
                      an id, or a type for the newest of it
  replay WHERE        what happened, event by event; with --app, the states of
                      the parties that it adds up to
  record DIR FILE     all of a directory in one file, to be kept or sent
  export DIR [PARTY]  a party as the lines that runtime.parties.import takes
  export --app FILE   the machines of its agents as Mermaid state diagrams
  inspect DIR         its agents, as they stand there, for inspectors
  inspect --app FILE  the agents of the runtime that it exports, as they run

  WHERE is a data directory, or a file that record or export has written.

  --app FILE    a module of yours that exports the party, agents or a runtime:
                what is compared, replayed or shown with your code
  --party ID    replay one party alone
  --to N        replay only so many frames
  --port N      where inspect serves; 0 for any that is free; ${ports.first} by
                default, or the next free one
  --stately     inspect in the inspector of Stately: its page comes from
                https://stately.ai, and is told what is shown
  --json        JSON Lines on stdout, and nothing else
  --verbose     payloads as long as they are
  --no-color    plain text, as with NO_COLOR
  -h, --help    this text
  --version     the version of Troupe

Exit codes: 0 ok, 1 something is not as it should be, 2 usage, 3 environment,
130 interrupted.
`

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  checkFlags(args, flags)
  const { values, positionals } = understood('troupe', () =>
    parseArgs({ args: [...args], allowPositionals: true, options: flags }),
  )
  const [first, ...words] = positionals
  const command = first === undefined ? undefined : commandOf(first)
  const isAnswered = values.help === true || values.version === true
  if (command !== undefined && !isAnswered) check(command, words, Object.keys(values).filter(isFlag))
  else if (!isAnswered)
    for (const flag of Object.keys(values))
      if (flag !== 'no-color') throw new UsageError(`--${flag} of which command? See --help.`)
  return {
    command,
    words,
    app: values.app,
    json: values.json ?? false,
    color: !values['no-color'],
    party: values.party,
    port: values.port === undefined ? undefined : portOf(values.port),
    stately: values.stately ?? false,
    to: values.to === undefined ? undefined : countOf('--to', values.to),
    verbose: values.verbose ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
  }
}

function isFlag(word: string): word is Flag {
  return Object.hasOwn(flags, word)
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(commands, word)
}

function commandOf(word: string): Command {
  if (isCommand(word)) return word
  const known = Object.keys(commands)
  throw new UsageError(`There is no command "${word}".${didYouMean(word, known) || ` There are: ${known.join(', ')}.`}`)
}

function check(command: Command, words: readonly string[], given: readonly Flag[]): void {
  const {
    words: [least, most],
    usage,
    flags: taken,
  }: Taken = commands[command]
  const blank = words.findIndex(word => word.trim() === '')
  if (blank >= 0) throw new UsageError(`Word ${blank + 1} of ${command} is blank. Say: troupe ${usage}`)
  if (words.length < least || words.length > most) throw new UsageError(`Say: troupe ${usage}`)
  const other = given.find(flag => !taken.includes(flag) && !forAll.includes(flag))
  if (other !== undefined) throw new UsageError(`--${other} is not an option of ${command}. See --help.`)
  if (command === 'export' && words.length === 0 && !given.includes('app'))
    throw new UsageError('Export what? export DIR [PARTY], or export --app FILE for the machines of its agents.')
  if (command === 'export' && words.length > 0 && (given.includes('app') || given.includes('json')))
    throw new UsageError('A party is exported as it is saved: say export DIR [PARTY] without --app and --json.')
}
