import { addressOfSubscriber, rulesOf, type SubscribeOptions } from '../bus/subscribe-options.ts'
import { endedBy } from '../bus/subscription.ts'
import { TroupeError } from '../errors.ts'
import { type Address, checkId, partitionOf, runtimePartition } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import { DurableSubscription } from './durable-subscription.ts'
import { ReaderPositions } from './reader-positions.ts'

/** A name under which a subscription keeps its place, whether it is subscribed or not. */
export interface DurableName {
  readonly name: string
  /** Whether a subscription has it in this process. */
  readonly isSubscribed: boolean
  /** Positions that it has yet to read, in all partitions together. */
  readonly behind: number
}

/** So many positions a name may be behind in a partition that is pruned; above, that is told once. */
const mostBehind = 10_000
/** After so many positions of a partition it is looked at again. */
const betweenLooks = 1_000

/** Subscriptions that keep their place under a name, and how far each has come in each partition. */
export class DurableSubscriptions {
  readonly #places = new Map<string, ReaderPositions>()
  readonly #present = new Map<Address, DurableSubscription>()
  /** Resolves when the places of a name are known: whether it began from now on; `undefined` if they cannot be known. */
  readonly #begun = new WeakMap<ReaderPositions, Promise<boolean | undefined>>()
  /** Those that wait until the parties of another owner are there again, and what lets them go on. */
  #held: Map<DurableSubscription, () => void> | undefined
  readonly #dropping = new Map<string, Promise<boolean>>()
  /** Up to where each partition was last looked at for names that are behind. */
  readonly #looked = new Map<Address, number>()
  /** The names that were told to be behind, and in which partition. */
  readonly #lagging = new Map<string, Address>()

  /** @throws IllegalIdError, DurableNameTakenError, IllegalPatternError, PriorityError, SubscribeOptionsError */
  subscribe(
    types: readonly string[],
    tell: (envelope: Envelope) => unknown,
    { durable: name = '', from = 'now', signal, ...options }: SubscribeOptions,
    system: System<Partition>,
  ): DurableSubscription {
    checkId('durable subscription', name)
    const rules = rulesOf(types, { name, ...options }, () => name)
    if (this.#isSubscribed(name)) throw new DurableNameTakenError(name)
    const known = this.#places.get(name)
    const places = known ?? newPlaces(name, system)
    const subscription = new DurableSubscription({ ...rules, name }, tell, places, {
      system,
      ended: () => {
        leave()
        if (this.#present.get(subscription.address) === subscription) this.#present.delete(subscription.address)
      },
    })
    const leave = endedBy(signal, () => subscription.unsubscribe())
    this.#present.set(subscription.address, subscription)
    system.bus.add(subscription)
    if (signal?.aborted) {
      subscription.unsubscribe()
      return subscription
    }
    if (!known) this.#begin(name, places, from, system)
    this.#goOn(subscription, places, system, { isFirst: !known, release: subscription.hold() })
    this.#held?.set(subscription, subscription.hold())
    return subscription
  }

  #begin(name: string, places: ReaderPositions, from: 'now' | 'start', system: System<Partition>): void {
    this.#places.set(name, places)
    const begun = begin(places, from, system, this.#dropping.get(name))
    this.#begun.set(places, begun)
    void begun.then(isNew => {
      // Where it was is not known: whoever has the name next looks again.
      if (isNew === undefined && this.#places.get(name) === places) this.#places.delete(name)
    })
  }

  /** Lets a subscription go on once its places are known; the first one that begins from now on has nothing to read. */
  #goOn(
    subscription: DurableSubscription,
    places: ReaderPositions,
    system: System<Partition>,
    { isFirst, release }: { readonly isFirst: boolean; readonly release: () => void },
  ): void {
    void this.#begun.get(places)?.then(isNew => {
      if (isNew === undefined) subscription.unsubscribe()
      else if (!subscription.isOver && !(isFirst && isNew)) catchUp(subscription, system)
      release()
    })
  }

  /** Every name that the journal keeps a place for, and how far it is behind. */
  async names(system: System<Partition>): Promise<readonly DurableName[]> {
    this.#passAll(
      system,
      Array.from(system.partitions(), ({ address, watermark }) => [address, watermark.durable]),
    )
    const names = new Set([...(await system.journal.readers()), ...this.#places.keys()])
    return Promise.all(Array.from(names, name => this.#about(name, system)))
  }

  async #about(name: string, system: System<Partition>): Promise<DurableName> {
    const placeIn = await this.#placesOf(name, system)
    let behind = 0
    for (const { address, watermark } of system.partitions())
      behind += Math.max(0, watermark.durable - placeIn(address))
    return { name, isSubscribed: this.#isSubscribed(name), behind }
  }

  #isSubscribed(name: string): boolean {
    return this.#present.has(addressOfSubscriber(name))
  }

  /** Up to where a name has read each partition. */
  async #placesOf(name: string, { journal }: System<Partition>): Promise<(partition: Address) => number> {
    const places = this.#places.get(name)
    if (places) return partition => places.in(partition)
    const marks = await journal.marks(name)
    return partition => marks.get(partition) ?? 0
  }

  /**
   * Ends the subscription of a name and forgets its place; resolves to whether there was one.
   *
   * @throws IllegalIdError, and what the journal throws
   */
  async drop(name: string, system: System<Partition>): Promise<boolean> {
    checkId('durable subscription', name)
    this.#present.get(addressOfSubscriber(name))?.unsubscribe()
    const places = this.#places.get(name) ?? newPlaces(name, system)
    this.#places.delete(name)
    this.#lagging.delete(name)
    const dropping = places.drop()
    this.#dropping.set(name, dropping)
    try {
      return await dropping
    } finally {
      if (this.#dropping.get(name) === dropping) this.#dropping.delete(name)
    }
  }

  /** A partition is about to be pruned up to a position, as far as every name has read it. */
  pruning(partition: Address, upTo: number, system: System<Partition>): void {
    this.#passAll(system, [[partition, upTo]])
    if (upTo - (this.#looked.get(partition) ?? 0) < betweenLooks) return
    this.#looked.set(partition, upTo)
    this.#look(partition, upTo, system).catch((error: unknown) =>
      system.partition(runtimePartition)?.reportError('error', error),
    )
  }

  async #look(partition: Address, upTo: number, system: System<Partition>): Promise<void> {
    for (const name of await system.journal.readers()) {
      const behind = upTo - (await this.#placesOf(name, system))(partition)
      const isLagging = this.#lagging.has(name)
      if (behind <= mostBehind && this.#lagging.get(name) === partition) this.#lagging.delete(name)
      if (behind <= mostBehind || isLagging) continue
      this.#lagging.set(name, partition)
      system.partition(runtimePartition)?.reportError('warning', new DurableLagError(name, partition, behind))
    }
  }

  #passAll({ bus }: System<Partition>, positions: readonly (readonly [Address, number])[]): void {
    // What subscribers have said may be durable and not told yet.
    if (!bus.isTold) return
    for (const subscription of this.#present.values())
      for (const [partition, position] of positions) subscription.pass(partition, position)
  }

  /** The one whose dead letters are addressed like this. */
  at(address: Address): DurableSubscription | undefined {
    return this.#present.get(address)
  }

  /** The partition is gone; one that comes later under its address begins anew. */
  forget(partition: Address): void {
    this.#looked.delete(partition)
    for (const [name, where] of this.#lagging) if (where === partition) this.#lagging.delete(name)
    for (const places of this.#places.values()) places.forget(partition)
    for (const subscription of this.#present.values()) subscription.forget(partition)
  }

  /** A partition was imported: what it had said up to a position was for others. */
  async imported(partition: Address, position: number, { journal, partition: find }: System<Partition>): Promise<void> {
    try {
      for (const name of await journal.readers())
        if (!this.#places.has(name)) await journal.mark(name, new Map([[partition, position]]))
    } catch (error) {
      // They are told of it, rather than not of what comes after it.
      find(runtimePartition)?.reportError('error', error)
    }
    for (const places of this.#places.values()) places.reach(partition, position)
  }

  /** A party is being recovered: subscriptions read what they have not read of it. */
  recoveringParty(partition: Address): void {
    for (const subscription of this.#present.values()) subscription.catchUp([partition])
  }

  /** The parties of another owner are being restored: until then, what they said is not known, and neither is what is new. */
  recovering(): void {
    this.#held = new Map(Array.from(this.#present.values(), subscription => [subscription, subscription.hold()]))
  }

  /** The parties of another owner are there again: who subscribed before that catches up on them too. */
  recovered(system: System<Partition>): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const places of this.#places.values()) {
      const begun = this.#begun.get(places)?.then(async isNew => {
        // A name that begins now wants nothing of what was before, whoever has it by then.
        if (isNew) await beginHere(places, system)
        return isNew
      })
      if (begun) this.#begun.set(places, begun)
    }
    for (const [subscription, release] of held) {
      const places = this.#places.get(subscription.rules.name)
      if (places) this.#goOn(subscription, places, system, { isFirst: true, release })
    }
  }

  /** Resolves when the places of all are in the journal. */
  async kept(): Promise<void> {
    for (const places of this.#places.values()) await places.kept()
  }
}

function newPlaces(name: string, system: System<Partition>): ReaderPositions {
  return new ReaderPositions(system.journal, name, error =>
    system.partition(runtimePartition)?.reportError('error', error),
  )
}

function catchUp(subscription: DurableSubscription, { partitions }: System<Partition>): void {
  subscription.catchUp(Array.from(partitions(), ({ address }) => address))
}

/**
 * Finds out where a subscription of this name was in another process, or lets it begin where it wants to.
 *
 * @returns whether it begins from now on; `undefined` if it cannot begin
 */
async function begin(
  places: ReaderPositions,
  from: 'now' | 'start',
  system: System<Partition>,
  dropping: Promise<boolean> | undefined,
): Promise<boolean | undefined> {
  const here = from === 'now' ? placesIn(system) : []
  const now = system.clock.now()
  try {
    if (dropping) await dropping
    const isKnown = await places.load()
    const away = !isKnown && from === 'now' && system.isAnyAway() ? await placesAway(system) : []
    if (!isKnown) for (const [partition, place] of [...here, ...away]) places.reach(partition, place)
    // So that it is known from now on, also if it is never told anything.
    if (!isKnown && here.length === 0) places.reach(runtimePartition, 0)
    if (!isKnown && from === 'start') places.begunAt = now
    return !isKnown && from === 'now'
  } catch (error) {
    system.partition(runtimePartition)?.reportError('error', error)
    return undefined
  }
}

/** All that was said before counts as told. What is away and cannot be looked up is told, rather than missed. */
async function beginHere(places: ReaderPositions, system: System<Partition>): Promise<void> {
  for (const [partition, place] of placesIn(system)) places.reach(partition, place)
  try {
    for (const [partition, place] of await placesAway(system)) places.reach(partition, place)
  } catch (error) {
    system.partition(runtimePartition)?.reportError('error', error)
  }
}

/** What was said in partitions that are not there, such as quarantined ones, was said before. */
async function placesAway({
  journal,
  partition: find,
}: System<Partition>): Promise<readonly (readonly [Address, number])[]> {
  const away = (await journal.partitions()).filter(({ partition }) => !find(partition))
  return away.map(({ partition, position }) => [partition, position])
}

/** Up to where everything was told; of what is being told right now, up to that. */
function placesIn({ bus, partitions }: System<Partition>): readonly (readonly [Address, number])[] {
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

/** Nobody reads on under a name, so what it has yet to read is kept. */
export class DurableLagError extends TroupeError {
  readonly code = 'DURABLE_LAG'
  readonly subscriber: string
  readonly partition: Address
  /** Positions. */
  readonly behind: number
  constructor(name: string, partition: Address, behind: number) {
    super(
      `The durable subscription "${name}" is ${behind} positions behind in "${partition}", and nothing after its place is pruned there. Subscribe under that name again, or forget it with bus.forgetDurable("${name}").`,
    )
    this.subscriber = name
    this.partition = partition
    this.behind = behind
  }
}
