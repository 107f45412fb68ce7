import { copyOf } from '../values/copy.ts'

/** Objects that are known to be frozen at every level. */
const fixed = new WeakSet<object>()

/** Checking so few objects again takes no longer than remembering the object that holds them. */
const few = 32

/**
 * A state as it leaves the runtime. It is frozen, with its maps and sets, so all receivers share it. Values that cannot be frozen,
 * such as dates, are copied for each receiver, and so are the values that hold them.
 */
export function handedOut<T extends object>(state: T): T {
  if (isFixed(state)) return state
  const fields = Object.entries(state).map(([key, value]: [string, unknown]) => [
    key,
    isFixed(value) ? value : copyOf(value),
  ])
  // The same fields; some values are copies.
  return Object.freeze(Object.fromEntries(fields)) as T
}

function isFixed(value: unknown): boolean {
  return looked(value) !== undefined
}

/**
 * Checks that no object in a value can be changed, and returns how many objects it checked; `undefined` if one can be changed.
 */
function looked(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return 0
  if (fixed.has(value)) return 1
  if (!Object.isFrozen(value)) return undefined
  const parts = Array.isArray(value) ? value : partsOf(value)
  if (!parts) return undefined
  let all = 1
  // An iterator would cost more than most of these checks.
  for (let place = 0; place < parts.length; place++) {
    const inner = looked(parts[place])
    if (inner === undefined) return undefined
    all += inner
  }
  if (all <= few) return all
  fixed.add(value)
  return 1
}

/** The values in a frozen object; `undefined` if the object can be changed although it is frozen. */
function partsOf(value: object): readonly unknown[] | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return Object.values(value)
  if (value instanceof Date || value instanceof Error || value instanceof ArrayBuffer) return undefined
  if (!(value instanceof Map || value instanceof Set)) return Object.values(value)
  // A map or set that the application froze can still be changed. In a map or set that immer freezes, immer replaces the methods
  // that change it.
  if (!Object.hasOwn(value, 'clear')) return undefined
  return value instanceof Map ? [...value.keys(), ...value.values()] : [...value]
}
