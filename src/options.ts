import { TroupeError } from './errors.ts'
import { didYouMean } from './nearest.ts'

/** The names of all options of a kind; the compiler says which is missing. */
export type OptionNames<O> = Readonly<Record<keyof O, true>>

/**
 * Refuses options that nobody knows: a name that is misspelt would be an option that is not set.
 *
 * @param of what takes the options, such as `bus.publish`
 * @throws UnknownOptionError
 */
export function checkOptionNames(of: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const option in options)
    if (Object.hasOwn(options, option) && !Object.hasOwn(known, option))
      throw new UnknownOptionError(of, option, Object.keys(known))
}

/** There is no such option. */
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
