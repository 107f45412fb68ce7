import type * as z from 'zod'
import type { Agent } from '../agent/agent.ts'
import type { Definition } from '../events/catalog.ts'
import type { EventDefinition } from '../events/event.ts'
import { checkDeclared } from '../events/missing.ts'
import { checkName } from '../ids.ts'
import { partyPrefix } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Supervised, SupervisionOptions } from '../supervision/definition.ts'
import { type AppliesTo, type EventsOf, kindOf, type Listed, type PartitionKind } from './kind.ts'

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
> extends PartitionKind<S> {
  readonly shared: readonly Agent[]
  readonly inputs: { readonly added: A; readonly removed: R }
  /** Whether a party with this state is finished. */
  completed(state: S): boolean
  /** What the application counts in a state. */
  figures(state: S): Figures
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
  const { name, shared = [], inputs, state } = options
  checkName('kind of party', name)
  checkOptionNames('defineParty', options, partyNames)
  checkOptionNames('the state of defineParty', state, stateNames)
  for (const one of [inputs.added, inputs.removed]) checkDeclared(`inputs of party "${name}"`, 'a definition', one)
  return {
    ...kindOf({
      ...options,
      prefix: partyPrefix,
      what: `party "${name}"`,
      alsoChanging: [inputs.added, inputs.removed],
    }),
    shared,
    inputs,
    completed: state.completed ?? (() => false),
    figures: state.figures ?? (() => ({})),
  }
}
