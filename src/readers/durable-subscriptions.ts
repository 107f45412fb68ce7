import { addressOfSubscriber, rulesOf, type SubscribeOptions } from '../bus/subscribe-options.ts'
import { endedBy } from '../bus/subscription.ts'
import { TroupeError } from '../errors.ts'
import { type Address, checkId } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import { DurableLag } from './durable-lag.ts'
import { DurableSubscription } from './durable-subscription.ts'
import { beginNow, findPositions } from './first-positions.ts'
import { ReaderPositions } from './reader-positions.ts'

/** A name under which a subscription keeps its position, whether it is subscribed or not. */
export interface DurableName {
  readonly name: string
  /** Whether a subscription of this process has the name. */
  readonly isSubscribed: boolean
  /** Positions that it has yet to read, in all partitions together. */
  readonly behind: number
}

/** The durable names: their subscriptions, and how far each has read each partition. */
export class DurableSubscriptions {
  readonly #positions = new Map<string, ReaderPositions>()
  readonly #present = new Map<Address, DurableSubscription>()
  /** Whether each name is new and begins from now on; `undefined` if the journal did not give its positions. */
  readonly #begun = new WeakMap<ReaderPositions, Promise<boolean | undefined>>()
  /** The subscriptions that wait for the end of recovery, and the functions that release them. */
  #held: Map<DurableSubscription, () => void> | undefined
  readonly #dropping = new Map<string, Promise<boolean>>()
  readonly #lag = new DurableLag()

  /** @throws IllegalIdError, DurableNameTakenError, IllegalPatternError, PriorityError, SubscribeOptionsError */
  subscribe(
    types: readonly string[],
    call: (envelope: Envelope) => unknown,
    { durable: name = '', from = 'now', signal, ...options }: SubscribeOptions,
    system: System<Partition>,
  ): DurableSubscription {
    checkId('durable subscription', name)
    const rules = rulesOf(types, { name, ...options }, () => name)
    if (this.#isSubscribed(name)) throw new DurableNameTakenError(name)
    const known = this.#positions.get(name)
    const positions = known ?? newPositions(name, system)
    const subscription = new DurableSubscription({ ...rules, name }, call, positions, {
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
    if (!known) this.#begin(name, positions, from, system)
    this.#goOn(subscription, positions, system, { isFirst: !known, release: subscription.hold() })
    this.#held?.set(subscription, subscription.hold())
    return subscription
  }

  #begin(name: string, positions: ReaderPositions, from: 'now' | 'start', system: System<Partition>): void {
    this.#positions.set(name, positions)
    const begun = findPositions(positions, from, system, this.#dropping.get(name))
    this.#begun.set(positions, begun)
    void begun.then(isNew => {
      // The position is not known: the next subscription of this name asks the journal again.
      if (isNew === undefined && this.#positions.get(name) === positions) this.#positions.delete(name)
    })
  }

  /** Releases a subscription once its positions are known. The first subscription of a new name has nothing to read. */
  #goOn(
    subscription: DurableSubscription,
    positions: ReaderPositions,
    system: System<Partition>,
    { isFirst, release }: { readonly isFirst: boolean; readonly release: () => void },
  ): void {
    void this.#begun.get(positions)?.then(isNew => {
      if (isNew === undefined) subscription.unsubscribe()
      else if (!subscription.isOver && !(isFirst && isNew)) catchUp(subscription, system)
      release()
    })
  }

  /** Every name with a position in the journal, and how far it is behind. */
  async names(system: System<Partition>): Promise<readonly DurableName[]> {
    this.#passAll(
      system,
      Array.from(system.partitions(), ({ address, watermark }) => [address, watermark.durable]),
    )
    const names = new Set([...(await system.journal.readers()), ...this.#positions.keys()])
    return Promise.all(Array.from(names, name => this.#about(name, system)))
  }

  async #about(name: string, system: System<Partition>): Promise<DurableName> {
    const positionIn = await this.#positionsOf(name, system)
    let behind = 0
    for (const { address, watermark } of system.partitions())
      behind += Math.max(0, watermark.durable - positionIn(address))
    return { name, isSubscribed: this.#isSubscribed(name), behind }
  }

  #isSubscribed(name: string): boolean {
    return this.#present.has(addressOfSubscriber(name))
  }

  /** The position up to which a name has read each partition. */
  async #positionsOf(name: string, { journal }: System<Partition>): Promise<(partition: Address) => number> {
    const positions = this.#positions.get(name)
    if (positions) return partition => positions.in(partition)
    const marks = await journal.marks(name)
    return partition => marks.get(partition) ?? 0
  }

  /**
   * Ends the subscription of a name and forgets its positions; resolves with whether there were any.
   *
   * @throws IllegalIdError, and what the journal throws
   */
  async drop(name: string, system: System<Partition>): Promise<boolean> {
    checkId('durable subscription', name)
    this.#present.get(addressOfSubscriber(name))?.unsubscribe()
    const positions = this.#positions.get(name) ?? newPositions(name, system)
    this.#positions.delete(name)
    this.#lag.forgetName(name)
    const dropping = positions.drop()
    this.#dropping.set(name, dropping)
    try {
      return await dropping
    } finally {
      if (this.#dropping.get(name) === dropping) this.#dropping.delete(name)
    }
  }

  /** A partition is about to be pruned up to a position. The journal keeps the frames that a name has yet to read. */
  pruning(partition: Address, upTo: number, system: System<Partition>): void {
    this.#passAll(system, [[partition, upTo]])
    this.#lag.pruning(partition, upTo, system, async name => (await this.#positionsOf(name, system))(partition))
  }

  #passAll({ bus }: System<Partition>, positions: readonly (readonly [Address, number])[]): void {
    // Events from subscribers may be durable and not delivered yet.
    if (!bus.hasDeliveredAll) return
    for (const subscription of this.#present.values())
      for (const [partition, position] of positions) subscription.pass(partition, position)
  }

  /** The subscription whose dead letters have this address. */
  at(address: Address): DurableSubscription | undefined {
    return this.#present.get(address)
  }

  /** A partition was deleted. A later partition with its address begins at position 0. */
  forget(partition: Address): void {
    this.#lag.forgetPartition(partition)
    for (const positions of this.#positions.values()) positions.forget(partition)
    for (const subscription of this.#present.values()) subscription.forget(partition)
  }

  /** A partition was imported: its events up to a position were for subscribers elsewhere. */
  async imported(partition: Address, position: number, { journal, outside }: System<Partition>): Promise<void> {
    try {
      for (const name of await journal.readers())
        if (!this.#positions.has(name)) await journal.mark(name, new Map([[partition, position]]))
    } catch (error) {
      // These names get the older events, rather than missing newer ones.
      outside().reportError('error', error)
    }
    for (const positions of this.#positions.values()) positions.reach(partition, position)
  }

  /** Another runtime may own a partition now: its subscriptions of the same names go on where the journal says that these are. */
  lost(partition: Address): void {
    for (const positions of this.#positions.values()) positions.leave(partition)
    for (const subscription of this.#present.values()) subscription.forget(partition)
  }

  /** This runtime owns a partition now: subscriptions go on where those of the same names in other runtimes were. */
  async takenOver(partition: Address, { journal }: System<Partition>): Promise<void> {
    for (const [name, positions] of this.#positions) {
      const mark = (await journal.marks(name)).get(partition)
      if (mark !== undefined) positions.reach(partition, mark)
    }
  }

  /** A party is being restored: its unread events are read afterwards. */
  recoveringParty(partition: Address): void {
    for (const subscription of this.#present.values()) subscription.catchUp([partition])
  }

  /** Recovery begins. Until it ends, it is not known which events are new, so subscriptions wait. */
  recovering(): void {
    this.#held = new Map(Array.from(this.#present.values(), subscription => [subscription, subscription.hold()]))
  }

  /** Recovery has ended. Subscriptions that began before it catch up on the restored parties too. */
  recovered(system: System<Partition>): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const positions of this.#positions.values()) {
      const begun = this.#begun.get(positions)?.then(async isNew => {
        // A name that begins from `now` gets no older events, also if another subscription has the name later.
        if (isNew) await beginNow(positions, system)
        return isNew
      })
      if (begun) this.#begun.set(positions, begun)
    }
    for (const [subscription, release] of held) {
      const positions = this.#positions.get(subscription.rules.name)
      if (positions) this.#goOn(subscription, positions, system, { isFirst: true, release })
    }
  }

  /** Resolves when the journal has kept the positions of all names. */
  async kept(): Promise<void> {
    for (const positions of this.#positions.values()) await positions.kept()
  }
}

function newPositions(name: string, system: System<Partition>): ReaderPositions {
  return new ReaderPositions(system.journal, name, error => system.outside().reportError('error', error))
}

function catchUp(subscription: DurableSubscription, { partitions }: System<Partition>): void {
  subscription.catchUp(Array.from(partitions(), ({ address }) => address))
}

/** Two subscriptions want one durable name. */
export class DurableNameTakenError extends TroupeError {
  readonly code = 'DURABLE_NAME_TAKEN'
  readonly subscriber: string
  constructor(name: string) {
    super(`A durable subscription "${name}" is there already. Unsubscribe it first, or take another name.`)
    this.subscriber = name
  }
}
