import { matcher } from '../events/pattern.ts'
import type { Listener } from './subscription.ts'

/** The listeners of a type, in the order in which they are called. */
export type Route = readonly Listener[]

const nobody: Route = []

/**
 * Finds listeners by type. The route of a type is found once and then kept. A listener to one type changes the route of that type
 * alone, so that listeners to other types cost nothing, however many come and go.
 */
export class Router {
  readonly #byType = new Map<string, Set<Listener>>()
  readonly #byPattern = new Map<Listener, (type: string) => boolean>()
  readonly #routes = new Map<string, Route>()
  readonly #listeners = new Set<Listener>()
  readonly #inOrder: (a: Listener, b: Listener) => number
  /** How often a listener came or went. */
  changes = 0

  /** @param inOrder compares two listeners: the smaller one is called first */
  constructor(inOrder: (a: Listener, b: Listener) => number) {
    this.#inOrder = inOrder
  }

  get size(): number {
    return this.#listeners.size
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
    const patterns = listener.rules.types.filter(isPattern)
    for (const type of listener.rules.types) if (!isPattern(type)) this.#hearersOf(type).add(listener)
    if (patterns.length > 0) {
      const matchers = patterns.map(matcher)
      this.#byPattern.set(listener, type => matchers.some(matches => matches(type)))
    }
    this.#changed(listener)
  }

  remove(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return
    this.#byPattern.delete(listener)
    for (const type of listener.rules.types) {
      const hearers = this.#byType.get(type)
      hearers?.delete(listener)
      if (hearers?.size === 0) this.#byType.delete(type)
    }
    this.#changed(listener)
  }

  /** @param isByName says whether patterns do not match a type */
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

  #changed({ rules: { types } }: Listener): void {
    this.changes++
    if (types.some(isPattern)) this.#routes.clear()
    else for (const type of types) this.#routes.delete(type)
  }
}

function isPattern(type: string): boolean {
  return type.endsWith('*')
}
