import { matcher } from '../events/pattern.ts'
import type { Listener } from './subscription.ts'

/** Who is told of a type, in the order in which they are told. */
export type Route = readonly Listener[]

const nobody: Route = []

/**
 * Finds listeners by type. What one type leads to is found once and then known; a listener to a type changes what that type
 * alone leads to, so that nobody pays for listeners to others, however many come and go.
 */
export class Router {
  readonly #byType = new Map<string, Set<Listener>>()
  readonly #byPattern = new Map<Listener, (type: string) => boolean>()
  readonly #routes = new Map<string, Route>()
  readonly #listeners = new Set<Listener>()
  readonly #inOrder: (a: Listener, b: Listener) => number
  /** How often a listener came or went. */
  changes = 0

  /** @param inOrder who is told before whom */
  constructor(inOrder: (a: Listener, b: Listener) => number) {
    this.#inOrder = inOrder
  }

  get size(): number {
    return this.#listeners.size
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
    const patterns = listener.wanted.types.filter(isPattern)
    for (const type of listener.wanted.types) if (!isPattern(type)) this.#hearersOf(type).add(listener)
    if (patterns.length > 0) {
      const matchers = patterns.map(matcher)
      this.#byPattern.set(listener, type => matchers.some(matches => matches(type)))
    }
    this.#changed(listener)
  }

  remove(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return
    this.#byPattern.delete(listener)
    for (const type of listener.wanted.types) {
      const hearers = this.#byType.get(type)
      hearers?.delete(listener)
      if (hearers?.size === 0) this.#byType.delete(type)
    }
    this.#changed(listener)
  }

  /** @param isByName whether only those are told who name the type */
  route(type: string, isByName: (type: string) => boolean): Route {
    const known = this.#routes.get(type)
    if (known) return known
    const found = new Set(this.#byType.get(type))
    if (!isByName(type)) for (const [listener, matches] of this.#byPattern) if (matches(type)) found.add(listener)
    const route = found.size === 0 ? nobody : [...found].toSorted(this.#inOrder)
    this.#routes.set(type, route)
    return route
  }

  *[Symbol.iterator](): Iterator<Listener> {
    yield* this.#listeners
  }

  #hearersOf(type: string): Set<Listener> {
    let hearers = this.#byType.get(type)
    if (!hearers) this.#byType.set(type, (hearers = new Set()))
    return hearers
  }

  #changed({ wanted: { types } }: Listener): void {
    this.changes++
    if (types.some(isPattern)) this.#routes.clear()
    else for (const type of types) this.#routes.delete(type)
  }
}

function isPattern(type: string): boolean {
  return type.endsWith('*')
}
