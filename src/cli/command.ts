import type { ExitCode } from './exit-codes.ts'
import type { Flags, Given } from './flag.ts'

/** The options of a command line as they were typed, by name. */
export type Typed = Readonly<Record<string, string | boolean | undefined>>

/** A command of a program: what may be typed, what the help says, and what it does. */
export interface Command {
  readonly name: string
  /** Lines of the help, by usage, such as `replay FILE`. */
  readonly help: Readonly<Record<string, string>>
  readonly flags: Flags
  /** How many words follow the name. */
  readonly words: readonly [least: number, most: number]
  /** What to type instead if the number of words is wrong; without it, the usage. */
  readonly misused?: (words: readonly string[]) => string
  /** Runs the command. @throws UsageError if a flag or a word cannot be understood; the reason of the signal */
  run(words: readonly string[], typed: Typed, signal: AbortSignal): Promise<ExitCode>
}

interface CommandSpec<F extends Flags> extends Omit<Command, 'run'> {
  readonly flags: F
  /** Runs the command with the values of its flags. */
  run(words: readonly string[], given: Given<F>, signal: AbortSignal): Promise<ExitCode>
}

/**
 * Declares a command, and infers the types of its flags' values.
 *
 * @example
 * export const greet = defineCommand({
 *   name: 'greet',
 *   help: { 'greet NAME': 'says hello' },
 *   flags: { loud: onOff('in capitals') },
 *   words: [1, 1],
 *   async run([name], { loud }) {
 *     say(loud ? `HELLO ${name}` : `Hello ${name}`)
 *     return exitCodes.ok
 *   },
 * })
 */
export function defineCommand<F extends Flags>(spec: CommandSpec<F>): Command {
  return { ...spec, run: (words, typed, signal) => spec.run(words, given(spec.flags, typed), signal) }
}

function given<F extends Flags>(flags: F, typed: Typed): Given<F> {
  const values = Object.entries(flags).map(([name, flag]) => [name, flag.read(typed[name])])
  // Each value was read by the flag of the same name.
  return Object.fromEntries(values) as Given<F>
}
