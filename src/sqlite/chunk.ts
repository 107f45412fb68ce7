import { crc32 } from 'node:zlib'
import type { Bytes } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** Bytes of frames that are handed over at once, unless one frame is larger. */
const usual = 262_144

/** Where frames are put together, so that memory is taken for what is handed over alone. */
const desk = Buffer.allocUnsafeSlow(usual)

const [open, comma, close] = [0x5b, 0x2c, 0x5d]

/** Frames that follow each other, put together to be handed over; each is checked as it comes. */
export class Chunk {
  /** The position of the last frame; before the first, the one after which to read. */
  last: number
  readonly #partition: string
  readonly #buffer: Buffer
  readonly #pruned: number
  #length = 0

  /**
   * @param largest bytes of the largest frame that can come
   * @param after the position after which to read
   * @param pruned up to where frames were forgotten
   */
  constructor(partition: string, largest: number, after: number, pruned: number) {
    this.#partition = partition
    this.#pruned = pruned
    this.#buffer = largest + 2 <= usual ? desk : Buffer.allocUnsafeSlow(largest + 2)
    this.last = after
  }

  /** Bytes that are left for frames, one before each included. */
  get room(): number {
    return this.#buffer.length - this.#length - 1
  }

  /**
   * Adds the frame that comes next.
   *
   * @param follows the position of the frame before it
   * @throws Refusal when it is not as it was written, or one is missing before it
   */
  add(position: number, follows: number, crc: number, body: string): void {
    this.checkReached(follows)
    const from = this.#length + 1
    this.#buffer[from - 1] = from === 1 ? open : comma
    this.#length = from + this.#buffer.write(body, from)
    if (crc32(this.#buffer.subarray(from, this.#length)) !== crc) throw altered(this.#partition, position)
    this.last = position
  }

  /** @throws Refusal when what should be there up to a position is not, and was not forgotten either */
  checkReached(position: number): void {
    if (position > Math.max(this.last, this.#pruned))
      throw new Refusal({ code: 'corrupt', partition: this.#partition, what: `what comes after frame ${this.last}` })
  }

  /** All of it as a JSON array. */
  bytes(): Bytes {
    if (this.#length === 0) this.#buffer[this.#length++] = open
    this.#buffer[this.#length] = close
    return new Uint8Array(this.#buffer.subarray(0, this.#length + 1))
  }
}

/** The body of a frame is not what was written. */
export function altered(partition: string, position: number): Refusal {
  return new Refusal({ code: 'corrupt', partition, what: `frame ${position}` })
}
