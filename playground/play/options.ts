import { parseArgs } from 'node:util'
import { checkFlags, countOf, portOf, wholeNumber } from '../../src/cli/arguments.ts'
import { ports } from '../../src/cli/ports.ts'
import { UsageError, understood } from '../../src/cli/usage-error.ts'
import { didYouMean } from '../../src/nearest.ts'

const flags = {
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  seed: { type: 'string' },
  record: { type: 'string' },
  watch: { type: 'boolean' },
  verify: { type: 'boolean' },
  to: { type: 'string' },
  port: { type: 'string' },
  stately: { type: 'boolean' },
  mermaid: { type: 'boolean' },
  speed: { type: 'string' },
  'real-time': { type: 'boolean' },
  timeout: { type: 'string' },
  quiet: { type: 'boolean' },
  verbose: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Flag = keyof typeof flags

/** The commands, and the options that each takes besides `--help` and `--no-color`. */
const commands = {
  list: ['json'],
  run: ['all', 'json', 'seed', 'record', 'watch', 'speed', 'real-time', 'timeout', 'quiet', 'verbose'],
  export: ['mermaid', 'json'],
  replay: ['to', 'verify', 'json', 'timeout'],
  why: ['json', 'seed', 'timeout', 'verbose'],
  inspect: ['port', 'stately', 'seed', 'speed', 'quiet'],
  doctor: ['json'],
} as const satisfies Readonly<Record<string, readonly Flag[]>>

/** A command of `play`. */
export type Command = keyof typeof commands

const forAll: readonly Flag[] = ['help', 'no-color']

/** What the person asked for on the command line. */
export interface Options {
  /** None: the person chooses. */
  readonly command: Command | undefined
  /** What the command is about: names of scenarios, say. */
  readonly names: readonly string[]
  readonly all: boolean
  readonly json: boolean
  readonly seed: number | undefined
  /** The file that the run is written to. */
  readonly record: string | undefined
  /** Whether to play again whenever a file changes. */
  readonly watch: boolean
  /** After how many frames of the record; none: all. */
  readonly to: number | undefined
  /** Whether the record is played again. */
  readonly verify: boolean
  /** Where streams are served; none: the first that is free. */
  readonly port: number | undefined
  /** Whether the inspector of Stately shows them. */
  readonly stately: boolean
  /** How many times faster than a clock on the wall; none: as fast as it goes. */
  readonly speed: number | undefined
  /** Milliseconds that one scenario may take. */
  readonly timeout: number
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color: boolean
  readonly help: boolean
}

export const help = `Plays scenarios: small programs, each of which shows one pattern and asserts it.

  npm run play -- [command] [options]

  list                 what there is
  run NAME... | --all  plays them, on simulated time
  replay FILE          how the parties of a record stand in the end, and whether that is where the run ended
  why EVENT [WHERE]    what led to it, back to somebody outside; EVENT is an id, or a type for the newest of it, and WHERE a
                       directory of npm start -- --data, a record, or a scenario: all of them, if left out
  inspect [NAME]       serves a scenario, or jungle-party, to inspectors on this machine; it begins when somebody looks
  export NAME...       the machines of its agents: as Mermaid state diagrams (--mermaid, the default), or --json
  doctor               whether this machine can run everything here, and what to do if not
  (nothing)            asks which one to play, on a terminal; elsewhere, list

  --json        JSON Lines on stdout and nothing else: every frame that is written to the journal, and for each scenario a
                last line with its result
  --seed N      another history: the same number gives the same one
  --record F    writes the run of one scenario down, for replay
  --watch       plays again whenever a file of the project changes, and tells what is different then; Ctrl-C ends it
  --to N        replay only so many of its frames
  --verify      play it again as well, and compare every frame and the end; the first difference is named
  --port N      where inspect serves; 0 for any that is free, ${ports.first} or the next free one by default
  --stately     inspect in the inspector of Stately: its page comes from https://stately.ai, and is told what is played
  --speed N     so many times faster than a clock on the wall, instead of as fast as it goes
  --real-time   the same as --speed 1
  --timeout T   how long one scenario may take, such as 30s, 500ms or 2m; 60s by default
  --quiet       only what fails
  --verbose     what is said, too
  --no-color    plain text, as with NO_COLOR
  -h, --help    this text

Exit codes: 0 ok, 1 an assert fails or a replay differs, 2 usage, 3 environment, 4 timeout, 130 interrupted.
`

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  checkFlags(args, flags)
  const { values, positionals } = understood('npm run play --', () =>
    parseArgs({ args: [...args], allowPositionals: true, options: flags }),
  )
  const [first, ...names] = positionals
  const command = first === undefined ? undefined : commandOf(first)
  for (const flag of Object.keys(values)) if (isFlag(flag)) checkTaken(flag, command)
  if (command === 'run') checkNamed(names, values.all ?? false)
  else if (command === 'replay') checkOneFile(names)
  else if (command === 'why') checkEvent(names)
  else if (command === 'inspect') checkOneAtMost(names)
  else if (command === 'export') checkSome(names)
  else if (names.length > 0) throw new UsageError(`${command} takes no names. To play them: run ${names.join(' ')}`)
  if (values.record !== undefined && (values.all || names.length !== 1))
    throw new UsageError('A record is of one scenario. Name one: run NAME --record FILE')
  if (values.watch && (values.json || values.record !== undefined))
    throw new UsageError('--watch tells people what a change does. Say it without --json and --record.')
  if (values.speed !== undefined && values['real-time']) throw new UsageError('Say --speed or --real-time, not both.')
  return {
    command,
    names,
    all: values.all ?? false,
    json: values.json ?? false,
    seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed),
    record: values.record,
    watch: values.watch ?? false,
    to: values.to === undefined ? undefined : countOf('--to', values.to),
    verify: values.verify ?? false,
    port: values.port === undefined ? undefined : portOf(values.port),
    stately: values.stately ?? false,
    speed: values['real-time'] ? 1 : speedOf(values.speed),
    timeout: values.timeout === undefined ? 60_000 : milliseconds(values.timeout),
    quiet: values.quiet ?? false,
    verbose: values.verbose ?? false,
    color: !values['no-color'],
    help: values.help ?? false,
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
  throw new UsageError(
    `There is no command "${word}".${didYouMean(word, known) || ` There are: ${known.join(', ')}. To play a scenario: run ${word}`}`,
  )
}

function checkTaken(flag: Flag, command: Command | undefined): void {
  const taken: readonly Flag[] = command === undefined ? commands.list : commands[command]
  if (taken.includes(flag) || forAll.includes(flag)) return
  throw new UsageError(`--${flag} is not an option of ${command ?? 'nothing; name a command'}. See --help.`)
}

function checkSome(names: readonly string[]): void {
  if (names.length === 0) throw new UsageError('Whose? export NAME... The names: list')
}

function checkNamed(names: readonly string[], all: boolean): void {
  if (all && names.length > 0) throw new UsageError('Name scenarios, or say --all, not both.')
  if (!all && names.length === 0) throw new UsageError('Which one? run NAME..., or run --all. The names: list')
}

function checkOneFile(files: readonly string[]): void {
  if (files.length !== 1) throw new UsageError('Name one record: replay FILE. To make one: run NAME --record FILE')
}

function checkEvent(words: readonly string[]): void {
  if (words.length === 1 || words.length === 2) return
  throw new UsageError(
    'Name one event, and where it is: why EVENT [WHERE], for example why party.plan.updated jungle-party',
  )
}

function checkOneAtMost(names: readonly string[]): void {
  if (names.length > 1) throw new UsageError('Name one scenario: inspect NAME. The names: list')
}

function speedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  throw new UsageError(`--speed is "${text}". Give a number above 0, for example --speed 10.`)
}

const units = { ms: 1, s: 1_000, m: 60_000 }

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? []
  const ms = Number(count) * (unit === 'ms' || unit === 's' || unit === 'm' ? units[unit] : Number.NaN)
  // What is longer, a timer of Node takes for no time.
  if (ms > 0 && ms <= 2_147_483_647) return ms
  throw new UsageError(`--timeout is "${text}". Say for example 30s, 500ms or 2m.`)
}
