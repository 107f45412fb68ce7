import type {
  Observation,
  ObservedActor,
  ObservedAnswer,
  ObservedDeadLetter,
  ObservedEvent,
  ObserveOptions,
} from '../index.ts'
import { plain } from './plain.ts'
import { type ShownSnapshot, shownSnapshot } from './shown-snapshot.ts'
import { live, type Observable, type Send, type Source, type Telling } from './source.ts'

/** The fields of every event of the protocol; an actor's session id is its address. */
export interface StatelyEventBase {
  readonly _version: string
  /** Epoch milliseconds. */
  readonly createdAt: string
  /** The number of the event in its stream. */
  readonly id: string
  /** The root supervisor of its party. */
  readonly rootId: string | undefined
  readonly sessionId: string
}

/** An event of Stately's inspection protocol. */
export type StatelyEvent =
  | (StatelyEventBase & {
      readonly type: '@xstate.actor'
      readonly name: string
      readonly parentId: string | undefined
      /** The definition of its machine, as JSON. */
      readonly definition: string | undefined
      readonly snapshot: object
    })
  | (StatelyEventBase & {
      readonly type: '@xstate.event'
      readonly event: { readonly type: string }
      readonly sourceId: string | undefined
    })
  | (StatelyEventBase & {
      readonly type: '@xstate.snapshot'
      readonly event: { readonly type: string }
      readonly snapshot: object
    })

/** What a stream in Stately's protocol shows. */
export interface StatelyOptions extends ObserveOptions {
  /**
   * Which actors are sent with their definition: `each` (the default, because the protocol has no other way to name a
   * definition), or only the `first` actor of each machine.
   */
  readonly definitions?: 'each' | 'first'
}

/** The version of @statelyai/inspect whose protocol this is. */
const version = '0.7.2'

/**
 * What happens in a runtime, in the protocol of @statelyai/inspect 0.7. All that is known to be wrong with that version is
 * worked around here: it announces actors in states that they reach later, sorts keys, cuts what is deep, forgets the first
 * of many actors, and says nothing of those that stop.
 *
 * @example
 * const stream = statelySource(runtime, { only: (_, party) => party === 'p1' })(event => file.write(`${JSON.stringify(event)}\n`))
 * stream.stop()
 */
export function statelySource(observable: Observable, options: StatelyOptions = {}): Source<StatelyEvent> {
  return (send, refuse) =>
    live(observable, options, isBeginning => new StatelyTelling(send, isBeginning, options), refuse)
}

type Event = { readonly type: string }
type About = Pick<Observation, 'address' | 'party' | 'time'>

class StatelyTelling implements Telling {
  readonly #send: Send<StatelyEvent>
  readonly #isBeginning: () => boolean
  readonly #isOnce: boolean
  /** The last reported snapshot of each actor. */
  readonly #known = new Map<string, ShownSnapshot>()
  /** The text of each definition, made once. */
  readonly #definitions = new Map<string, string>()
  #count = 0
  /** When the last observation happened, by the clock of the runtime. */
  #time = 0
  /** The actors that were there before a gap and have not been reported since. */
  readonly #gone = new Set<string>()

  constructor(send: Send<StatelyEvent>, isBeginning: () => boolean, { definitions }: StatelyOptions) {
    this.#send = send
    this.#isBeginning = isBeginning
    this.#isOnce = definitions === 'first'
  }

  // The protocol has no event for a gap, so an actor that is gone is reported as stopped.
  missed(): void {
    for (const address of this.#known.keys()) this.#gone.add(address)
    // The first actor with this machine may have been refused.
    if (this.#isOnce) this.#definitions.clear()
  }

  begun(): void {
    for (const address of this.#gone) this.#stopped({ address, party: partyIn(address), time: this.#time })
    this.#gone.clear()
  }

  tell(one: Observation): void {
    this.#time = one.time
    switch (one.kind) {
      case 'actor':
        this.#gone.delete(one.address)
        return this.#actor(one)
      case 'step': {
        const { type, envelope } = one
        const event = envelope ? eventOf(envelope) : { type }
        this.#event(one, one.address, event, envelope?.source)
        return this.#snapshot(one, event, shownSnapshot(one.snapshot))
      }
      case 'supervision':
        return this.#snapshot(one, { type: 'supervisor.changed' }, shownSnapshot(one.snapshot))
      case 'stopped':
        return this.#stopped(one)
      case 'said':
        return this.#said(one)
      case 'dead':
        return this.#dead(one)
      case 'answered':
        return this.#answered(one)
      case 'asked':
        // Not sent: the event that the callee handles shows the ask, with its source.
        return undefined
    }
  }

  #actor(one: ObservedActor): void {
    const { address, name, parent } = one
    const snapshot = shownSnapshot(one.snapshot)
    this.#known.set(address, snapshot)
    const parentId = parent !== undefined && this.#known.has(parent) ? parent : undefined
    const definition = this.#definitionOf(one)
    this.#say({ ...this.#common(one, address), type: '@xstate.actor', name, parentId, definition, snapshot })
  }

  #definitionOf({ definition, config }: ObservedActor): string | undefined {
    const known = this.#definitions.get(definition)
    if (known !== undefined) return this.#isOnce ? undefined : known
    const text = JSON.stringify(plain(config))
    this.#definitions.set(definition, text)
    return text
  }

  #snapshot(about: About, event: Event, snapshot: ShownSnapshot): void {
    this.#known.set(about.address, snapshot)
    this.#say({ ...this.#common(about, about.address), type: '@xstate.snapshot', event, snapshot })
  }

  #event(about: About, to: string, event: Event, source: string | undefined): void {
    const sourceId = source !== undefined && this.#known.has(source) ? source : undefined
    this.#say({ ...this.#common(about, to), type: '@xstate.event', event, sourceId })
  }

  #stopped(about: About): void {
    const last = this.#known.get(about.address)
    if (!last) return
    // If the machine ended by itself, its status says more than `stopped`.
    const status = last.status === 'active' ? 'stopped' : last.status
    this.#snapshot(about, { type: 'xstate.stop' }, { ...last, status })
    this.#known.delete(about.address)
  }

  /** An event that an agent says to all of its party is shown as sent to the root supervisor. */
  #said(one: ObservedEvent): void {
    const { envelope } = one
    const root = this.#rootOf(one)
    const isToAll = envelope.to === undefined && this.#known.has(envelope.source)
    if (isToAll && this.#known.has(root)) this.#event(one, root, eventOf(envelope), envelope.source)
  }

  #dead(one: ObservedDeadLetter): void {
    const { envelope, to, reason, attempts } = one.letter
    const { type, id, source } = envelope
    const event = { type: 'runtime.dead_letter', data: { type, id, to, reason, attempts } }
    const shownAt = this.#known.has(to) ? to : this.#rootOf(one)
    if (this.#known.has(shownAt)) this.#event(one, shownAt, event, source)
  }

  #answered(one: ObservedAnswer): void {
    const { address, type, to, failure, latency, key } = one
    if (!this.#known.has(address)) return
    const event = { type: `${type}.${failure === undefined ? 'answered' : 'failed'}`, data: { key, failure, latency } }
    this.#event(one, address, event, to)
  }

  #common(about: About, sessionId: string): StatelyEventBase {
    const root = this.#rootOf(about)
    const rootId = this.#known.has(root) ? root : undefined
    return { _version: version, createdAt: `${Math.trunc(about.time)}`, id: `${++this.#count}`, rootId, sessionId }
  }

  /** The uppermost supervisor where something happens: of a party, of a partition of another kind, or outside them. */
  #rootOf({ party, address }: About): string {
    if (party !== undefined) return `party/${party}/supervisor`
    const [kind, id] = address.split('/')
    const own = `${kind}/${id}/supervisor`
    return kind !== 'runtime' && this.#known.has(own) ? own : 'runtime/supervisor'
  }

  #say(event: StatelyEvent): void {
    this.#send(event, this.#isBeginning())
  }
}

function partyIn(address: string): string | undefined {
  const [place, party] = address.split('/')
  return place === 'party' ? party : undefined
}

function eventOf({ type, data }: { readonly type: string; readonly data: unknown }) {
  return { type, data: plain(data) }
}

/** An inspector of Stately, as `createWebSocketInspector(...)` and `createBrowserInspector(...)` return it. */
export interface StatelyInspector {
  readonly adapter: {
    /** Shows an event. */
    send(event: StatelyEvent): void
  }
}

/** The part of a browser window that is used. */
export interface PageWindow {
  /** Calls the listener for each message that comes to the page. */
  addEventListener(type: 'message', listener: (message: { readonly data: unknown }) => void): void
  /** Removes the listener. */
  removeEventListener(type: 'message', listener: (message: { readonly data: unknown }) => void): void
}

/** What is sent to an inspector, and when. */
export interface InspectIntoOptions extends StatelyOptions {
  /** The window that `createBrowserInspector` was given. Nothing is observed before the page in it reports that it is ready. */
  readonly window?: PageWindow
}

/**
 * Sends what happens in a runtime into an inspector of Stately's. What that defers until somebody is there, it sends again each
 * time that a page comes. So one for a browser gets `maxDeferredEvents: 0` and its `window`, and every page is told how
 * everything stands; one for a relay, which cannot say that somebody is there, gets room for how everything stands.
 *
 * @example
 * const inspector = createBrowserInspector({ window, maxDeferredEvents: 0, serialize: event => event })
 * const stop = inspectInto(runtime, inspector, { window })
 * const relayed = createWebSocketInspector({ url, maxDeferredEvents: 10_000, serializationDepthLimit: 40 })
 * const stopRelaying = inspectInto(runtime, relayed)
 *
 * @returns a function that ends it
 */
export function inspectInto(
  observable: Observable,
  { adapter }: StatelyInspector,
  { window, ...options }: InspectIntoOptions = {},
): () => void {
  const source = statelySource(observable, options)
  const begin = () =>
    source(event => {
      adapter.send(event)
      return true
    })
  if (!window) return begin().stop
  let stop = () => {}
  const listen = ({ data }: { readonly data: unknown }) => {
    if (!isConnection(data)) return
    stop()
    stop = begin().stop
  }
  window.addEventListener('message', listen)
  return () => {
    window.removeEventListener('message', listen)
    stop()
  }
}

function isConnection(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === '@statelyai.connected'
}
