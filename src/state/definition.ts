import { type Draft, enableMapSet, freeze } from 'immer'
import type * as z from 'zod'
import type { Agent, Said } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import type { Definition } from '../events/catalog.ts'
import type { EventDefinition, EventOf } from '../events/event.ts'
import { checkAllDeclared, checkDeclared } from '../events/missing.ts'
import { checkName } from '../ids.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { agentsOf, checkNames, type Supervised, type SupervisionOptions } from '../supervision/definition.ts'
import { takenOver } from '../values/copy.ts'

// States may hold maps and sets.
enableMapSet()

/** An event that adds an input: its payload has at least an id and a text. */
export type AddedEvent = EventDefinition<string, z.ZodType<InputFields, InputFields>>
/** An event that removes an input: its payload has at least the id. */
export type RemovedEvent = EventDefinition<
  string,
  z.ZodType<{ readonly inputId: string }, { readonly inputId: string }>
>

/** What an event that adds an input carries at least. */
export interface InputFields {
  readonly inputId: string
  readonly content: string
}

/** The payload of an event of the application. */
export type PayloadOf<E extends AddedEvent | RemovedEvent> = z.output<E['schema']>

/** An input in the state of a party: the payload of the application's event, and when it was published. */
export type InputOf<A extends AddedEvent> = PayloadOf<A> & {
  /** Epoch milliseconds; the payload's own `addedAt`, if it has one. */
  readonly addedAt: number
}
/** What `addInput` takes instead of a text: the payload of the application's event, with or without an id. */
export type InputFor<A extends AddedEvent> = Omit<z.input<A['schema']>, 'inputId'> & { readonly inputId?: string }
/** What `removeInput` takes besides the id: the rest of the payload of the application's event. */
export type RemovalFor<R extends RemovedEvent> = Omit<z.input<R['schema']>, 'inputId'>

/** Inputs that are added and removed in one change; removals go first. */
export interface InputsChange<A extends AddedEvent, R extends RemovedEvent> {
  readonly add?: readonly (string | InputFor<A>)[]
  readonly remove?: readonly (string | z.input<R['schema']>)[]
}

/** Changes the application's part of the state for one event; the state is an immer draft. */
export type Apply<S, E> = (state: Draft<S>, event: E) => void

type EventsOf<D extends readonly Definition[]> = Extract<Said<D>, EventOf>
type AppliesTo<S, E extends EventOf> = { readonly [T in E['type']]?: Apply<S, Extract<E, { readonly type: T }>> }

/** The sentence for the types of `state.on` that no event of the party has. */
type Listed<O, E extends EventOf> = {
  readonly [T in keyof O]: T extends E['type'] ? unknown : 'The option `events` of the party does not list this event.'
}

/** What an application counts in its state, by name. */
export type Figures = Readonly<Record<string, number>>

/** What `defineParty` takes. */
export interface PartyOptions<
  S extends object,
  L extends readonly Definition[],
  A extends AddedEvent,
  R extends RemovedEvent,
  O = object,
> {
  /** Names the kind of party in errors. */
  readonly name: string
  /** The agents of every party, alone or under supervisors, in the order in which they start. */
  readonly agents: readonly Supervised[]
  /** The supervision of the agents without a supervisor of their own. */
  readonly supervision?: SupervisionOptions
  /** Agents that all parties share: spawned once, outside the parties, when the runtime starts. */
  readonly shared?: readonly Agent[]
  /** The events that change the state, for the types of `state.on`. */
  readonly events: L
  readonly inputs: { readonly added: A; readonly removed: R }
  readonly state: {
    readonly initial: S
    /** By event type: how the event changes the state. Nothing else changes the state. */
    readonly on: AppliesTo<S, EventsOf<L>> & Listed<O, EventsOf<L>>
    /** Whether the party is `completed` rather than `planning`; left out, it never is. */
    readonly completed?: (state: S) => boolean
    /** Numbers that `runtime.parties.stats()` sums over all parties. */
    readonly figures?: (state: S) => Figures
  }
}

type AnyPartyOptions = PartyOptions<object, readonly Definition[], AddedEvent, RemovedEvent>

const partyNames: OptionNames<AnyPartyOptions> = {
  name: true,
  agents: true,
  supervision: true,
  shared: true,
  events: true,
  inputs: true,
  state: true,
}
const stateNames: OptionNames<AnyPartyOptions['state']> = { initial: true, on: true, completed: true, figures: true }

/** A kind of party: which agents work on it, and which state they share. An inert value. */
export interface PartyDefinition<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly name: string
  /** All agents, also those under supervisors. */
  readonly agents: readonly Agent[]
  readonly tree: readonly Supervised[]
  readonly supervision: SupervisionOptions
  readonly shared: readonly Agent[]
  readonly events: readonly Definition[]
  readonly inputs: { readonly added: A; readonly removed: R }
  readonly initial: S
  /** Types of the events that change the state or the inputs. They are always journalled, also against the rule of the runtime. */
  readonly changes: ReadonlySet<string>
  /** The function that changes the application's part of the state for events of a type, if there is one. */
  readonly apply: (type: string) => ((state: Draft<S>, event: EventOf) => void) | undefined
  /** Whether a party with this state is finished. */
  readonly completed: (state: S) => boolean
  /** What the application counts in a state. */
  readonly figures: (state: S) => Figures
}

/**
 * Declares a kind of party and binds the runtime to the application's own events; the type of its state flows to
 * `party.state`.
 *
 * @example
 * const partyPlanner = defineParty({
 *   name: 'party-planner',
 *   agents: [inputAnalyzer, venue],
 *   events: [completed],
 *   inputs: { added: inputAdded, removed: inputRemoved },
 *   state: { initial: { results: {} }, on: { 'party.agent.completed': (state, { data }) => { ... } } },
 * })
 *
 * @throws UnknownOptionError; DuplicateNameError if two of its agents have one name
 * @throws StateEventError if an event that changes the state is declared with `persist: false` or `'by-rule'`
 * @throws StateKeyError if the first state has a key that the state of every party has
 * @throws ValueError if the first state has a value that a journal cannot keep
 */
export function defineParty<
  S extends object,
  const L extends readonly Definition[],
  A extends AddedEvent,
  R extends RemovedEvent,
  O,
>(options: PartyOptions<S, L, A, R, O>): PartyDefinition<S, A, R> {
  const { name, agents: tree, supervision = {}, shared = [], events, inputs, state } = options
  checkName('kind of party', name)
  checkOptionNames('defineParty', options, partyNames)
  checkOptionNames('the state of defineParty', state, stateNames)
  const agents = agentsOf(tree)
  checkNames(`the party "${name}"`, tree)
  checkKeys(name, state.initial)
  checkAllDeclared(`events of party "${name}"`, events)
  for (const one of [inputs.added, inputs.removed]) checkDeclared(`inputs of party "${name}"`, 'a definition', one)
  // The types of `on` are checked where it is written; here the functions are looked up by type.
  const on = new Map(Object.entries(state.on) as [string, Apply<S, EventOf> | undefined][])
  const changing = [...events.filter(({ type }) => on.get(type)), inputs.added, inputs.removed]
  for (const { type, persist } of changing) if (persist !== true) throw new StateEventError(name, type)
  const changes = new Set(changing.map(({ type }) => type))
  return {
    name,
    agents,
    tree,
    supervision,
    shared,
    events,
    inputs,
    initial: initialOf(name, state.initial),
    changes,
    apply: type => on.get(type),
    completed: state.completed ?? (() => false),
    figures: state.figures ?? (() => ({})),
  }
}

/** The first state: a copy, because the application may change its own object. */
function initialOf<S extends object>(name: string, initial: S): S {
  return freeze(takenOver(`the initial state of "${name}"`, initial), true)
}

/** The keys of every state, besides those of the application. */
const ownKeys = ['inputs', 'status', 'version', 'createdAt', 'updatedAt', 'metadata'] as const

/** @throws StateKeyError if the application's part of a state has one of these keys */
export function checkKeys(definition: string, state: object): void {
  for (const key of ownKeys) if (key in state) throw new StateKeyError(definition, key)
}

/** The application's state has a key that the state of every party has. */
export class StateKeyError extends TroupeError {
  readonly code = 'STATE_KEY'
  readonly definition: string
  readonly key: string
  constructor(definition: string, key: string) {
    super(
      `The state of "${definition}" has a "${key}" of its own, which every party's state has. Give it another name.`,
    )
    this.definition = definition
    this.key = key
  }
}

/** An event that changes the state is declared as not journalled, but the state is made of journalled events. */
export class StateEventError extends TroupeError {
  readonly code = 'STATE_EVENT'
  readonly definition: string
  readonly type: string
  constructor(definition: string, type: string) {
    super(
      `"${type}" changes the state of "${definition}", but it is declared as not journalled, and a state is made of journalled events. Leave persist out, or remove the event from state.on.`,
    )
    this.definition = definition
    this.type = type
  }
}
