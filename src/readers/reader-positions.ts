import type { Journal } from '../journal/journal.ts'
import type { Address } from '../mail/address.ts'

/** The position up to which a reader has read one partition. */
export interface ReaderPosition {
  upTo: number
}

/** How far a reader has read each partition. It is known at once, and the journal keeps it a moment later. */
export class ReaderPositions {
  readonly #journal: Journal
  readonly #reader: string
  readonly #fault: (error: unknown) => void
  readonly #positions = new Map<Address, ReaderPosition>()
  #unkept = new Map<Address, number | undefined>()
  #keeping: Promise<void> | undefined
  #isDropped = false
  /** When the reader began at the start of every journal, epoch milliseconds, if that was in this process. */
  begunAt = Number.NEGATIVE_INFINITY

  /** @param fault is called when the journal fails to keep a position */
  constructor(journal: Journal, reader: string, fault: (error: unknown) => void) {
    this.#journal = journal
    this.#reader = reader
    this.#fault = fault
  }

  /** Reads the positions that the journal has kept; `false` if the journal does not know the reader. */
  async load(): Promise<boolean> {
    const kept = await this.#journal.marks(this.#reader)
    for (const [partition, upTo] of kept) this.#positions.set(partition, { upTo })
    return kept.size > 0
  }

  /** The position up to which the reader has read a partition; 0 if it has read nothing there. */
  in(partition: Address): number {
    return this.#positions.get(partition)?.upTo ?? 0
  }

  /** The position in a partition, as an object: a partition that gets the address of a deleted one has another object. */
  of(partition: Address): ReaderPosition {
    const known = this.#positions.get(partition)
    if (known) return known
    const position = { upTo: 0 }
    this.#positions.set(partition, position)
    return position
  }

  /** @param position the position of the reader before; nothing happens if the reader was forgotten */
  reach(partition: Address, upTo: number, position = this.of(partition)): void {
    if (this.#positions.get(partition) !== position) return
    // Two subscriptions with one name, one after the other, may both move the position.
    position.upTo = Math.max(upTo, position.upTo)
    this.#keep(partition, position.upTo)
  }

  forget(partition: Address): void {
    this.#positions.delete(partition)
    this.#keep(partition, undefined)
  }

  /** Forgets a position here: the journal keeps it, for the runtime that has the partition now. */
  leave(partition: Address): void {
    this.#positions.delete(partition)
    this.#unkept.delete(partition)
  }

  /** Forgets all positions for good; resolves with whether the journal knew any. @throws what the journal throws */
  async drop(): Promise<boolean> {
    this.#isDropped = true
    this.#unkept.clear()
    await this.kept()
    const kept = await this.#journal.marks(this.#reader)
    const none = new Map(Array.from(kept.keys(), partition => [partition, undefined] as const))
    if (none.size > 0) await this.#journal.mark(this.#reader, none)
    return none.size > 0
  }

  /** Resolves when the journal has kept all positions, or has failed to. */
  async kept(): Promise<void> {
    while (this.#keeping) await this.#keeping
  }

  #keep(partition: Address, upTo: number | undefined): void {
    if (this.#isDropped) return
    this.#unkept.set(partition, upTo)
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
        // The next process delivers the events since the last kept position once more: each event at least once.
        this.#fault(error)
        return
      }
    }
  }
}
