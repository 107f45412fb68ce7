import { type Address, checkId, partitionOf, runtimePartition } from '../actor/address.ts'
import type { Envelope } from '../actor/envelope.ts'
import { type SubscribeOptions, wantedOf } from '../actor/subscribe-options.ts'
import { TroupeError } from '../errors.ts'
import { DurableSubscription } from './durable-subscription.ts'
import type { Shared } from './partition.ts'
import { Places } from './places.ts'

/** Subscriptions that keep their place under a name, and how far each has come in each partition. */
export class DurableSubscriptions {
  readonly #places = new Map<string, Places>()
  readonly #present = new Map<Address, DurableSubscription>()
  /** Whether each was known by its name, or wants everything; not for those that were here before. */
  readonly #begun = new WeakMap<DurableSubscription, Promise<boolean>>()

  /** @throws IllegalIdError, DurableNameTakenError, IllegalPatternError, PriorityError, SubscribeOptionsError */
  subscribe(
    types: readonly string[],
    tell: (envelope: Envelope) => unknown,
    { durable: name = '', from = 'now', signal, ...options }: SubscribeOptions,
    shared: Shared,
  ): DurableSubscription {
    checkId('durable subscription', name)
    const wanted = wantedOf(types, { name, ...options }, () => name)
    const known = this.#places.get(name)
    const places = known ?? new Places(shared.journal, name, error => shared.partition(runtimePartition)?.fault(error))
    const subscription = new DurableSubscription({ ...wanted, name }, tell, places, shared, signal)
    const present = this.#present.get(subscription.address)
    if (present && !present.isOver) throw new DurableNameTakenError(name)
    this.#places.set(name, places)
    this.#present.set(subscription.address, subscription)
    shared.bus.add(subscription)
    if (signal?.aborted) subscription.unsubscribe()
    else if (known) catchUp(subscription, shared)
    else this.#begun.set(subscription, begin(subscription, places, from, shared))
    return subscription
  }

  /** The one whose dead letters are addressed like this. */
  at(address: Address): DurableSubscription | undefined {
    const present = this.#present.get(address)
    return present?.isOver ? undefined : present
  }

  /** The partition is gone; one that comes later under its address begins anew. */
  forget(partition: Address): void {
    for (const places of this.#places.values()) places.forget(partition)
    for (const subscription of this.#present.values()) subscription.forget(partition)
  }

  /** The parties of another owner are there again: who subscribed before that catches up on them too. */
  recovered(shared: Shared): void {
    for (const subscription of this.#present.values()) {
      const places = this.#places.get(subscription.wanted.name)
      if (!subscription.isOver && places) void this.#catchUpLater(subscription, places, shared)
    }
  }

  async #catchUpLater(subscription: DurableSubscription, places: Places, shared: Shared): Promise<void> {
    const isKnown = await this.#begun.get(subscription)
    // One that begins now wants nothing of what was before.
    if (isKnown === false) for (const [partition, place] of placesIn(shared)) places.reach(partition, place)
    else if (!subscription.isOver) catchUp(subscription, shared)
  }

  /** Resolves when the places of all are in the journal. */
  async kept(): Promise<void> {
    for (const places of this.#places.values()) await places.kept()
  }
}

function catchUp(subscription: DurableSubscription, { partitions }: Shared): void {
  subscription.catchUp(Array.from(partitions(), ({ address }) => address))
}

/** Goes on where a subscription of this name was in another process, or begins where it wants to. */
async function begin(
  subscription: DurableSubscription,
  places: Places,
  from: 'now' | 'start',
  shared: Shared,
): Promise<boolean> {
  const here = from === 'now' ? placesIn(shared) : []
  const release = subscription.hold()
  try {
    const isKnown = await places.load()
    if (!isKnown) for (const [partition, place] of here) places.reach(partition, place)
    // So that it is known from now on, also if it is never told anything.
    if (!isKnown && here.length === 0) places.reach(runtimePartition, 0)
    const wantsAll = isKnown || from === 'start'
    if (wantsAll) catchUp(subscription, shared)
    return wantsAll
  } catch (error) {
    shared.partition(runtimePartition)?.fault(error)
    subscription.unsubscribe()
    return false
  } finally {
    release()
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
