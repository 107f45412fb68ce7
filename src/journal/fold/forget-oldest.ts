interface Kept<K> {
  readonly size: number
  keys(): Iterable<K>
  delete(key: K): boolean
}

/** Deletes the oldest entry of a map or set if it has more than `most` entries. */
export function forgetOldest<K>(kept: Kept<K>, most: number): void {
  if (kept.size <= most) return
  const [oldest] = kept.keys()
  if (oldest !== undefined) kept.delete(oldest)
}
