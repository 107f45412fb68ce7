import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts'
import { within } from '../../src/cli/interruption.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { tellWhy } from '../../src/cli/why.ts'
import { framesIn } from './frames-in.ts'
import type { Options } from './options.ts'

/**
 * Tells what led to an event, link by link, back to somebody outside.
 *
 * @param event its id, or its type for the newest of it
 * @param where a data directory, a record or a scenario; none for all scenarios
 * @throws UsageError if it is not there; RecordError; what the journal throws; LateError; the reason of the signal
 */
export function why(
  event: string,
  where: string | undefined,
  options: Options,
  signal: AbortSignal,
): Promise<ExitCode> {
  return within(options.timeout, signal, async either => {
    const check = ({ type }: { readonly type: string }) => {
      if (where === undefined && type !== event) throw new UsageError(whichRun(event))
    }
    const { json, verbose } = options
    const sources = framesIn(where, { ...options, signal: either })
    await tellWhy(event, sources, { json, verbose, where: where ?? 'any scenario', check })
    return exitCodes.ok
  })
}

function whichRun(id: string): string {
  return `"${id}" is an id, and every run has its own. Say which one: why ${id} WHERE, a scenario, a record or a directory.`
}
