import type { Failure, Write } from './protocol.ts'

interface Waiting {
  readonly write: Write
  /** Characters of the write. */
  readonly length: number
  resolve(failure: Failure | undefined): void
  reject(error: unknown): void
}

/** Most characters of one batch, unless one write has more. */
const mostAtOnce = 8_388_608

/**
 * Group commit: all writes of one turn of the event loop are committed together. Writes that come meanwhile are the next batch.
 */
export class Writer {
  readonly #send: (writes: readonly Write[]) => Promise<readonly (Failure | undefined)[]>
  #queue: Waiting[] = []
  #flushing: Promise<void> | undefined

  constructor(send: (writes: readonly Write[]) => Promise<readonly (Failure | undefined)[]>) {
    this.#send = send
  }

  /** Resolves when the write is durable; if it was refused, resolves to the reason. */
  write(write: Write, length = 0): Promise<Failure | undefined> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, length, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#flushing
  }

  async #flush(): Promise<void> {
    // Waits until this turn of the event loop has done everything else.
    await new Promise<void>(resolve => process.nextTick(resolve))
    while (this.#queue.length > 0) {
      const batch = this.#take()
      try {
        const failures = await this.#send(batch.map(({ write }) => write))
        for (const [place, { resolve }] of batch.entries()) resolve(failures[place])
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#flushing = undefined
  }

  #take(): readonly Waiting[] {
    let length = 0
    const place = this.#queue.findIndex((waiting, place) => {
      length += waiting.length
      return place > 0 && length > mostAtOnce
    })
    return this.#queue.splice(0, place < 0 ? this.#queue.length : place)
  }
}
