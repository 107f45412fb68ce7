import { parseArgs } from 'node:util'
import { didYouMean } from '../nearest.ts'
import { checkFlags } from './arguments.ts'
import type { Command, Typed } from './command.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { faultText } from './fault.ts'
import { type Flags, onOff } from './flag.ts'
import { type HelpText, helpOf } from './help.ts'
import { untilInterrupted } from './interruption.ts'
import { say, tell } from './output.ts'
import { UsageError, understood } from './usage-error.ts'

/** A program with commands. */
export interface Program extends HelpText {
  /** The command that people type, such as `troupe`. */
  readonly call: string
  /** The command that runs if none is named; without it, the help is printed. */
  readonly alone?: Command
  /** What to type instead of an unknown command, if no command has a similar name. */
  readonly unknown?: (word: string) => string
  /** The version that `--version` prints; without it, the program has no such flag. */
  readonly version?: () => string
}

/** The flags of every command. */
const always = {
  'no-color': onOff('plain text, as with NO_COLOR'),
  help: onOff('this text', 'h'),
} as const

/** Runs the command that a command line names, and returns the exit code. Errors are printed. */
export async function runProgram(program: Program, args: readonly string[]): Promise<ExitCode> {
  try {
    const { command, words, typed } = read(program, args)
    if (typed['no-color'] === true) process.env['NO_COLOR'] = '1'
    if (typed['version'] === true && program.version) say(program.version())
    else if (command === undefined || typed['help'] === true)
      process.stdout.write(helpOf({ ...program, columns: columnsOf(program) }, flagsOf(program)))
    else return await untilInterrupted(signal => command.run(words, typed, signal))
    return exitCodes.ok
  } catch (error) {
    tell(faultText(error))
    return error instanceof UsageError ? exitCodes.usage : exitCodes.environment
  }
}

/** The columns of the help: no more than the terminal has. */
function columnsOf({ columns }: Program): number {
  return Math.min(columns, process.stdout.columns ?? columns)
}

/** A command line that was understood. */
interface Line {
  /** `undefined`: no command is named, and the program has no command that runs alone. */
  readonly command: Command | undefined
  readonly words: readonly string[]
  readonly typed: Typed
}

/** @throws UsageError */
function read(program: Program, args: readonly string[]): Line {
  const flags = flagsOf(program)
  checkFlags(args, flags)
  const options = Object.entries(flags).map(([name, { value, short }]) => {
    const type: 'boolean' | 'string' = value === undefined ? 'boolean' : 'string'
    return [name, { type, ...(short !== undefined && { short }) }] as const
  })
  const { values: typed, positionals } = understood(program.call, () =>
    parseArgs({ args: [...args], allowPositionals: true, options: Object.fromEntries(options) }),
  )
  const [first, ...words] = positionals
  const command = first === undefined ? program.alone : commandNamed(program, first)
  // With `--help` or `--version`, mistakes in the rest of the line do not matter.
  if (typed['help'] !== true && typed['version'] !== true) {
    checkTaken(Object.keys(typed), command, first)
    if (command) checkWords(program, command, words)
  }
  return { command, words, typed }
}

/** All flags of a program, in the order of its help. */
function flagsOf({ commands, alone, version }: Program): Flags {
  const all = [...commands, ...(alone ? [alone] : [])].flatMap(({ flags }) => Object.entries(flags))
  return { ...Object.fromEntries(all), ...always, ...(version && { version: onOff('the version of Troupe') }) }
}

function commandNamed({ commands, unknown }: Program, word: string): Command {
  const command = commands.find(({ name }) => name === word)
  if (command) return command
  const known = commands.map(({ name }) => name)
  throw new UsageError(
    `There is no command "${word}".${didYouMean(word, known) || ` There are: ${known.join(', ')}.${unknown?.(word) ?? ''}`}`,
  )
}

/** @throws UsageError if a flag is not one of the command's */
function checkTaken(typed: readonly string[], command: Command | undefined, name: string | undefined): void {
  const other = typed.find(flag => !Object.hasOwn({ ...command?.flags, ...always }, flag))
  if (other === undefined) return
  throw new UsageError(
    name === undefined
      ? `--${other} of which command? See --help.`
      : `--${other} is not an option of ${name}. See --help.`,
  )
}

/** @throws UsageError if there are more words or fewer than the command takes, or one is blank */
function checkWords(
  { call }: Program,
  { name, help, words: [least, most], misused }: Command,
  words: readonly string[],
) {
  const usage = `Say: ${Object.keys(help)
    .map(one => `${call} ${one}`)
    .join(', or ')}`
  if (words.length < least || words.length > most) throw new UsageError(misused?.(words) ?? usage)
  const blank = words.findIndex(word => word.trim() === '')
  if (blank >= 0) throw new UsageError(`Word ${blank + 1} of ${name} is blank. ${usage}`)
}
