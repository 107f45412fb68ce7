import { Fifo } from '../fifo.ts'
import type { OpenSpan } from '../following.ts'
import type { Address } from '../mail/address.ts'
import { append, type Continuation } from './append.ts'
import type { Frame } from './frame.ts'
import { type Checkpoints, type Journal, JournalAppendError, JournalConflictError } from './journal.ts'
import { type AppendFailure, type Claim, OwnershipLostError } from './ownership.ts'

/** A frame together with what becomes visible once it is durable. */
export interface Appended {
  readonly frame: Frame
}

interface Waiter {
  readonly position: number
  readonly durable: () => void
  readonly failed: (error: AppendFailure) => void
}

/** The functions that a watermark calls when it moves. */
export interface WatermarkListener<A extends Appended> {
  /** A frame is durable. Frames come in order, each before the callbacks that wait for its position. */
  durable(appended: A): void
  /** The checkpoints that belong to these frames, if there are any. */
  checkpoints(appended: readonly A[]): Checkpoints | undefined
  /** The journal is about to append the frames; returns the span of that. Left out if nobody follows it. */
  appending?(appended: readonly A[]): OpenSpan
  /** The journal did not append the frames. No further frame will be durable. */
  failed(error: AppendFailure): void
  /** A callback threw. The other callbacks are called all the same. */
  fault(error: unknown): void
}

/**
 * The position up to which the journal of a partition is durable. Inside the partition, frames count at once; everything that
 * leaves the partition waits here until they are durable. Frames that come during an append form the next batch.
 */
export class Watermark<A extends Appended> {
  readonly #journal: Journal
  readonly #partition: Address
  #epoch = 1
  #claim: Claim | undefined
  readonly #listener: WatermarkListener<A>
  #head = 0
  #durable = 0
  #buffer: A[] = []
  readonly #waiters = new Fifo<Waiter>()
  #flushing = false
  #failure: AppendFailure | undefined

  constructor(journal: Journal, partition: Address, listener: WatermarkListener<A>) {
    this.#journal = journal
    this.#partition = partition
    this.#listener = listener
  }

  /** Continues after the last frame of the process before. Call it before the first append. */
  continue({ epoch, position, claim }: Continuation): void {
    this.#epoch = epoch
    this.#claim = claim
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

  get failure(): AppendFailure | undefined {
    return this.#failure
  }

  append(appended: A): void {
    this.#head = appended.frame.position
    if (this.#failure) return
    this.#buffer.push(appended)
    if (!this.#flushing) void this.#flush()
  }

  /**
   * Calls back when all frames so far are durable: at once if they are already.
   *
   * @param failed called if the journal refuses them; left out where there is nothing to do for what never happened
   */
  whenDurable(durable: () => void, failed: (error: AppendFailure) => void = nothing): void {
    if (this.#failure) failed(this.#failure)
    else if (this.caughtUp) durable()
    else this.#waiters.push({ position: this.#head, durable, failed })
  }

  /** Resolves when all frames so far are durable. @throws JournalAppendError, OwnershipLostError */
  reached(): Promise<void> {
    return new Promise((resolve, reject) => this.whenDurable(resolve, reject))
  }

  async #flush(): Promise<void> {
    this.#flushing = true
    // One batch for all frames that this turn of the ready queue appends.
    await (this.#journal.isLasting ? turnIsOver() : Promise.resolve())
    while (this.#buffer.length > 0) {
      const batch = this.#buffer
      this.#buffer = []
      const span = this.#listener.appending?.(batch)
      try {
        this.#epoch = await (span ? span.run(() => this.#append(batch)) : this.#append(batch))
        span?.succeed()
      } catch (error) {
        span?.fail(error)
        this.giveUp(this.#failureOf(error))
        return
      }
      // The partition was lost meanwhile: its next owner decides what these frames are.
      if (this.#failure) return
      for (const appended of batch) {
        this.#durable = appended.frame.position
        this.#show(appended)
        this.#release()
      }
    }
    this.#flushing = false
  }

  #append(batch: readonly A[]): Promise<number> {
    return append(
      this.#journal,
      this.#partition,
      { epoch: this.#epoch, position: this.#durable, claim: this.#claim },
      batch.map(({ frame }) => frame),
      this.#listener.checkpoints(batch),
    )
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

  #failureOf(error: unknown): AppendFailure {
    const claim = this.#claim
    const isLost = claim && error instanceof JournalConflictError && error.epoch > claim.epoch
    if (isLost) return new OwnershipLostError(this.#partition, claim.epoch, undefined, { cause: error })
    return new JournalAppendError(this.#partition, error)
  }

  /** Appends nothing from now on, and acknowledges nothing, not even what the journal is taking now. */
  giveUp(error: AppendFailure): void {
    if (this.#failure) return
    this.#failure = error
    this.#buffer = []
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    this.#guard(() => this.#listener.failed(error))
    for (const waiter of waiters) this.#guard(() => waiter.failed(error))
  }

  // A callback that throws must neither stop the flushing nor keep the other callbacks from being called.
  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#listener.fault(error)
    }
  }
}

/** Resolves when all promises and turns that are ready now have had their turn. A write to a disk takes longer than all of these. */
function turnIsOver(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve))
}

const nothing = () => {}
