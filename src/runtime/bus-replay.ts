import { Subscriber } from '../bus/subscriber.ts'
import type { Subscription } from '../bus/subscription.ts'
import { checkPattern } from '../events/pattern.ts'
import { type Topic, typesOf } from '../events/topic.ts'
import { partitionOf } from '../mail/address.ts'
import type { Envelope, EnvelopeOf } from '../mail/envelope.ts'
import { checkOptionNames } from '../options.ts'
import { WaitInsideError } from '../partition/activity.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import {
  type Replayed,
  type ReplayOptions,
  type ReplayQuery,
  ReplayQueryError,
  replay,
  replayNames,
  replayOptionNames,
} from '../readers/replay.ts'

interface ReplayParts {
  readonly system: System<Partition>
  readonly parties: { get(id: string): { readonly life: { readonly partition: Partition } } }
}

/** Calls a function, or delivers to a subscription in its turn, what the journal holds. Errors as of `bus.replay`. */
export async function replayTo<W extends Topic>(
  { system, parties }: ReplayParts,
  query: ReplayQuery<W>,
  target: ((envelope: EnvelopeOf<W>) => unknown) | Subscription,
  options: ReplayOptions,
): Promise<Replayed> {
  const { bus } = system
  checkOptionNames('bus.replay', query, replayNames)
  checkOptionNames('bus.replay', options, replayOptionNames)
  const { party, type, ...rest } = query
  if (party === undefined && (rest.after !== undefined || rest.until !== undefined))
    throw new ReplayQueryError('positions of no party', 'the positions of one party, because each counts its own')
  const partitions = party === undefined ? [...system.partitions()] : [parties.get(party).life.partition]
  const types = (type === undefined ? ['*'] : typesOf(type)).map(checkPattern)
  const chosen = { ...rest, types, partitions }
  if (typeof target !== 'function' && bus.isInside(target)) throw new WaitInsideError(target.info.subscriber, 'replay')
  if (party !== undefined) {
    await system.recovering(partitionOf(party))
    // If the party could not be restored, this throws the reason.
    parties.get(party)
  }
  if (typeof target !== 'function') return replay(system, chosen, envelope => target.again(envelope), options)
  // The query chose these types and patterns, and the catalogue has checked each event by its own schema.
  const call = target as (envelope: Envelope) => unknown
  const subscriber = new Subscriber({ name: 'replay', types, timeout: 60_000 }, call, bus)
  return replay(system, chosen, one => bus.during(one, () => subscriber.callAndWait(one)), options)
}
