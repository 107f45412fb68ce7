import { createStore } from '@xstate/store'
import { freeze, produce } from 'immer'
import { type Envelope, frozenEnvelope } from '../actor/envelope.ts'
import { TroupeError, textOf } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import type { Entry, Frame } from '../journal/frame.ts'
import { decoded, encoded } from '../values/json.ts'
import { checkValue } from '../values/value.ts'
import { changedInputs } from './admission.ts'
import { type AddedEvent, checkKeys, type InputOf, type PartyDefinition, type RemovedEvent } from './definition.ts'
import { handedOut } from './handed-out.ts'
import { Inputs } from './inputs.ts'
import type { Recallable } from './recall.ts'

/**
 * `initializing` until its agents have started; then `planning`, or `completed` while the application says so; `error`
 * for good when its supervisor gave up or its journal failed.
 */
export type PartyStatus = 'initializing' | 'planning' | 'completed' | 'error'

/** The shared state of a party: immutable, and changed only by events. */
export type PartyState<S extends object, I> = Readonly<S> & {
  readonly inputs: Inputs<I>
  readonly status: PartyStatus
  /** Counts the events that changed the state. */
  readonly version: number
}

/** A state as JSON carries it. */
interface SavedState<S extends object, I> {
  readonly own: S
  readonly inputs: readonly I[]
  readonly status: PartyStatus
  readonly version: number
}

/** The application's part of the state, and the whole of it. */
interface Applied<S extends object, I> {
  readonly own: S
  readonly live: PartyState<S, I>
}

/** Takes a watcher back. */
export type Unwatch = () => void

/**
 * The state of a party, twice: `live`, which every appended event changes at once, and `shown`, which follows it up to the
 * watermark and is all that outsiders see.
 */
export class PartyStore<S extends object, A extends AddedEvent, R extends RemovedEvent> implements Recallable {
  readonly #definition: PartyDefinition<S, A, R>
  readonly #guard: (call: () => void) => void
  readonly #lift: (envelope: Envelope) => Envelope
  #shown: PartyState<S, InputOf<A>>
  /** Holds what is shown too, from the first watcher on. */
  #watched: ReturnType<typeof watchedStore<PartyState<S, InputOf<A>>>> | undefined
  #own: S
  #live: PartyState<S, InputOf<A>>

  /**
   * @param guard calls somebody else's function, and reports one that throws
   * @param lift makes an event the version that is declared now
   */
  constructor(
    definition: PartyDefinition<S, A, R>,
    guard: (call: () => void) => void,
    lift: (envelope: Envelope) => Envelope,
  ) {
    this.#definition = definition
    this.#guard = guard
    this.#lift = lift
    this.#own = handedOut(definition.initial)
    this.#live = Object.freeze({
      ...this.#own,
      inputs: Inputs.empty<InputOf<A>>(),
      status: 'initializing' as const,
      version: 0,
    })
    this.#shown = this.#live
  }

  get live(): PartyState<S, InputOf<A>> {
    return this.#live
  }

  /** The newest durable state, which belongs to whoever gets it. */
  get shown(): PartyState<S, InputOf<A>> {
    return handedOut(this.#shown)
  }

  /** Applies the events among a frame's entries, in journal order: all of them, or none if one cannot be. */
  apply(entries: readonly Entry[]): void {
    let next: Applied<S, InputOf<A>> | undefined
    for (const entry of entries)
      if (entry.kind === 'event' && this.#definition.changes.has(entry.envelope.type))
        next = this.#applied(next ?? this.#now, entry.envelope)
    if (next) this.#become(next)
  }

  get #now(): Applied<S, InputOf<A>> {
    return { own: this.#own, live: this.#live }
  }

  #become({ own, live }: Applied<S, InputOf<A>>): void {
    this.#own = own
    this.#live = live
  }

  #applied({ own, live }: Applied<S, InputOf<A>>, { type, data }: EventOf): Applied<S, InputOf<A>> {
    const inputs = changedInputs(live.inputs, { type, data }, this.#definition.inputs)
    const next = this.#produced(own, { type, data })
    if (next === own && inputs === live.inputs) return { own, live }
    const settled = live.status === 'planning' || live.status === 'completed'
    const status = settled ? (this.#definition.completed(next) ? 'completed' : 'planning') : live.status
    return { own: next, live: Object.freeze({ ...next, inputs, status, version: live.version + 1 }) }
  }

  #produced(own: S, event: EventOf): S {
    const apply = this.#definition.apply(event.type)
    if (!apply) return own
    try {
      const next = produce(own, draft => apply(draft, event))
      if (next === own) return own
      checkKeys(this.#definition.name, next)
      checkValue(`the state of "${this.#definition.name}"`, next, own)
      return next
    } catch (error) {
      throw new StateApplyError(this.#definition.name, event.type, error)
    }
  }

  /** The party's own progress, which no event of the application tells. */
  setStatus(status: PartyStatus): void {
    if (this.#live.status !== status)
      this.#live = Object.freeze({ ...this.#live, status, version: this.#live.version + 1 })
  }

  /** It goes on after its supervisor gave up. */
  retry(): void {
    this.setStatus(this.#definition.completed(this.#own) ? 'completed' : 'planning')
  }

  // ---- as another owner has left it ----

  reset(saved: unknown): void {
    // What `saved` gave, through JSON; none for the state that it begins with.
    const { own, inputs, status, version } = (saved === undefined ? this.#blank : decoded(saved)) as SavedState<
      S,
      InputOf<A>
    >
    this.#own = freeze(own, true)
    this.#live = Object.freeze({ ...own, inputs: Inputs.of(freeze(inputs, true)), status, version })
  }

  recall({ entries }: Frame): void {
    for (const entry of entries) {
      if (entry.kind === 'party' && entry.what === 'retried') this.retry()
      else if (entry.kind === 'party' && entry.what !== 'created')
        this.setStatus(entry.what === 'failed' ? 'error' : 'planning')
      if (entry.kind !== 'event' || !this.#definition.changes.has(entry.envelope.type)) continue
      this.#become(this.#applied(this.#now, frozenEnvelope(this.#lift(entry.envelope))))
    }
  }

  recalled(): void {
    this.show(this.#live)
  }

  /** What a snapshot is to hold of the shown state. */
  saved(): unknown {
    const { inputs, status, version, ...own } = this.#shown
    return encoded({ own, inputs: [...inputs], status, version })
  }

  get #blank(): SavedState<S, InputOf<A>> {
    return { own: handedOut(this.#definition.initial), inputs: [], status: 'initializing', version: 0 }
  }

  /** Makes a state visible: it is durable now. @returns `false` if it is visible already */
  show(state: PartyState<S, InputOf<A>>): boolean {
    if (state === this.#shown) return false
    this.#shown = state
    this.#watched?.trigger.show({ state })
    return true
  }

  /** Drops what is not durable: the shown state stays, marked as failed. */
  fail(): void {
    this.#live = Object.freeze({ ...this.#shown, status: 'error' as const })
    this.show(this.#live)
  }

  /** Calls back with every new durable state. */
  watch(watcher: (state: PartyState<S, InputOf<A>>) => void): Unwatch {
    this.#watched ??= watchedStore(this.#shown)
    const subscription = this.#watched.subscribe(({ context }) => this.#guard(() => watcher(handedOut(context.state))))
    return () => subscription.unsubscribe()
  }
}

function watchedStore<T>(state: T) {
  return createStore({
    context: { state },
    on: { show: (_, event: { state: T }) => ({ state: event.state }) },
  })
}

/** The application's state could not take an event, so the event did not happen. */
export class StateApplyError extends TroupeError {
  readonly code = 'STATE_APPLY'
  readonly definition: string
  readonly type: string
  constructor(definition: string, type: string, cause: unknown) {
    super(
      `The state of "${definition}" could not take "${type}": ${textOf(cause).replace(/\.$/, '')}. Mend its function in state.on.`,
      {
        cause,
      },
    )
    this.definition = definition
    this.type = type
  }
}
