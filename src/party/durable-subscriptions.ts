import { type Address, checkId, partitionOf, runtimePartition } from '../actor/address.ts'
import type { Envelope } from '../actor/envelope.ts'
import { type SubscribeOptions, wantedOf } from '../actor/subscribe-options.ts'
import { TroupeError } from '../errors.ts'
import { DurableSubscription } from './durable-subscription.ts'
import type { Shared } from './partition.ts'

/** Subscriptions that keep their place under a name, and how far each has come in each partition. */
export class DurableSubscriptions {
  readonly #positions = new Map<string, Map<Address, number>>()
  readonly #present = new Map<Address, DurableSubscription>()

  /** @throws IllegalIdError, DurableNameTakenError, IllegalPatternError, PriorityError, SubscribeOptionsError */
  subscribe(
    types: readonly string[],
    tell: (envelope: Envelope) => unknown,
    { durable: name = '', from = 'now', signal, ...options }: SubscribeOptions,
    shared: Shared,
  ): DurableSubscription {
    checkId('durable subscription', name)
    const wanted = wantedOf(types, { name, ...options }, () => name)
    const known = this.#positions.get(name)
    const positions = known ?? new Map(from === 'now' ? placesIn(shared) : [])
    const subscription = new DurableSubscription({ ...wanted, name }, tell, positions, shared, signal)
    const present = this.#present.get(subscription.address)
    if (present && !present.isOver) throw new DurableNameTakenError(name)
    this.#positions.set(name, positions)
    this.#present.set(subscription.address, subscription)
    shared.bus.add(subscription)
    if (signal?.aborted) subscription.unsubscribe()
    else if (known || from === 'start') subscription.catchUp(Array.from(shared.partitions(), ({ address }) => address))
    return subscription
  }

  /** The one whose dead letters are addressed like this. */
  at(address: Address): DurableSubscription | undefined {
    const present = this.#present.get(address)
    return present?.isOver ? undefined : present
  }

  /** The partition is gone; one that comes later under its address begins anew. */
  forget(partition: Address): void {
    for (const positions of this.#positions.values()) positions.delete(partition)
    for (const subscription of this.#present.values()) subscription.forget(partition)
  }
}

/** Up to where everything was told; of what is being told right now, up to that. */
function placesIn({ bus, partitions }: Shared): readonly (readonly [Address, number])[] {
  const { told } = bus
  const telling = told && (told.party === undefined ? runtimePartition : partitionOf(told.party))
  return Array.from(partitions(), ({ address, watermark }) => [
    address,
    told && address === telling ? Math.min(told.seq, watermark.durable) : watermark.durable,
  ])
}

/** Two subscriptions want to keep their place under one name. */
export class DurableNameTakenError extends TroupeError {
  readonly code = 'DURABLE_NAME_TAKEN'
  readonly subscriber: string
  constructor(name: string) {
    super(`A durable subscription "${name}" is there already. Unsubscribe it first, or take another name.`)
    this.subscriber = name
  }
}
