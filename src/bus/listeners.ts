import { type Route, Router } from './router.ts'
import type { Listener } from './subscription.ts'

/** The listeners of a bus: some listen to events everywhere, others to the events of one party. */
export class Listeners implements Iterable<Listener> {
  /** The number of each listener, in the order in which they came: it decides between equal priorities. */
  readonly #order = new Map<Listener, number>()
  readonly #isByName: (type: string) => boolean
  readonly #inParty = new Map<string, Router>()
  readonly everywhere: Router
  #added = 0

  /** @param isByName says whether patterns do not match a type */
  constructor(isByName: (type: string) => boolean) {
    this.#isByName = isByName
    this.everywhere = new Router(this.#inOrder)
  }

  add(listener: Listener): void {
    this.#order.set(listener, ++this.#added)
    this.#routerOf(listener).add(listener)
  }

  remove(listener: Listener): void {
    const { party } = listener.rules
    this.#routerOf(listener).remove(listener)
    this.#order.delete(listener)
    if (party !== undefined && this.#inParty.get(party)?.size === 0) this.#inParty.delete(party)
  }

  *[Symbol.iterator](): Generator<Listener> {
    yield* this.everywhere
    for (const router of this.#inParty.values()) yield* router
  }

  /** The listeners to the events of one party only. */
  inParty(party: string): readonly Listener[] {
    return [...(this.#inParty.get(party) ?? [])]
  }

  /** Whether any listener gets an event of this type, in this party or outside all parties. */
  isHeard(type: string, party?: string): boolean {
    if (this.route(type).length > 0) return true
    const here = party === undefined ? undefined : this.#inParty.get(party)
    return here !== undefined && here.route(type, this.#isByName).length > 0
  }

  /** The listeners to this type everywhere. */
  route(type: string): Route {
    return this.everywhere.route(type, this.#isByName)
  }

  /** The listeners to this type in a party: the listeners everywhere, and the listeners to that party. */
  routeIn(party: string, everywhere: Route, type: string): Route {
    if (this.#inParty.size === 0) return everywhere
    const here = this.#inParty.get(party)?.route(type, this.#isByName)
    if (!here || here.length === 0) return everywhere
    return [...everywhere, ...here].toSorted(this.#inOrder)
  }

  #routerOf({ rules: { party } }: Listener): Router {
    if (party === undefined) return this.everywhere
    let router = this.#inParty.get(party)
    if (!router) this.#inParty.set(party, (router = new Router(this.#inOrder)))
    return router
  }

  readonly #inOrder = (a: Listener, b: Listener) =>
    a.rules.priority - b.rules.priority || (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0)
}
