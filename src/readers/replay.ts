import { TroupeError } from '../errors.ts'
import { matcher } from '../events/pattern.ts'
import type { Topic } from '../events/topic.ts'
import type { Envelope } from '../mail/envelope.ts'
import { isTaggedBy } from '../mail/tags.ts'
import type { OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'
import type { Replaying, System } from '../partition/system.ts'
import { journalled } from './journalled.ts'
import { merged } from './merge.ts'

/** Which journalled events to show again; all of them by default. */
export interface ReplayQuery<W extends Topic = Topic> {
  /** Definitions, types or patterns. */
  readonly type?: W
  readonly party?: string
  /** Only events that one first event led to. */
  readonly correlationId?: string
  /** Only events that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Epoch milliseconds: only events from `from` to `to`. */
  readonly from?: number
  readonly to?: number
  /** Positions in the journal of the party: only events after `after`, up to `until`. */
  readonly after?: number
  readonly until?: number
}

/** How a replay shows events. */
export interface ReplayOptions {
  /** 1 keeps the time between two events, 10 keeps a tenth of it; by default there is no time between them. */
  readonly speed?: number
  /** Ends the replay. */
  readonly signal?: AbortSignal
}

export const replayNames: OptionNames<ReplayQuery> = {
  type: true,
  party: true,
  correlationId: true,
  tags: true,
  from: true,
  to: true,
  after: true,
  until: true,
}
export const replayOptionNames: OptionNames<ReplayOptions> = { speed: true, signal: true }

/** The outcome of a replay. */
export interface Replayed {
  /** How many events were replayed: how often the handler was called. */
  readonly replayed: number
  /** Events on which the handler failed; each is reported as `system.error`. */
  readonly failed: number
  /** Calls of the runtime that the handler made in vain: a replay only shows what happened. */
  readonly muted: number
}

/** Whether a call of the handler went well; `undefined` if it was not called. */
type Outcome = boolean | undefined

/** A query with its types and partitions looked up. */
interface Chosen extends Omit<ReplayQuery, 'type' | 'party'> {
  readonly types: readonly string[]
  readonly partitions: readonly Partition[]
}

/** Shows the journalled events of some partitions, in the order of time, one event after the other. */
export async function replay(
  system: System<Partition>,
  query: Chosen,
  show: (envelope: Envelope) => Outcome | Promise<Outcome>,
  { speed = Number.POSITIVE_INFINITY, signal: wanted }: ReplayOptions,
): Promise<Replayed> {
  if (!(speed > 0)) throw new ReplayQueryError(`speed ${speed}`, 'a speed above 0')
  const signal = wanted ? AbortSignal.any([wanted, system.stopping]) : system.stopping
  const counted = { replayed: 0, failed: 0, muted: 0 }
  system.running.hasReplayed = true
  const streams = await Promise.all(query.partitions.map(partition => chosenOf(partition, query)))
  let last: number | undefined
  for await (const envelope of merged(streams)) {
    if (last !== undefined) await pause(system, (envelope.time - last) / speed, signal)
    signal.throwIfAborted()
    last = envelope.time
    const replaying: Replaying = { muted: 0 }
    const isWell = await orAborted(
      system.replaying.run(replaying, () => show(envelope)),
      signal,
    )
    if (isWell === undefined) continue
    counted.replayed++
    counted.muted += replaying.muted
    if (!isWell && replaying.muted === 0) counted.failed++
  }
  return counted
}

/** The events up to the end that the journal has now, so that the replay ends even if new events keep coming. */
async function chosenOf({ address, system }: Partition, query: Chosen): Promise<AsyncIterable<Envelope>> {
  const recovering = system.recovering(address)
  if (recovering) await recovering
  const partition = system.partition(address)
  if (!partition) return merged([])
  const { watermark } = partition
  const head = watermark.head
  if (!watermark.failure) await watermark.reached()
  return eventsOf(partition, query, Math.min(query.until ?? head, head))
}

async function* eventsOf(partition: Partition, query: Chosen, until: number): AsyncGenerator<Envelope> {
  const { types, correlationId, tags, from = 0, to = Number.POSITIVE_INFINITY, after = 0 } = query
  const matchers = types.map(matcher)
  const isTagged = isTaggedBy(tags)
  for await (const envelope of journalled(partition, after)) {
    if (envelope.seq > until || envelope.time > to) return
    const isWanted =
      envelope.time >= from &&
      (correlationId === undefined || envelope.correlationid === correlationId) &&
      isTagged(envelope) &&
      matchers.some(matches => matches(envelope.type))
    if (isWanted) yield partition.system.catalog.lifted(envelope)
  }
}

/** Stops waiting when the signal is aborted: a paused subscription may never end its call. @throws the signal's reason */
async function orAborted<T>(outcome: T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const end = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([outcome, aborted.promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

async function pause({ timers }: System<Partition>, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await new Promise<void>(resolve => {
    const cancel = timers.after(ms, () => end())
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
  })
}

/** A handler called the runtime during a replay, which only shows what happened. */
export class ReplayMutedError extends TroupeError {
  readonly code = 'REPLAY_MUTED'
  constructor() {
    super(
      'A handler cannot publish, ask, send or create during a replay: a replay only shows what happened. Let the handler do that for live events only.',
    )
  }
}

/** A replay was asked for with an option that is not allowed. */
export class ReplayQueryError extends TroupeError {
  readonly code = 'REPLAY_QUERY'
  readonly asked: string
  constructor(asked: string, wanted: string) {
    super(`A replay cannot have ${asked}. Use ${wanted}.`)
    this.asked = asked
  }
}
