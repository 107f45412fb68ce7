/** The command line cannot be understood; its message says what to type instead. */
export class UsageError extends Error {}

/**
 * Reads a command line.
 *
 * @param command how its help is asked for, such as `troupe`
 * @throws UsageError where `read` throws
 */
export function understood<T>(command: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    // Its first sentence names the option; the rest is about writing options that start with a dash.
    const [what] = (error instanceof Error ? error.message : `${error}`).split('. ')
    throw new UsageError(`${what}. See ${command} --help.`)
  }
}
