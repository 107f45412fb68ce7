/** A map that takes no memory before its first entry. A partition has many maps, and most of them stay empty. */
export class LazyMap<K, V> {
  #map: Map<K, V> | undefined

  get(key: K): V | undefined {
    return this.#map?.get(key)
  }

  has(key: K): boolean {
    return this.#map?.has(key) ?? false
  }

  set(key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  delete(key: K): boolean {
    return this.#map?.delete(key) ?? false
  }

  clear(): void {
    this.#map?.clear()
  }

  keys(): Iterable<K> {
    return this.#map?.keys() ?? none
  }

  values(): Iterable<V> {
    return this.#map?.values() ?? none
  }

  [Symbol.iterator](): Iterator<readonly [K, V]> {
    return (this.#map ?? none)[Symbol.iterator]()
  }
}

/** A set that takes no memory before its first value. */
export class LazySet<T> {
  #set: Set<T> | undefined

  get size(): number {
    return this.#set?.size ?? 0
  }

  has(value: T): boolean {
    return this.#set?.has(value) ?? false
  }

  add(value: T): void {
    this.#set ??= new Set()
    this.#set.add(value)
  }

  delete(value: T): boolean {
    return this.#set?.delete(value) ?? false
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#set ?? none)[Symbol.iterator]()
  }
}

const none: readonly never[] = []
