import { styleText } from 'node:util'
import { causeLines } from '../journal/cause-lines.ts'
import { type CauseLink, Causes } from '../journal/causes.ts'
import { didYouMean } from '../nearest.ts'
import { say, tell } from './output.ts'
import { UsageError } from './usage-error.ts'
import { visible } from './visible.ts'
import type { Source } from './where.ts'

/** How a chain is shown. */
export interface WhyOptions {
  readonly json: boolean
  /** Whether payloads are shown in full. */
  readonly verbose: boolean
  /** Where the event is looked for, in words. */
  readonly where: string
  /** Checks the found event before it is shown. @throws UsageError */
  readonly check?: (newest: { readonly type: string }) => void
}

/**
 * Prints what led to an event, link by link, back to a caller outside the agents.
 *
 * @param event the id of the event, or a type: then the newest event of that type
 * @param sources searched in turn, until the event is found
 * @throws UsageError if there is no such event
 */
export async function tellWhy(
  event: string,
  sources: AsyncIterable<Pick<Source, 'where' | 'frames'>>,
  { where, check, ...options }: WhyOptions,
): Promise<void> {
  const types = new Set<string>()
  for await (const found of sources) {
    const causes = new Causes(found.frames)
    const events = causes.find(event)
    const newest = events.at(-1)
    if (newest) {
      check?.(newest)
      show(causes.chain(newest.id), { ...options, where: found.where, others: events.length - 1 })
      return
    }
    for (const type of causes.types) types.add(type)
  }
  throw new UsageError(`There is no event "${event}" in ${where}.${hint(event, [...types])}`)
}

function hint(event: string, types: readonly string[]): string {
  return didYouMean(event, types) || (types.length > 0 ? ` It has: ${types.join(', ')}.` : ' Nothing was said there.')
}

interface Showing extends Pick<WhyOptions, 'json' | 'verbose' | 'where'> {
  readonly others: number
}

function show(links: readonly CauseLink[], { json, verbose, where, others }: Showing): void {
  if (json) {
    for (const { time, ...link } of links)
      say(JSON.stringify({ kind: 'link', time: new Date(time).toISOString(), ...link }))
    say(JSON.stringify({ kind: 'result', ok: true, where, links: links.length, others }))
    return
  }
  tell(`In ${visible(where)}${others > 0 ? `, the newest of ${others + 1}` : ''}:`)
  for (const { what, at } of causeLines(links, verbose ? Number.POSITIVE_INFINITY : undefined))
    say(`${visible(what)}\n    ${styleText('dim', visible(at))}`)
}
