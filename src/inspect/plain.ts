/** Most levels of a value that are shown. */
const deepest = 40

/**
 * A copy of any value in a form that JSON can hold, with its keys in order. Parts that JSON cannot hold become a name for them.
 * Never throws.
 */
export function plain(value: unknown): unknown {
  return copied(value, [])
}

function copied(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : `${value}`
    case 'bigint':
      return `${value}n`
    case 'function':
      return { type: value.name }
    case 'symbol':
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? null : copiedObject(value, above)
    default:
      return value
  }
}

function copiedObject(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return '[circular]'
  if (above.length === deepest) return '[deeper]'
  const path = [...above, value]
  try {
    if (Array.isArray(value)) return value.map(one => copied(one, path) ?? null)
    if (value instanceof Error) return { name: value.name, message: value.message }
    if (value instanceof Set) return copied([...value], path)
    if (value instanceof Map) return copied(Object.fromEntries(value), path)
    if (isActorRef(value)) return { id: value.id }
    if ('toJSON' in value && typeof value.toJSON === 'function') return copied(value.toJSON(), path)
    return fieldsOf(value, path)
  } catch {
    return '[unreadable]'
  }
}

function fieldsOf(value: object, path: readonly object[]): object {
  const fields: [string, unknown][] = []
  for (const [key, one] of Object.entries(value)) {
    const field = copied(one, path)
    if (field !== undefined) fields.push([key, field])
  }
  return Object.fromEntries(fields)
}

/** Contexts may hold refs of spawned actors, and a ref holds the whole actor system. */
function isActorRef(value: object): value is { readonly id: unknown } {
  return 'getSnapshot' in value && 'sessionId' in value && 'id' in value
}
