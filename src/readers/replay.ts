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

/** Which events to tell again; all that are journalled, if nothing is said. */
export interface ReplayQuery<W extends Topic = Topic> {
  /** Definitions, types or patterns. */
  readonly type?: W
  readonly party?: string
  /** What one first event led to. */
  readonly correlationId?: string
  /** Those that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Epoch milliseconds: not before, and not after. */
  readonly from?: number
  readonly to?: number
  /** Positions of the party's journal: those after the first, up to the second. */
  readonly after?: number
  readonly until?: number
}

/** How events are told again. */
export interface ReplayOptions {
  /** 1 leaves as much time between two events as there was, 10 a tenth of it; no time at all by default. */
  readonly speed?: number
  /** Ends it. */
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

/** What became of a replay. */
export interface Replayed {
  readonly told: number
  /** Events on which the handler failed; each is the event `system.error`, as always. */
  readonly failed: number
  /** What the handler wanted of the runtime, and did not get: a replay only shows what happened. */
  readonly muted: number
}

/** Whether it went well; nothing for an event that was not told. */
type Told = boolean | undefined

/** A query whose types are known already. */
interface Chosen extends Omit<ReplayQuery, 'type' | 'party'> {
  readonly types: readonly string[]
  readonly partitions: readonly Partition[]
}

/** Tells what the journals of some partitions hold, in the order of time, one event after the other. */
export async function replay(
  system: System<Partition>,
  query: Chosen,
  tell: (envelope: Envelope) => Told | Promise<Told>,
  { speed = Number.POSITIVE_INFINITY, signal: wanted }: ReplayOptions,
): Promise<Replayed> {
  if (!(speed > 0)) throw new ReplayQueryError(`speed ${speed}`, 'a speed above 0')
  const signal = wanted ? AbortSignal.any([wanted, system.stopping]) : system.stopping
  const counted = { told: 0, failed: 0, muted: 0 }
  system.running.hasReplayed = true
  const streams = await Promise.all(query.partitions.map(partition => chosenOf(partition, query)))
  let last: number | undefined
  for await (const envelope of merged(streams)) {
    if (last !== undefined) await pause(system, (envelope.time - last) / speed, signal)
    signal.throwIfAborted()
    last = envelope.time
    const replaying: Replaying = { muted: 0 }
    const isWell = await orAborted(
      system.replaying.run(replaying, () => tell(envelope)),
      signal,
    )
    if (isWell === undefined) continue
    counted.told++
    counted.muted += replaying.muted
    if (!isWell && replaying.muted === 0) counted.failed++
  }
  return counted
}

/** Up to where the journal is when it begins, so that it ends however much is said meanwhile. */
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

/** A subscription may be paused for ever. @throws the signal's reason */
async function orAborted<T>(told: T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const end = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([told, aborted.promise])
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

/** The runtime was asked for something by a handler that is only shown what happened. */
export class ReplayMutedError extends TroupeError {
  readonly code = 'REPLAY_MUTED'
  constructor() {
    super(
      'Nothing is published, asked, sent or created inside a replay: it only shows what happened. Let the handler do that for live events alone.',
    )
  }
}

/** A replay of what cannot be. */
export class ReplayQueryError extends TroupeError {
  readonly code = 'REPLAY_QUERY'
  readonly asked: string
  constructor(asked: string, wanted: string) {
    super(`A replay was asked for ${asked}. Ask for ${wanted}.`)
    this.asked = asked
  }
}
