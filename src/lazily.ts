/**
 * A value that is made when it is first asked for: what costs milliseconds and is rarely used would otherwise be paid for by
 * every program that imports the package.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
