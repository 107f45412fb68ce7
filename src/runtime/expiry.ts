import type { Clock } from '../clock.ts'
import type { Address } from '../mail/address.ts'
import { type Envelope, isJournalled, partitionIn } from '../mail/envelope.ts'
import type { Partitions } from '../partition/partitions.ts'

/** Whether the time to live of an event is over, also if its party is gone. */
export function isExpired(envelope: Envelope, partitions: Partitions, clock: Clock): boolean {
  const partition = partitions.at(partitionIn(envelope))
  if (partition) return partition.frames.isExpired(envelope)
  return envelope.expirytime !== undefined && envelope.expirytime <= clock.now()
}

/** Makes a dead letter of an event that expired before a subscriber received it. */
export function expire(envelope: Envelope, subscriber: Address, partitions: Partitions): void {
  const partition = partitions.at(partitionIn(envelope)) ?? partitions.outside
  // The journal does not need the end of an event that it does not hold.
  if (isJournalled(envelope)) partition.losses.loseOutside(envelope, subscriber, { reason: 'expired' })
  else partition.losses.bury(envelope, subscriber, { reason: 'expired' })
}
