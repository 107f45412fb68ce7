import { Fifo } from '../fifo.ts'
import type { Address } from '../mail/address.ts'
import { append, type Continuation } from './append.ts'
import type { Frame } from './frame.ts'
import { type Checkpoints, type Journal, JournalAppendError } from './journal.ts'

/** A frame together with what becomes visible once it is durable. */
export interface Appended {
  readonly frame: Frame
}

interface Waiter {
  readonly position: number
  readonly durable: () => void
  readonly failed: (error: JournalAppendError) => void
}

/** What a watermark tells as it moves. */
export interface WatermarkListener<A extends Appended> {
  /** A frame is durable; frames come in order, before those who wait for their positions. */
  durable(appended: A): void
  /** The checkpoints that belong to some frames, if any do. */
  checkpoints(appended: readonly A[]): Checkpoints | undefined
  /** The journal did not take the frames; nothing more will become durable. */
  failed(error: JournalAppendError): void
  /** Something that was told threw; the others are told all the same. */
  fault(error: unknown): void
}

/**
 * Up to where the journal of a partition is durable. Positions are given at once, and everything inside the partition may
 * run ahead; whatever leaves it waits here. Frames that come while a batch is in flight make up the next one.
 */
export class Watermark<A extends Appended> {
  readonly #journal: Journal
  readonly #partition: Address
  #epoch = 1
  readonly #listener: WatermarkListener<A>
  #head = 0
  #durable = 0
  #buffer: A[] = []
  readonly #waiters = new Fifo<Waiter>()
  #flushing = false
  #failure: JournalAppendError | undefined

  constructor(journal: Journal, partition: Address, listener: WatermarkListener<A>) {
    this.#journal = journal
    this.#partition = partition
    this.#listener = listener
  }

  /** Nothing was appended yet: what comes follows on what another owner has left. */
  continue({ epoch, position }: Continuation): void {
    this.#epoch = epoch
    this.#head = position
    this.#durable = position
  }

  /** The position of the newest frame. */
  get head(): number {
    return this.#head
  }

  /** The position of the newest frame that is durable. */
  get durable(): number {
    return this.#durable
  }

  /** Whether every frame is durable. */
  get caughtUp(): boolean {
    return this.#durable === this.#head
  }

  get failure(): JournalAppendError | undefined {
    return this.#failure
  }

  append(appended: A): void {
    this.#head = appended.frame.position
    if (this.#failure) return
    this.#buffer.push(appended)
    if (!this.#flushing) void this.#flush()
  }

  /** Calls back when all that was appended so far is durable, at once if it is already. */
  whenDurable(durable: () => void, failed: (error: JournalAppendError) => void): void {
    if (this.#failure) failed(this.#failure)
    else if (this.caughtUp) durable()
    else this.#waiters.push({ position: this.#head, durable, failed })
  }

  /** The same as a promise. @throws JournalAppendError */
  reached(): Promise<void> {
    return new Promise((resolve, reject) => this.whenDurable(resolve, reject))
  }

  async #flush(): Promise<void> {
    this.#flushing = true
    // One batch for everything that this turn of the ready-queue appends.
    await Promise.resolve()
    while (this.#buffer.length > 0) {
      const batch = this.#buffer
      this.#buffer = []
      try {
        this.#epoch = await append(
          this.#journal,
          this.#partition,
          { epoch: this.#epoch, position: this.#durable },
          batch.map(({ frame }) => frame),
          this.#listener.checkpoints(batch),
        )
      } catch (error) {
        this.#fail(new JournalAppendError(this.#partition, error))
        return
      }
      for (const appended of batch) {
        this.#durable = appended.frame.position
        this.#show(appended)
        this.#release()
      }
    }
    this.#flushing = false
  }

  #show(appended: A): void {
    try {
      this.#listener.durable(appended)
    } catch (error) {
      this.#listener.fault(error)
    }
  }

  #release(): void {
    for (let next = this.#waiters.first; next && next.position <= this.#durable; next = this.#waiters.first) {
      this.#waiters.shift()
      this.#guard(next.durable)
    }
  }

  #fail(error: JournalAppendError): void {
    this.#failure = error
    this.#buffer = []
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    this.#guard(() => this.#listener.failed(error))
    for (const waiter of waiters) this.#guard(() => waiter.failed(error))
  }

  // One that throws must neither stop the flushing nor keep the others from being told.
  #guard(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#listener.fault(error)
    }
  }
}
