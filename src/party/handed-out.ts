import { copyOf } from '../values/copy.ts'

/** Frozen objects in which nothing can be changed, all the way down. */
const fixed = new WeakSet<object>()

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
  if (typeof value !== 'object' || value === null || fixed.has(value)) return true
  if (!Object.isFrozen(value)) return false
  const parts = Array.isArray(value) ? value : partsOf(value)
  if (!parts) return false
  let isDeep = false
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) continue
    if (!isFixed(part)) return false
    isDeep = true
  }
  // To look at one level again takes no longer than to remember it.
  if (isDeep) fixed.add(value)
  return true
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
