import type { EventOf } from '../events/event.ts'
import type { JournalError } from '../journal/journal.ts'
import type { OwnershipLostError } from '../journal/ownership.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { System } from '../partition/system.ts'
import type { DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import type { SavedPartition } from '../recovery/needs.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import { Deletion } from './deletion.ts'
import { Elsewhere } from './elsewhere.ts'
import { Quarantine } from './quarantine.ts'
import { type KindErrors, type Living, Registry } from './registry.ts'

/** What the partitions of all kinds are made of. */
export interface KindGround {
  readonly system: System<Partition>
  readonly intensity: RestartIntensity
  readonly partitions: Partitions
  readonly durable: DurableSubscriptions
  /** Recovers one partition from the journal, or quarantines it; never rejects. */
  recover(partition: Address, options: { readonly isRetry: boolean }): Promise<void>
  /** The timers and schedules of a partition end in this process. */
  drop(partition: Address): void
  /** Forgets everything about a deleted partition. */
  forget(partition: Address): void
}

/** What is different in each kind. */
interface KindRules<P extends Living> {
  /** What addresses of this kind begin with. */
  readonly prefix: string
  readonly errors: KindErrors
  /** Makes one, without agents yet. @throws why this program cannot */
  make(id: string): P
  /** What is reported when one is quarantined, besides the error. */
  quarantined?(id: string, reason: string): EventOf
}

/** The partitions of one kind, from their creation to their deletion: parties are those of one kind. */
export class Lives<P extends Living> {
  readonly registry: Registry<P>
  readonly deletion: Deletion<P>
  readonly #quarantine: Quarantine<P>
  readonly #elsewhere: Elsewhere<P>
  readonly #rules: KindRules<P>
  readonly #ground: KindGround
  readonly #creations = new Set<Promise<P>>()

  constructor(rules: KindRules<P>, ground: KindGround) {
    const parts = { ...ground, ...rules }
    this.#rules = rules
    this.#ground = ground
    this.registry = new Registry(rules.errors, id => this.#elsewhere.errorOf(id))
    this.#elsewhere = new Elsewhere(this.registry, parts)
    this.#quarantine = new Quarantine(this.registry, parts)
    this.deletion = new Deletion(this.registry, this.#quarantine, parts)
  }

  get prefix(): string {
    return this.#rules.prefix
  }

  /** Creates one under a free id: all of it happens, or nothing. @throws why the id is taken, and what `begin` rejects with */
  async create(id: string, begin: (one: P) => Promise<void>): Promise<P> {
    const creation = this.#create(id, begin)
    this.#creations.add(creation)
    try {
      return await creation
    } finally {
      this.#creations.delete(creation)
    }
  }

  async #create(id: string, begin: (one: P) => Promise<void>): Promise<P> {
    const { present, beginning } = this.registry
    const { claims } = this.#ground.system
    if (claims.isShared) await this.#elsewhere.forgetDeleted(id)
    this.registry.checkFree(id)
    const claim = claims.isShared ? await this.#elsewhere.claim(id) : undefined
    const one = this.#rules.make(id)
    if (claim) one.life.partition.frames.begin(this.#elsewhere.checked(id, claim))
    present.set(id, one)
    beginning.set(id, one)
    this.#ground.partitions.add(one.life.partition)
    try {
      if (this.deletion.isUnerased(id)) await this.deletion.erase(id)
      await begin(one)
    } catch (error) {
      // It may have been deleted meanwhile, and another one may have its id already.
      if (present.get(id) === one) await this.deletion.discard(one)
      throw claim ? await this.#elsewhere.whyNotCreated(id, claim, error) : error
    } finally {
      if (beginning.get(id) === one) beginning.delete(id)
    }
    return one
  }

  /** Restores one that is quarantined, or that failed. @throws why it still cannot go on */
  restore(id: string, how: { readonly isRetry: boolean }): Promise<P> {
    return this.#quarantine.restore(id, how)
  }

  /** Stops one and forgets it. @param check throws why it must not happen, once nobody restores the partition any more */
  async delete(id: string, check: () => void = () => {}): Promise<void> {
    this.#ground.system.checkLive()
    const { recovering } = this.registry
    // While it is being restored, only a part of it is here.
    while (recovering.has(id)) await recovering.get(id)
    check()
    await this.deletion.delete(id).catch((error: unknown) => this.#elsewhere.notDeleted(id, error))
    this.#elsewhere.delete(id)
  }

  /** Stops every one, because the runtime stops. One that is being created or restored is taken back, or is complete. */
  async stopAll(): Promise<void> {
    await this.deletion.stopAll()
    await Promise.allSettled([...this.#creations, ...this.registry.recovering.values()])
  }

  /** The journal takes no more frames of one. */
  refused(one: P, error: JournalError): void {
    this.#quarantine.failed(one, error)
  }

  /** One that the journal holds, and that is about to be restored. @throws why this program cannot */
  saved(id: string): SavedPartition {
    this.deletion.keep(id)
    const one = this.#quarantine.reopened(id, () => this.#rules.make(id))
    return { ...one.life.saved, recovered: () => void this.registry.quarantined.delete(id) }
  }

  /** A partition cannot be restored, for this reason. It may be of a kind that nobody knows. */
  quarantine(partition: Address, error: unknown): void {
    this.#quarantine.add(this.idOf(partition), partition, error)
  }

  /** The journal holds one that this runtime does not own. */
  elsewhere(partition: Address): void {
    this.#elsewhere.add(this.idOf(partition))
  }

  /** The journal does not hold one that another runtime owned. */
  gone(partition: Address): void {
    this.#elsewhere.delete(this.idOf(partition))
  }

  /** Another runtime may own one now. */
  lose(partition: Address, error: OwnershipLostError): void {
    this.#elsewhere.lose(this.idOf(partition), error)
  }

  /** Recovers one that this runtime has just claimed. @throws why it cannot go on */
  async take(partition: Address): Promise<void> {
    const id = this.idOf(partition)
    this.#elsewhere.delete(id)
    const reason = 'This runtime has claimed it just now.'
    this.registry.quarantined.set(id, { code: 'PARTITION_CLAIMED', reason })
    await this.#quarantine.restore(id, { isRetry: false })
  }

  /** The id of a partition of this kind; another partition is listed by its address. */
  idOf(partition: Address): string {
    return partition.startsWith(addressOf(this.prefix, '')) ? partition.slice(this.prefix.length + 1) : partition
  }
}
