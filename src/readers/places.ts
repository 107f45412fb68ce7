import type { Journal } from '../journal/journal.ts'
import type { Address } from '../mail/address.ts'

/** Up to where a reader was told everything of one partition. */
export interface Place {
  upTo: number
}

/** How far a reader has come in each partition: known at once, and kept in the journal a moment later. */
export class Places {
  readonly #journal: Journal
  readonly #reader: string
  readonly #fault: (error: unknown) => void
  readonly #places = new Map<Address, Place>()
  #unkept = new Map<Address, number | undefined>()
  #keeping: Promise<void> | undefined
  #isDropped = false
  /** When the reader began with all that was ever said, epoch milliseconds, if in this process. */
  begunAt = Number.NEGATIVE_INFINITY

  /** @param fault is told of a journal that does not keep them */
  constructor(journal: Journal, reader: string, fault: (error: unknown) => void) {
    this.#journal = journal
    this.#reader = reader
    this.#fault = fault
  }

  /** Reads back what the journal has kept; `false` if it knows no such reader. */
  async load(): Promise<boolean> {
    const kept = await this.#journal.marks(this.#reader)
    for (const [partition, upTo] of kept) this.#places.set(partition, { upTo })
    return kept.size > 0
  }

  /** The position up to which it was told everything; 0 where it was told nothing. */
  in(partition: Address): number {
    return this.#places.get(partition)?.upTo ?? 0
  }

  /** Another one, once the partition is forgotten: what comes to its address then begins anew. */
  of(partition: Address): Place {
    const known = this.#places.get(partition)
    if (known) return known
    const place = { upTo: 0 }
    this.#places.set(partition, place)
    return place
  }

  /** @param place where the reader was before; nothing happens if that is forgotten */
  reach(partition: Address, upTo: number, place = this.of(partition)): void {
    if (this.#places.get(partition) !== place) return
    // Two subscriptions under one name, one after the other, may both have been told.
    place.upTo = Math.max(upTo, place.upTo)
    this.#keep(partition, place.upTo)
  }

  forget(partition: Address): void {
    this.#places.delete(partition)
    this.#keep(partition, undefined)
  }

  /** Forgets all of them, for good; resolves to whether the journal knew any. @throws what the journal throws */
  async drop(): Promise<boolean> {
    this.#isDropped = true
    this.#unkept.clear()
    await this.kept()
    const kept = await this.#journal.marks(this.#reader)
    const none = new Map(Array.from(kept.keys(), partition => [partition, undefined] as const))
    if (none.size > 0) await this.#journal.mark(this.#reader, none)
    return none.size > 0
  }

  /** Resolves when the journal has kept all of it, as far as it ever will. */
  async kept(): Promise<void> {
    while (this.#keeping) await this.#keeping
  }

  #keep(partition: Address, place: number | undefined): void {
    if (this.#isDropped) return
    this.#unkept.set(partition, place)
    this.#keeping ??= this.#keepAll().finally(() => {
      this.#keeping = undefined
    })
  }

  async #keepAll(): Promise<void> {
    await Promise.resolve()
    while (this.#unkept.size > 0) {
      const unkept = this.#unkept
      this.#unkept = new Map()
      try {
        await this.#journal.mark(this.#reader, unkept)
      } catch (error) {
        // It is told again what it was told since: at least once.
        this.#fault(error)
        return
      }
    }
  }
}
