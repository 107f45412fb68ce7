import { type Frame, JournalCorruptError } from '../index.ts'
import type { Bytes, FrameRows } from './protocol.ts'

/** Where the frames of a partition come from. */
export interface FrameSource {
  readonly partition: string
  /** Grows when something is appended to the partition. */
  appended(): number
  /** The next chunk of frames after a position. */
  read(after: number): Promise<FrameRows>
}

/** A fetched chunk of frames. */
interface Fetched extends FrameRows {
  /** `appended()` of the source when the chunk was requested. */
  readonly appended: number
}

/** The frames of a partition, in order, also those that are appended meanwhile; the next ones are fetched ahead. */
export class FrameStream implements AsyncIterableIterator<Frame> {
  readonly #source: FrameSource
  #frames: readonly Frame[] = []
  #place = 0
  #last: number
  #ahead: Promise<Fetched> | undefined
  /** `appended()` of the source when the last chunk was requested; `undefined` while there may be more frames. */
  #ended: number | undefined
  #fetching: Promise<IteratorResult<Frame>> | undefined
  #over = false

  /** @param after the position after which to begin */
  constructor(source: FrameSource, after: number) {
    this.#source = source
    this.#last = after
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  // Not a generator, which takes twice as long for each frame.
  next(): Promise<IteratorResult<Frame>> {
    if (this.#fetching) return this.#fetching.then(() => this.next())
    const frame = this.#frames[this.#place]
    if (frame) {
      this.#place++
      return Promise.resolve({ value: frame, done: false })
    }
    this.#fetching = this.#more().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async return(): Promise<IteratorResult<Frame>> {
    this.#over = true
    this.#frames = []
    return { value: undefined, done: true }
  }

  async #more(): Promise<IteratorResult<Frame>> {
    while (!this.#over && this.#ended !== this.#source.appended()) {
      const { frames: bytes, end, appended } = await (this.#ahead ?? this.#fetch())
      const frames = framesOf(bytes)
      this.#check(frames)
      this.#ended = end ? appended : undefined
      this.#ahead = end ? undefined : this.#fetch()
      // If this fails, the next read throws the error.
      this.#ahead?.catch(() => {})
      const [value] = frames
      if (!value) continue
      this.#frames = frames
      this.#place = 1
      return { value, done: false }
    }
    return this.return()
  }

  /** @throws JournalCorruptError unless each frame comes after the one before it, so that reading them has an end */
  #check(frames: readonly Frame[]): void {
    for (const { position } of frames) {
      if (!(position > this.#last)) throw new JournalCorruptError(this.#source.partition, `frame ${position}`)
      this.#last = position
    }
  }

  async #fetch(): Promise<Fetched> {
    // Counted before reading, so that frames which are appended meanwhile cause one more read.
    const appended = this.#source.appended()
    return { ...(await this.#source.read(this.#last)), appended }
  }
}

/** The frames that the thread with the file has put together. */
export function framesOf({ buffer }: Bytes): readonly Frame[] {
  return JSON.parse(Buffer.from(buffer).toString())
}
