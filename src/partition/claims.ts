import { type Claim, type Ownership, OwnershipLostError, PartitionOwnedError } from '../journal/ownership.ts'
import type { Address } from '../mail/address.ts'

interface ClaimEvents {
  /** Called for each claim, where the ownership is shared. */
  claimed(partition: Address): void
  /** Called once for each claim that is lost or forfeited. */
  lost(partition: Address, error: OwnershipLostError): void
}

/** The claims of a runtime. Where the ownership is not shared, nothing is kept here: the runtime owns everything. */
export class Claims {
  readonly #ownership: Ownership
  readonly #lost: ClaimEvents['lost']
  readonly #claimed: ClaimEvents['claimed']
  readonly #held = new Map<Address, Claim>()
  readonly #underWay = new Map<Address, Promise<Claim>>()
  /** Ends listening to the signals of the claims that are held: one signal may serve many claims, one after the other. */
  readonly #forget = new Map<Address, () => void>()

  constructor(ownership: Ownership, { lost, claimed }: ClaimEvents) {
    this.#ownership = ownership
    this.#lost = lost
    this.#claimed = claimed
  }

  /** Whether other runtimes may own partitions of the same journal. */
  get isShared(): boolean {
    return this.#ownership.isShared
  }

  /** Which of these partitions this runtime claims when it starts. */
  async choose(partitions: readonly Address[]): Promise<readonly Address[]> {
    return this.#ownership.choose(partitions)
  }

  /**
   * Claims a partition, unless this runtime has claimed it already.
   *
   * @param above the epoch of its last writer
   * @throws PartitionOwnedError
   */
  async claim(partition: Address, above: number): Promise<Claim> {
    if (!this.isShared) return this.#ownership.claim(partition, above)
    const claiming = this.#held.get(partition) ?? this.#underWay.get(partition) ?? this.#claim(partition, above)
    return claiming
  }

  async #claim(partition: Address, above: number): Promise<Claim> {
    const claiming = Promise.resolve(this.#ownership.claim(partition, above))
    this.#underWay.set(partition, claiming)
    try {
      const claim = await claiming
      if (claim.lost.aborted) throw new PartitionOwnedError(partition, this.ownerOf(partition))
      this.#held.set(partition, claim)
      const forfeit = () => {
        if (this.#held.get(partition) === claim) this.forfeit(partition, this.#lossOf(partition, claim))
      }
      claim.lost.addEventListener('abort', forfeit, { once: true })
      this.#forget.set(partition, () => claim.lost.removeEventListener('abort', forfeit))
      this.#claimed(partition)
      return claim
    } finally {
      this.#underWay.delete(partition)
    }
  }

  #lossOf(partition: Address, { epoch }: Claim): OwnershipLostError {
    return new OwnershipLostError(partition, epoch, this.ownerOf(partition))
  }

  /** The claim of a partition; `undefined` if another runtime may own it, or if all partitions belong to this runtime. */
  at(partition: Address): Claim | undefined {
    return this.#held.get(partition)
  }

  /** Whether this runtime may write a partition. */
  isOwned(partition: Address): boolean {
    return !this.isShared || this.#held.has(partition)
  }

  /** Call it with nothing between it and what it is for: a claim may be lost in every turn. @throws PartitionOwnedError */
  checkOwned(partition: Address): void {
    if (!this.isOwned(partition)) throw new PartitionOwnedError(partition, this.ownerOf(partition))
  }

  /** The name of the runtime that owns a partition, as far as it is known at once. */
  ownerOf(partition: Address): string | undefined {
    return this.#ownership.ownerOf(partition)
  }

  /** Ends a claim at once, because the journal has a later owner or the runtime gives the partition up. */
  forfeit(partition: Address, error?: OwnershipLostError): void {
    const claim = this.#held.get(partition)
    if (!claim) return
    this.#drop(partition)
    this.#lost(partition, error ?? new OwnershipLostError(partition, claim.epoch))
    void claim.release().catch(() => {})
  }

  /** Releases a partition of which nothing is here any more, unless a later claim than this one is held by now. */
  async release(partition: Address, claim = this.#held.get(partition)): Promise<void> {
    if (this.#held.get(partition) === claim) this.#drop(partition)
    await claim?.release()
  }

  #drop(partition: Address): void {
    this.#held.delete(partition)
    this.#forget.get(partition)?.()
    this.#forget.delete(partition)
  }

  /** Calls back with each partition that this runtime is to take from now on; the returned function ends that. */
  follow(take: (partition: Address) => void): () => void {
    return this.#ownership.follow?.(take) ?? (() => {})
  }

  close(): Promise<void> {
    for (const partition of [...this.#held.keys()]) this.#drop(partition)
    return this.#ownership.close()
  }
}
