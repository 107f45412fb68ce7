import { type CauseLink, Causes, causeLines, type Envelope, runtimeEvents, TroupeError } from '../index.ts'
import type { RunRecord } from './run-record.ts'

/** A test runtime, or its record. */
export type Run = RunRecord | { readonly record: RunRecord }

const own: ReadonlySet<string> = new Set(runtimeEvents.map(({ type }) => type))

/** Whether the runtime itself says events of this type. */
export function isOwn(type: string): boolean {
  return own.has(type)
}

/** The last event of a run that the runtime did not say itself. */
function lastOf({ events }: RunRecord): Envelope | undefined {
  return events.findLast(({ type }) => !isOwn(type))
}

/** The record of a run. */
export function recordIn(run: Run): RunRecord {
  return 'record' in run ? run.record : run
}

/**
 * What led to an event of a run, a cause on each line, back to the caller outside the agents: which agent heard what, and which work,
 * answer or timer it waited for. Crashes are no end: causes are found in all processes of the test.
 *
 * @example
 * console.log(why(test, 'party.plan.updated'))
 * // party/p1/final-planner says party.plan.updated {"version":1}
 * //     2.0 s  party/p1 at 61
 * // because write-plan is done, for party/p1/final-planner {"version":1}
 * // ...
 *
 * @param event a type or a definition, for its newest event; or the id of an event; if left out, the last event of the run
 *   that the runtime did not say itself
 * @throws NoSuchEventError if there is no such event in the run
 */
export function why(run: Run, event?: string | { readonly type: string }): string {
  const record = recordIn(run)
  const { events, frames } = record
  const name = event === undefined || typeof event === 'string' ? event : event.type
  const newest = name === undefined ? lastOf(record) : events.findLast(({ id, type }) => id === name || type === name)
  if (!newest) throw new NoSuchEventError(name, [...new Set(events.map(({ type }) => type))])
  const links = chainOf(newest, events, new Causes(frames))
  return causeLines(links)
    .map(({ what, at }) => `${what}\n    ${at}`)
    .join('\n')
}

/** Events that are not journalled are in the record alone, with the id of the event before. */
function chainOf(event: Envelope, events: readonly Envelope[], causes: Causes): readonly CauseLink[] {
  const links: CauseLink[] = []
  const known = new Set<string>()
  for (let at: Envelope | undefined = event; at && !known.has(at.id); ) {
    known.add(at.id)
    const { id, type, data, source, time, seq, partition, causationid }: Envelope = at
    const chain = causes.chain(id)
    if (chain.length > 0) return [...links, ...chain]
    links.push({ what: `${source} says ${type}`, partition: partition ?? source, position: seq, time, id, data })
    at = events.find(({ id }) => id === causationid)
  }
  return links
}

/** What led to an event of a run, for the end of an error; nothing if nothing was published. */
export function becauseOf(record: RunRecord, id: string | undefined = lastOf(record)?.id): string {
  const event = record.events.find(one => one.id === id)
  if (!event) return ''
  const which = event === lastOf(record) ? 'The last event, and what led to it' : 'What led to it'
  return `\n${which}:\n${why(record, event.id).replaceAll(/^/gm, '  ')}`
}

/** The run has no event of this type or id. */
export class NoSuchEventError extends TroupeError {
  readonly code = 'NO_SUCH_EVENT'
  readonly event: string | undefined
  readonly types: readonly string[]
  constructor(event: string | undefined, types: readonly string[]) {
    const asked =
      event === undefined ? 'No event was published, but those of the runtime' : `The run has no event "${event}"`
    super(`${asked}; there are: ${types.join(', ')}. Give a type or an id of these.`)
    this.event = event
    this.types = types
  }
}
