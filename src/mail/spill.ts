import type { Envelope } from './envelope.ts'

const chunkLength = 1_024
/** Event types get a number in each process: 2 bytes each, where a pointer to the type takes 8. */
const typeNumbers = new Map<string, number>()
const typeNames: string[] = []
const taken = 0xffff

/** Positions and types of 1,024 events, 6 bytes each. */
interface Chunk {
  readonly base: number
  /** When the oldest of these events was published, epoch milliseconds. */
  readonly since: number
  /** How many of these events still wait. */
  left: number
  readonly offsets: Int32Array
  readonly types: Uint16Array
}

/** An event that only the journal holds, and its place in the spill. */
export interface Spilled {
  readonly place: number
  readonly seq: number
}

/**
 * The part of a lane that did not fit into memory. It knows the position and the type of each event, so that a busy agent finds
 * the events that it takes without reading the journal. A million events take 6 MB.
 */
export class Spill {
  /** A chunk without events is dropped, also in the middle. */
  #chunks: (Chunk | undefined)[] = []
  /** Places are counted from the first event ever spilled; chunks before `#first` are gone. */
  #first = 0
  #head = 0
  #tail = 0
  #size = 0
  readonly #loaded = new Map<number, Envelope>()
  readonly #counts = new Map<number, number>()

  get size(): number {
    return this.#size
  }

  push({ seq, type, time }: Envelope): void {
    const within = this.#tail % chunkLength
    if (within === 0)
      this.#chunks.push({
        base: seq,
        since: time,
        left: 0,
        offsets: new Int32Array(chunkLength),
        types: new Uint16Array(chunkLength),
      })
    const chunk = this.#chunks.at(-1)
    const number = numberOf(type)
    if (chunk) {
      chunk.offsets[within] = seq - chunk.base
      chunk.types[within] = number
      chunk.left++
    }
    this.#tail++
    this.#size++
    this.#counts.set(number, (this.#counts.get(number) ?? 0) + 1)
  }

  /** Whether an event of an acceptable type waits. */
  has(accepts: (type: string) => boolean): boolean {
    for (const [number, count] of this.#counts) if (count > 0 && accepts(typeNames[number] ?? '')) return true
    return false
  }

  /** The oldest events of acceptable types, at most `most`. */
  oldest(accepts: (type: string) => boolean, most: number): readonly Spilled[] {
    const found: Spilled[] = []
    for (let place = this.#head; place < this.#tail && found.length < most; place++) {
      if (!this.#chunkAt(place)) place = this.#lastOfChunk(place)
      const number = this.#typeAt(place)
      if (number !== taken && accepts(typeNames[number] ?? '')) found.push({ place, seq: this.#seqAt(place) })
    }
    return found
  }

  /**
   * Since when the event at a place has waited, epoch milliseconds. If the event was not read back, the earliest possible time.
   */
  sinceAt(place: number): number | undefined {
    return this.#loaded.get(place)?.time ?? this.#chunkAt(place)?.since
  }

  /** The earliest time since when any of the events may have waited. */
  get since(): number | undefined {
    return this.#size === 0 ? undefined : this.#chunkAt(this.#head)?.since
  }

  /** Keeps an event that was read back until it is taken. */
  load(place: number, envelope: Envelope): void {
    if (place >= this.#head && this.#typeAt(place) !== taken) this.#loaded.set(place, envelope)
  }

  loadedAt(place: number): Envelope | undefined {
    return this.#loaded.get(place)
  }

  remove(place: number): void {
    const chunk = this.#chunkAt(place)
    if (!chunk) return
    const number = this.#typeAt(place)
    chunk.types[place % chunkLength] = taken
    this.#loaded.delete(place)
    this.#counts.set(number, (this.#counts.get(number) ?? 1) - 1)
    this.#size--
    chunk.left--
    // The last chunk is still being filled.
    if (chunk.left === 0 && chunk !== this.#chunks.at(-1)) this.#chunks[this.#chunks.indexOf(chunk)] = undefined
    while (this.#head < this.#tail && this.#typeAt(this.#head) === taken)
      this.#head = this.#chunkAt(this.#head) ? this.#head + 1 : this.#lastOfChunk(this.#head) + 1
    while (this.#first + chunkLength <= this.#head) {
      this.#chunks.shift()
      this.#first += chunkLength
    }
  }

  #lastOfChunk(place: number): number {
    return place - (place % chunkLength) + chunkLength - 1
  }

  #chunkAt(place: number): Chunk | undefined {
    return this.#chunks[Math.floor((place - this.#first) / chunkLength)]
  }

  #typeAt(place: number): number {
    return this.#chunkAt(place)?.types[place % chunkLength] ?? taken
  }

  #seqAt(place: number): number {
    const chunk = this.#chunkAt(place)
    return chunk ? chunk.base + (chunk.offsets[place % chunkLength] ?? 0) : 0
  }
}

function numberOf(type: string): number {
  let number = typeNumbers.get(type)
  if (number === undefined) {
    number = typeNames.push(type) - 1
    typeNumbers.set(type, number)
  }
  return number
}
