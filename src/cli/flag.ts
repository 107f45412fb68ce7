/** An option of a command: how the help shows it, and what the command gets. */
export interface Flag<T = unknown> {
  /** Stands for the value in the help, such as `N`. A flag without a value has none. */
  readonly value?: string
  /** One letter, such as `h` for `-h`. */
  readonly short?: string
  /** One sentence or two. A flag without help is not listed: the help of its command mentions it. */
  readonly help?: string
  /**
   * Turns what stands on the command line into what the command gets.
   *
   * @param given `undefined` where the flag is absent, `true` for a flag without a value
   * @throws UsageError
   */
  read(given: string | boolean | undefined): T
}

/** Flags by name, in the order of the help. */
export type Flags = Readonly<Record<string, Flag>>

/** What a command gets for its flags. */
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
 * @param value stands for the value in the help
 * @param read turns the text into a value, and throws a UsageError where it cannot
 * @param usual the text where the flag is absent; without it the command gets `undefined`
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
