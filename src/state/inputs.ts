const width = 32

interface Held<I> {
  readonly input: I
  readonly order: number
}

type Bucket<I> = ReadonlyMap<string, Held<I>>
type Inner<I> = readonly (Bucket<I> | undefined)[]
type Middle<I> = readonly (Inner<I> | undefined)[]
type Outer<I> = readonly (Middle<I> | undefined)[]

/**
 * The inputs of a party: an immutable map by id that remembers the order of adding. It is a trie of 32 x 32 x 32 small
 * buckets, so that a change copies one bucket and its path, never all inputs.
 *
 * @example
 * for (const input of party.state.inputs) console.log(input.content)
 */
export class Inputs<I> implements Iterable<I> {
  readonly size: number
  readonly #shards: Outer<I>
  readonly #nextOrder: number

  private constructor(shards: Outer<I>, size: number, nextOrder: number) {
    this.#shards = shards
    this.size = size
    this.#nextOrder = nextOrder
    Object.freeze(this)
  }

  static empty<I>(): Inputs<I> {
    return new Inputs<I>([], 0, 0)
  }

  static of<I extends { readonly inputId: string }>(inputs: Iterable<I>): Inputs<I> {
    let all = Inputs.empty<I>()
    for (const input of inputs) all = all.with(input.inputId, input)
    return all
  }

  /** Whether there is an input of this id. */
  has(id: string): boolean {
    return this.#bucket(placesOf(id))?.has(id) ?? false
  }

  /** The input of this id, if there is one. */
  get(id: string): I | undefined {
    return this.#bucket(placesOf(id))?.get(id)?.input
  }

  /** These inputs with one more, which replaces an input with the same id. */
  with(id: string, input: I): Inputs<I> {
    const places = placesOf(id)
    const former = this.#bucket(places)
    const before = former?.get(id)
    const bucket = new Map(former).set(id, { input, order: before?.order ?? this.#nextOrder })
    return new Inputs(this.#replaced(places, bucket), this.size + (before ? 0 : 1), this.#nextOrder + (before ? 0 : 1))
  }

  /** These inputs without the input of an id. */
  without(id: string): Inputs<I> {
    const places = placesOf(id)
    const former = this.#bucket(places)
    if (!former?.has(id)) return this
    const bucket = new Map(former)
    bucket.delete(id)
    // Otherwise removed inputs would leave empty buckets.
    return new Inputs(this.#replaced(places, bucket.size > 0 ? bucket : undefined), this.size - 1, this.#nextOrder)
  }

  /** In the order in which they were added. */
  *[Symbol.iterator](): Iterator<I> {
    const held: Held<I>[] = []
    for (const bucket of this.#shards.flat(2)) if (bucket) held.push(...bucket.values())
    held.sort((one, other) => one.order - other.order)
    for (const { input } of held) yield input
  }

  /** All inputs, in the order in which they were added. */
  toJSON(): readonly I[] {
    return [...this]
  }

  #bucket([outer, middle, inner]: Places): Bucket<I> | undefined {
    return this.#shards[outer]?.[middle]?.[inner]
  }

  #replaced([outer, middle, inner]: Places, bucket: Bucket<I> | undefined): Outer<I> {
    const shards = this.#shards.slice()
    const shard = shards[outer]?.slice() ?? []
    const buckets = shard[middle]?.slice() ?? []
    buckets[inner] = bucket
    shard[middle] = bucket || buckets.some(isThere) ? buckets : undefined
    shards[outer] = bucket || shard.some(isThere) ? shard : undefined
    return shards
  }
}

function isThere(part: unknown): boolean {
  return part !== undefined
}

/** The index of a bucket, on each of the three levels. */
type Places = readonly [outer: number, middle: number, inner: number]

function placesOf(id: string): Places {
  const hash = hashOf(id)
  return [hash % width, (hash >>> 5) % width, (hash >>> 10) % width]
}

/** FNV-1a, 32 bits, with the high half folded in, which spreads ids that differ in their last character. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < id.length; place++) hash = Math.imul(hash ^ id.charCodeAt(place), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
