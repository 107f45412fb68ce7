import { copyOf } from '../values/copy.ts'

/** Frozen objects in which nothing can be changed, all the way down. */
const fixed = new WeakSet<object>()

/** To look at so few objects again takes no longer than to remember what holds them. */
const few = 32

/**
 * A state as it leaves the runtime. It is frozen, its maps and sets too, so all receivers share it. Only what nobody can
 * freeze, such as a date, is copied for each receiver, and what holds it.
 */
export function handedOut<T extends object>(state: T): T {
  if (isFixed(state)) return state
  const fields = Object.entries(state).map(([key, value]: [string, unknown]) => [
    key,
    isFixed(value) ? value : copyOf(value),
  ])
  // The same fields, of which some are copies.
  return Object.freeze(Object.fromEntries(fields)) as T
}

function isFixed(value: unknown): boolean {
  return looked(value) !== undefined
}

/** How many objects were looked at; nothing if one of them can be changed. */
function looked(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return 0
  if (fixed.has(value)) return 1
  if (!Object.isFrozen(value)) return undefined
  const parts = Array.isArray(value) ? value : partsOf(value)
  if (!parts) return undefined
  let all = 1
  // An iterator would cost more than most of these looks.
  for (let place = 0; place < parts.length; place++) {
    const inner = looked(parts[place])
    if (inner === undefined) return undefined
    all += inner
  }
  if (all <= few) return all
  fixed.add(value)
  return 1
}

/** What is in an object that is frozen; nothing if it can be changed all the same. */
function partsOf(value: object): readonly unknown[] | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return Object.values(value)
  if (value instanceof Date || value instanceof Error || value instanceof ArrayBuffer) return undefined
  if (!(value instanceof Map || value instanceof Set)) return Object.values(value)
  // Frozen by its application, a collection still takes more; immer takes its methods away.
  if (!Object.hasOwn(value, 'clear')) return undefined
  return value instanceof Map ? [...value.keys(), ...value.values()] : [...value]
}
