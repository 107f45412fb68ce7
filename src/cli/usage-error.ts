/** The command line cannot be understood; its message says what to type instead. */
export class UsageError extends Error {}

/**
 * Reads a command line.
 *
 * @param command the command whose `--help` the error recommends, such as `troupe`
 * @throws UsageError where `read` throws
 */
export function understood<T>(command: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    // Only the first sentence of Node's error is used: it names the option. The rest explains values that start with a dash.
    const [what] = (error instanceof Error ? error.message : `${error}`).split('. ')
    throw new UsageError(`${what}. See ${command} --help.`)
  }
}
