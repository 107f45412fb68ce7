import { TroupeError } from './errors.ts'
import { didYouMean } from './nearest.ts'

/** The names of all options of a kind; the compiler says which is missing. */
export type OptionNames<O> = Readonly<Record<keyof O, true>>

/**
 * Refuses unknown options: an option with a misspelt name would be ignored silently.
 *
 * @param of the function that takes the options, such as `bus.publish`
 * @throws UnknownOptionError
 */
export function checkOptionNames(of: string, options: object, known: Readonly<Record<string, true>>): void {
  // The first check is fast, and nearly always enough.
  for (const option in options)
    if (known[option] !== true && Object.hasOwn(options, option))
      throw new UnknownOptionError(of, option, Object.keys(known))
}

/**
 * Refuses a wrong word for an option: without this check, it would act like one of the right words.
 *
 * @param of whose option it is, such as `agent "venue"`
 * @throws OptionValueError
 */
export function checkChoice(of: string, option: string, given: unknown, choices: readonly string[]): void {
  if (typeof given !== 'string' || !choices.includes(given)) throw new OptionValueError(of, option, given, choices)
}

/** An option has a value that it does not take. */
export class OptionValueError extends TroupeError {
  readonly code = 'OPTION_VALUE'
  readonly of: string
  readonly option: string
  readonly received: unknown
  readonly choices: readonly string[]
  constructor(of: string, option: string, received: unknown, choices: readonly string[]) {
    const shown = typeof received === 'string' ? `"${received}"` : `a value of type ${typeof received}`
    const listed = choices.map(one => `"${one}"`).join(', ')
    super(`The ${of} cannot have ${shown} as "${option}". Use ${listed.replace(/, ([^,]+)$/, ' or $1')}.`)
    this.of = of
    this.option = option
    this.received = received
    this.choices = choices
  }
}

/** An option has a name that is unknown. */
export class UnknownOptionError extends TroupeError {
  readonly code = 'OPTION_UNKNOWN'
  readonly of: string
  readonly option: string
  readonly known: readonly string[]
  constructor(of: string, option: string, known: readonly string[]) {
    super(`${of} has no option "${option}".${didYouMean(option, known)} It has: ${known.join(', ')}.`)
    this.of = of
    this.option = option
    this.known = known
  }
}
