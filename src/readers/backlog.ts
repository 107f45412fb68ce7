import type { SubscriptionRules } from '../bus/subscribe-options.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import { journalled } from './journalled.ts'
import type { PendingEvents } from './pending-events.ts'
import type { ReaderPositions } from './reader-positions.ts'

/** The partitions in which a durable subscription is behind: it reads the events there back from the journal. */
export class Backlog {
  readonly #rules: SubscriptionRules
  readonly #pending: PendingEvents
  readonly #positions: ReaderPositions
  readonly #system: System<Partition>
  /** By partition: the number of the last call of `add`. */
  readonly #behind = new Map<Address, number>()
  #calls = 0
  /** Partitions whose last reading failed. */
  readonly #unread = new Set<Address>()
  #isOver = false

  constructor(rules: SubscriptionRules, pending: PendingEvents, positions: ReaderPositions, system: System<Partition>) {
    this.#rules = rules
    this.#pending = pending
    this.#positions = positions
    this.#system = system
  }

  get size(): number {
    return this.#behind.size
  }

  has(address: Address): boolean {
    return this.#behind.has(address)
  }

  /** Whether the last reading of any partition failed. */
  get hasFailed(): boolean {
    return this.#unread.size > 0
  }

  /** The subscription has to read a partition: again, if it is reading it now. */
  add(address: Address): void {
    this.#behind.set(address, ++this.#calls)
  }

  /** Whether to read now. */
  get isDue(): boolean {
    if (this.#behind.size === 0) return false
    // A failed reading is tried again when there is nothing else to do.
    return this.#pending.size === 0 || (this.#unread.size === 0 && this.#pending.isHalfEmpty)
  }

  /** Reads the partitions, as long as there is room for their events. @param mayGoOn is asked before each partition */
  async readAll(mayGoOn: () => boolean): Promise<void> {
    for (const address of [...this.#behind.keys()]) {
      if (this.#pending.isFull || !mayGoOn()) return
      await this.#read(address)
    }
  }

  async #read(address: Address): Promise<void> {
    // The frames of a party that is being restored are not known yet.
    const recovering = this.#system.recovering(address)
    if (recovering) await recovering
    const last = this.#behind.get(address)
    const partition = this.#system.partition(address)
    try {
      if (!(await this.#readPartition(address, partition))) return
      this.#unread.delete(address)
    } catch (error) {
      if (!this.#unread.has(address)) partition?.reportError('error', error)
      this.#unread.add(address)
      // Unread events must not be skipped, so the reading is tried again. A partition that has failed never gets readable.
      if (partition && !partition.watermark.failure) return
      this.#unread.delete(address)
    }
    // During the reading, newer events may have come, or the partition failed and is being recovered.
    if (this.#behind.get(address) === last) this.#behind.delete(address)
  }

  /** @returns whether the partition was read to its end */
  async #readPartition(address: Address, partition: Partition | undefined): Promise<boolean> {
    const progress = this.#pending.progressIn(address)
    if (!partition) return true
    const after = Math.max(progress.taken, this.#positions.in(address))
    for await (const envelope of journalled(partition, after)) {
      // During the reading, the partition may have been deleted, and another one may have got its address.
      if (this.#isOver || !this.#pending.isCurrent(address, progress)) return false
      if (partition !== this.#system.partition(address)) return false
      // The journal may hold events that are not durable yet.
      if (envelope.seq > partition.watermark.durable) return true
      if (!this.#rules.covers(envelope)) continue
      if (this.#pending.isFull) {
        this.#readOnLater(address)
        return false
      }
      this.#pending.add(this.#lifted(envelope))
    }
    return true
  }

  /** Moves a partition behind the others. */
  #readOnLater(address: Address): void {
    const last = this.#behind.get(address)
    this.#behind.delete(address)
    if (last !== undefined) this.#behind.set(address, last)
  }

  /** The event in the version that is declared now. If no `upcast` leads there, the subscriber gets it as it was published. */
  #lifted(envelope: Envelope): Envelope {
    try {
      return this.#system.catalog.lifted(envelope)
    } catch (error) {
      this.#system.bus.warn(envelope, error)
      return envelope
    }
  }

  /** Forgets a partition that was deleted. */
  forget(address: Address): void {
    this.#unread.delete(address)
    this.#behind.delete(address)
  }

  /** Stops. Events that are being read are not delivered. */
  close(): void {
    this.#isOver = true
    this.#behind.clear()
  }
}
