/**
 * A value that is made when it is first read. Otherwise every program that imports the package would wait milliseconds for a
 * value that few programs use.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
