import { TroupeError } from '../errors.ts'
import { JournalCorruptError } from '../journal/journal.ts'
import type { OwnershipLostError } from '../journal/ownership.ts'
import { type Address, isPartitionId, kindIn } from '../mail/address.ts'
import type { SavedPartition } from '../recovery/needs.ts'
import type { Life } from './life.ts'
import type { Lives } from './lives.ts'
import type { Living } from './registry.ts'

/** The partitions of all kinds of a runtime, but for `runtime`. Each is found by the beginning of its address. */
export class Kinds {
  readonly #parties: Lives<Living>
  readonly #byPrefix: ReadonlyMap<string, Lives<Living>>

  /** @param parties lists partitions of unknown kinds too, by their addresses */
  constructor(parties: Lives<Living>, others: readonly Lives<Living>[]) {
    this.#parties = parties
    this.#byPrefix = new Map([parties, ...others].map(lives => [lives.prefix, lives]))
  }

  /** A partition that the journal holds, and that is about to be restored. @throws JournalCorruptError, UnknownPartitionKindError, and why its kind cannot */
  saved(partition: Address): SavedPartition {
    const lives = this.#byPrefix.get(kindIn(partition))
    const id = lives?.idOf(partition) ?? partition.slice(partition.indexOf('/') + 1)
    if (!partition.includes('/') || !isPartitionId(id)) throw new JournalCorruptError(partition, 'the name')
    if (!lives) throw new UnknownPartitionKindError(partition, [...this.#byPrefix.keys()])
    return lives.saved(id)
  }

  /** A partition cannot be restored, for this reason. */
  quarantine(partition: Address, error: unknown): void {
    this.#of(partition).quarantine(partition, error)
  }

  /** The journal holds a partition that this runtime does not own. */
  elsewhere(partition: Address): void {
    this.#of(partition).elsewhere(partition)
  }

  /** The journal does not hold a partition that another runtime owned. */
  gone(partition: Address): void {
    this.#of(partition).gone(partition)
  }

  /** Another runtime may own a partition now. */
  lose(partition: Address, error: OwnershipLostError): void {
    this.#of(partition).lose(partition, error)
  }

  /** Recovers a partition that this runtime has just claimed. @throws why it cannot go on */
  take(partition: Address): Promise<void> {
    return this.#of(partition).take(partition)
  }

  /** Resolves when a partition that is being recovered is restored, or cannot be restored. */
  recovering(partition: Address): Promise<void> | undefined {
    const lives = this.#of(partition)
    return lives.registry.recovering.get(lives.idOf(partition))
  }

  /** Whether the journal keeps a partition that does not work now and may be restored. */
  isKept(partition: Address): boolean {
    const lives = this.#of(partition)
    return lives.registry.isAway(lives.idOf(partition))
  }

  /** How many partitions are quarantined, and how many of them are parties. */
  get quarantined(): { readonly all: number; readonly parties: number } {
    const all = this.#all.reduce((sum, { registry }) => sum + registry.quarantined.size, 0)
    return { all, parties: [...this.#parties.registry.quarantined.keys()].filter(id => !id.includes('/')).length }
  }

  /** All that may be used, the parties first. */
  get lives(): readonly Life[] {
    return this.#all.flatMap(({ registry }) => registry.list().map(({ life }) => life))
  }

  /** Stops every partition: the parties first, as their agents may have asked others. */
  async stopAll(): Promise<void> {
    for (const lives of this.#all) await lives.stopAll()
  }

  get #all(): readonly Lives<Living>[] {
    return [...this.#byPrefix.values()]
  }

  #of(partition: Address): Lives<Living> {
    return this.#byPrefix.get(kindIn(partition)) ?? this.#parties
  }
}

/** The journal holds a partition of a kind that the program does not register. */
export class UnknownPartitionKindError extends TroupeError {
  readonly code = 'PARTITION_KIND_UNKNOWN'
  readonly partition: Address
  readonly kind: string
  constructor(partition: Address, known: readonly string[]) {
    const kind = kindIn(partition)
    super(
      `The journal holds "${partition}", and this program registers no partition kind "${kind}" (it knows ${known.join(', ')}). Its frames stay as they are. Register the kind that wrote them: createRuntime({ kinds: [...] }).`,
    )
    this.partition = partition
    this.kind = kind
  }
}
