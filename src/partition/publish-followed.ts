import type { TraceContext } from '../around.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { OfferOptions } from './offer.ts'
import type { Partition } from './partition.ts'

/**
 * Publishes events inside a span, which ends when they are durable or refused.
 *
 * @param publish gets the context that their envelopes take along
 */
export function publishFollowed<T>(
  partition: Partition,
  { origin = partition.origin, causationId }: OfferOptions,
  events: readonly UncheckedEvent[],
  publish: (trace: TraceContext | undefined) => Promise<T>,
): Promise<T> {
  const { address, party, system } = partition
  const types = events.map(({ type }) => type)
  const cause = causationId ?? origin?.causationid
  const payload = events.length === 1 ? events[0]?.data : events.map(({ data }) => data)
  const facts = { kind: 'publish' as const, partition: address, party, cause, types }
  const span = system.around?.begin(facts, origin?.trace, payload)
  return span ? span.until(span.run(() => publish(span.trace))) : publish(undefined)
}
