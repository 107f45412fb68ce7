import { crc32 } from 'node:zlib'
import type { Bytes } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** Usual bytes of a chunk; a chunk with one large frame may have more. */
const usual = 262_144

/** The buffer in which a chunk is put together. The chunk itself is then allocated with exactly its size. */
const desk = Buffer.allocUnsafeSlow(usual)

const [open, comma, close] = [0x5b, 0x2c, 0x5d]

/** Consecutive frames, put together for the main thread. Each frame is checked when it is added. */
export class Chunk {
  /** The position of the last frame; before the first frame, the position after which to read. */
  last: number
  readonly #partition: string
  readonly #buffer: Buffer
  readonly #pruned: number
  #length = 0

  /**
   * @param largest bytes of the partition's largest frame
   * @param after the position after which to read
   * @param pruned position up to which frames were forgotten
   */
  constructor(partition: string, largest: number, after: number, pruned: number) {
    this.#partition = partition
    this.#pruned = pruned
    this.#buffer = largest + 2 <= usual ? desk : Buffer.allocUnsafeSlow(largest + 2)
    this.last = after
  }

  /** Bytes that are left, including the comma before each frame. */
  get room(): number {
    return this.#buffer.length - this.#length - 1
  }

  /**
   * Adds the next frame.
   *
   * @param follows the position of the frame before it
   * @throws Refusal when its body was changed, or a frame before it is missing
   */
  add(position: number, follows: number, crc: number, body: string): void {
    this.checkReached(follows)
    const from = this.#length + 1
    this.#buffer[from - 1] = from === 1 ? open : comma
    this.#length = from + this.#buffer.write(body, from)
    if (crc32(this.#buffer.subarray(from, this.#length)) !== crc) throw altered(this.#partition, position)
    this.last = position
  }

  /** @throws Refusal when frames up to a position are missing that were not forgotten */
  checkReached(position: number): void {
    if (position > Math.max(this.last, this.#pruned))
      throw new Refusal({ code: 'corrupt', partition: this.#partition, what: `what comes after frame ${this.last}` })
  }

  /** The whole chunk as a JSON array. */
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
