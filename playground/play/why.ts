import { styleText } from 'node:util'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { say, tell } from '../output.ts'
import { UsageError } from '../usage-error.ts'
import { visible } from '../visible.ts'
import { Causes, type Link } from './causes.ts'
import { framesIn } from './frames-in.ts'
import { within } from './interruption.ts'
import { didYouMean } from './nearest.ts'
import type { Options } from './options.ts'

/** Characters of a payload that are shown to people. */
const shown = 100

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
    const types = new Set<string>()
    for await (const found of framesIn(where, { ...options, signal: either })) {
      const causes = new Causes(found.frames)
      const events = causes.find(event)
      const newest = events.at(-1)
      if (newest) {
        if (where === undefined && newest.type !== event) throw new UsageError(whichRun(event))
        show(causes.chain(newest.id), { ...options, where: found.where, others: events.length - 1 })
        return exitCodes.ok
      }
      for (const type of causes.types) types.add(type)
    }
    throw new UsageError(`There is no event "${event}" in ${where ?? 'any scenario'}.${hint(event, [...types])}`)
  })
}

function whichRun(id: string): string {
  return `"${id}" is an id, and every run has its own. Say which one: why ${id} WHERE, a scenario, a record or a directory.`
}
function hint(event: string, types: readonly string[]): string {
  return didYouMean(event, types) || (types.length > 0 ? ` It has: ${types.join(', ')}.` : ' Nothing was said there.')
}

interface Showing {
  readonly json: boolean
  readonly verbose: boolean
  readonly where: string
  readonly others: number
}

function show(links: readonly Link[], { json, verbose, where, others }: Showing): void {
  if (json) {
    for (const { time, ...link } of links)
      say(JSON.stringify({ kind: 'link', time: new Date(time).toISOString(), ...link }))
    say(JSON.stringify({ kind: 'result', ok: true, where, links: links.length, others }))
    return
  }
  const began = links.at(-1)?.time ?? 0
  tell(`In ${visible(where)}${others > 0 ? `, the newest of ${others + 1}` : ''}:`)
  for (const [place, { what, data, time, partition, position }] of links.entries()) {
    const text = data === undefined ? '' : ` ${JSON.stringify(data)}`
    const payload = verbose || text.length <= shown ? text : `${text.slice(0, shown)}...`
    const at = styleText('dim', `${((time - began) / 1_000).toFixed(1)} s  ${visible(partition)} at ${position}`)
    say(`${place === 0 ? '' : 'because '}${visible(what)}${visible(payload)}\n    ${at}`)
  }
}
