/** An option of a command: how the help shows it, and how its value is read. */
export interface Flag<T = unknown> {
  /** The placeholder of the value in the help, such as `N`; `undefined` for a flag without a value. */
  readonly value?: string
  /** One letter, such as `h` for `-h`. */
  readonly short?: string
  /** One sentence or two. A flag without help is not listed: the help of its command mentions it. */
  readonly help?: string
  /**
   * Turns the text on the command line into the value for the command.
   *
   * @param given `undefined` where the flag is absent, `true` for a flag without a value
   * @throws UsageError
   */
  read(given: string | boolean | undefined): T
}

/** Flags by name, in the order of the help. */
export type Flags = Readonly<Record<string, Flag>>

/** The values that a command gets for its flags. */
export type Given<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never }

/**
 * A flag that is on or off.
 *
 * @example
 * const quiet = onOff('only what fails')
 */
export function onOff(help?: string, short?: string): Flag<boolean> {
  return { ...(help !== undefined && { help }), ...(short !== undefined && { short }), read: given => given === true }
}

/**
 * A flag with a value.
 *
 * @example
 * const seed = valued('N', 'another history', text => wholeNumber('--seed', text))
 *
 * @param value the placeholder of the value in the help
 * @param read turns the text into a value, or throws a UsageError
 * @param usual the text if the flag is absent; without it, the command then gets `undefined`
 */
export function valued<T>(value: string, help: string, read: (text: string) => T): Flag<T | undefined>
export function valued<T>(value: string, help: string, read: (text: string) => T, usual: string): Flag<T>
export function valued<T>(value: string, help: string, read: (text: string) => T, usual?: string): Flag<T | undefined> {
  return {
    value,
    help,
    read(given) {
      const text = typeof given === 'string' ? given : usual
      return text === undefined ? undefined : read(text)
    },
  }
}

/** Reads a value that is any text. */
export function anyText(text: string): string {
  return text
}
