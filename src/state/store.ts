import { createStore } from '@xstate/store'
import { freeze, produce } from 'immer'
import { TroupeError, textOf } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import type { Entry, EntryOf, Frame, PartyMetadata } from '../journal/frame.ts'
import type { Recallable } from '../journal/recall.ts'
import { type Envelope, frozenEnvelope } from '../mail/envelope.ts'
import { decoded, encoded } from '../values/json.ts'
import { checkValue } from '../values/value.ts'
import { changedInputs } from './admission.ts'
import type { AddedEvent, InputOf, PartyDefinition, RemovedEvent } from './definition.ts'
import { handedOut } from './handed-out.ts'
import { Inputs } from './inputs.ts'
import { checkKeys, ownPartOf, type PartitionKind } from './kind.ts'

/**
 * `initializing` until the agents of the party have started; then `planning`, or `completed` while `state.completed` is true;
 * `error` for good after its supervisor gave up or its journal failed.
 */
export type PartyStatus = 'initializing' | 'planning' | 'completed' | 'error'

/** The shared state of a party: immutable, and changed only by events. */
export type PartyState<S extends object, I> = Readonly<S> & {
  readonly inputs: Inputs<I>
  readonly status: PartyStatus
  /** Counts the events that changed the state. */
  readonly version: number
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When the state last changed, epoch milliseconds. */
  readonly updatedAt: number
  /** The metadata that the party was created with. */
  readonly metadata: PartyMetadata
}

/** A kind whose states are stored: a kind of party, or another kind, which has no inputs and is never completed. */
type StoredKind<S extends object, A extends AddedEvent, R extends RemovedEvent> = PartitionKind<S> &
  Partial<Pick<PartyDefinition<S, A, R>, 'inputs' | 'completed'>>

/** A state as JSON values. */
interface SavedState<S extends object, I> {
  readonly own: S
  readonly inputs: readonly I[]
  readonly status: PartyStatus
  readonly version: number
  /** Older snapshots lack these fields. */
  readonly createdAt?: number
  readonly updatedAt?: number
  readonly metadata?: PartyMetadata
}

/** The application's part of the state, and the whole of it. */
interface Applied<S extends object, I> {
  readonly own: S
  readonly live: PartyState<S, I>
}

const nothing: PartyMetadata = Object.freeze({})

/** The first state of every party, without the application's part. */
const blank = { status: 'initializing' as const, version: 0, createdAt: 0, updatedAt: 0, metadata: nothing }

/** The status after each change of a party that the application does not decide. */
const statusAfter: Readonly<Partial<Record<EntryOf<'party'>['what'], PartyStatus>>> = {
  started: 'planning',
  failed: 'error',
}

/** Removes a watcher. */
export type Unwatch = () => void

/**
 * The state of a party, twice: every appended event changes `live` at once; `shown` follows when the event is durable. Code
 * outside the party sees only `shown`.
 */
export class PartyStore<S extends object, A extends AddedEvent, R extends RemovedEvent> implements Recallable {
  readonly #definition: StoredKind<S, A, R>
  readonly #guard: (call: () => unknown) => void
  readonly #lift: (envelope: Envelope) => Envelope
  #shown: PartyState<S, InputOf<A>>
  /** Holds the shown state too, from the first watcher on. */
  #watched: ReturnType<typeof watchedStore<PartyState<S, InputOf<A>>>> | undefined
  #own: S
  #live: PartyState<S, InputOf<A>>

  /**
   * @param guard calls a function of the application, and reports its error
   * @param lift makes an event of the declared version of an older event
   */
  constructor(
    definition: StoredKind<S, A, R>,
    guard: (call: () => unknown) => void,
    lift: (envelope: Envelope) => Envelope,
  ) {
    this.#definition = definition
    this.#guard = guard
    this.#lift = lift
    this.#own = handedOut(definition.initial)
    this.#live = Object.freeze({
      ...this.#own,
      inputs: Inputs.empty<InputOf<A>>(),
      ...blank,
    })
    this.#shown = this.#live
  }

  get live(): PartyState<S, InputOf<A>> {
    return this.#live
  }

  /** The newest durable state; the caller may keep it. @throws ValueError if it cannot be copied any more */
  get shown(): PartyState<S, InputOf<A>> {
    return this.#copied(() => handedOut(this.#shown))
  }

  /** The application's part of that state. */
  get ownShown(): Readonly<S> {
    return this.#copied(() => handedOut(ownPartOf<S>(this.#shown)))
  }

  /**
   * Applies the entries of a frame, in journal order: all of them, or none if one of them fails.
   *
   * @param time the time of the frame, epoch milliseconds
   */
  apply(entries: readonly Entry[], time: number): void {
    this.#become(this.#after(entries, time))
  }

  #become(next: Applied<S, InputOf<A>> | undefined): void {
    if (!next) return
    this.#own = next.own
    this.#live = next.live
  }

  /** @param ready prepares an event that was read from the journal; not needed for a new event */
  #after(
    entries: readonly Entry[],
    time: number,
    ready?: (envelope: Envelope) => Envelope,
  ): Applied<S, InputOf<A>> | undefined {
    let next: Applied<S, InputOf<A>> | undefined
    for (const entry of entries) {
      if (entry.kind === 'party') next = this.#progressed(next ?? this.#now, entry, time)
      else if (entry.kind === 'event' && this.#definition.changes.has(entry.envelope.type))
        next = this.#applied(next ?? this.#now, ready ? ready(entry.envelope) : entry.envelope, time)
    }
    return next
  }

  get #now(): Applied<S, InputOf<A>> {
    return { own: this.#own, live: this.#live }
  }

  /** The progress of the party itself, which is no event of the application. */
  #progressed(
    { own, live }: Applied<S, InputOf<A>>,
    entry: EntryOf<'party'>,
    updatedAt: number,
  ): Applied<S, InputOf<A>> {
    if (entry.what === 'created') {
      const metadata = freeze(decoded(entry.metadata ?? nothing), true) as PartyMetadata
      return { own, live: Object.freeze({ ...live, createdAt: updatedAt, updatedAt, metadata }) }
    }
    const status = statusAfter[entry.what] ?? this.#statusOf(own)
    if (status === live.status) return { own, live }
    return { own, live: Object.freeze({ ...live, status, version: live.version + 1, updatedAt }) }
  }

  #applied({ own, live }: Applied<S, InputOf<A>>, envelope: Envelope, updatedAt: number): Applied<S, InputOf<A>> {
    const { type, data, time } = envelope
    const { inputs: definitions } = this.#definition
    const inputs = definitions ? changedInputs(live.inputs, { type, data }, time, definitions) : live.inputs
    const next = this.#produced(own, { type, data })
    if (next === own && inputs === live.inputs) return { own, live }
    const settled = live.status === 'planning' || live.status === 'completed'
    const status = settled ? this.#statusOf(next) : live.status
    const { createdAt, metadata } = live
    const version = live.version + 1
    return { own: next, live: Object.freeze({ ...next, inputs, status, version, createdAt, updatedAt, metadata }) }
  }

  #statusOf(own: S): PartyStatus {
    return this.#definition.completed?.(own) ? 'completed' : 'planning'
  }

  #produced(own: S, event: EventOf): S {
    const definition = this.#definition
    if (!definition.applies(event.type)) return own
    try {
      const next = produce(own, draft => definition.apply(draft, event))
      if (next === own) return own
      checkKeys(definition.name, next)
      checkValue(`the state of "${definition.name}"`, next, own)
      return next
    } catch (error) {
      throw new StateApplyError(definition.name, event.type, error)
    }
  }

  // ---- restoring ----

  reset(saved: unknown): void {
    // The result of `saved`, through JSON; `undefined` for the first state.
    const { own, inputs, ...rest } = (saved === undefined ? this.#blank : decoded(saved)) as SavedState<S, InputOf<A>>
    this.#own = freeze(own, true)
    this.#live = Object.freeze({ ...own, inputs: Inputs.of(freeze(inputs, true)), ...blank, ...freeze(rest, true) })
  }

  recall({ entries, time }: Frame): void {
    this.#become(this.#after(entries, time, envelope => frozenEnvelope(this.#lift(envelope))))
  }

  recalled(): void {
    this.show(this.#live)
  }

  /** The shown state for a snapshot. @throws ValueError if it cannot be saved any more */
  saved(): unknown {
    const { inputs, status, version, createdAt, updatedAt, metadata, ...own } = this.#shown
    return this.#copied(() => encoded({ own, inputs: [...inputs], status, version, createdAt, updatedAt, metadata }))
  }

  /** Names the path of a value that was changed in place since its event, such as transferred bytes. */
  #copied<T>(copy: () => T): T {
    try {
      return copy()
    } catch (error) {
      const { inputs: _, ...state } = this.#shown
      checkValue(`the state of "${this.#definition.name}"`, state)
      throw error
    }
  }

  get #blank(): SavedState<S, InputOf<A>> {
    return { own: handedOut(this.#definition.initial), inputs: [], ...blank }
  }

  /** Makes a state visible: it is durable now. @returns `false` if it is visible already */
  show(state: PartyState<S, InputOf<A>>): boolean {
    if (state === this.#shown) return false
    this.#shown = state
    this.#watched?.trigger.show({ state })
    return true
  }

  /** Drops the changes that are not durable: the shown state stays, with the status `error`. */
  fail(): void {
    this.#live = Object.freeze({ ...this.#shown, status: 'error' as const })
    this.show(this.#live)
  }

  /** Calls a function with every new durable state. */
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

/** A function in `state.on` failed on an event, so the event was not accepted. */
export class StateApplyError extends TroupeError {
  readonly code = 'STATE_APPLY'
  readonly definition: string
  readonly type: string
  constructor(definition: string, type: string, cause: unknown) {
    super(
      `The state of "${definition}" could not take "${type}": ${textOf(cause).replace(/\.$/, '')}. Fix its function in state.on.`,
      {
        cause,
      },
    )
    this.definition = definition
    this.type = type
  }
}
