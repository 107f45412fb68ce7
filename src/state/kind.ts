import { type Draft, enableMapSet, freeze } from 'immer'
import type { Agent } from '../agent/agent.ts'
import type { Said } from '../agent/hears-and-says.ts'
import { TroupeError } from '../errors.ts'
import type { Definition } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { checkAllDeclared } from '../events/missing.ts'
import { checkId } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { agentsOf, checkNames, type Supervised, type SupervisionOptions } from '../supervision/definition.ts'
import { takenOver } from '../values/copy.ts'

// States may hold maps and sets.
enableMapSet()

/** Changes the application's part of the state for one event; the state is an immer draft. */
export type Apply<S, E> = (state: Draft<S>, event: E) => void

/** The events among some definitions. */
export type EventsOf<D extends readonly Definition[]> = Extract<Said<D>, EventOf>
/** By event type: how the event changes a state. */
export type AppliesTo<S, E extends EventOf> = { readonly [T in E['type']]?: Apply<S, Extract<E, { readonly type: T }>> }

/** The sentence for the types of `state.on` that no listed event has. */
export type Listed<O, E extends EventOf> = {
  readonly [T in keyof O]: T extends E['type'] ? unknown : 'The option `events` does not list this event.'
}

/** What `definePartitionKind` takes. */
export interface PartitionKindOptions<S extends object, L extends readonly Definition[], O = object> {
  /** Letters a-z, digits and "-". The addresses of its partitions begin with it: `ledger` for `ledger/<id>/<agent>`. */
  readonly name: string
  /** The agents of every partition of this kind, alone or under supervisors, in the order in which they start. */
  readonly agents: readonly Supervised[]
  /** The supervision of the agents without a supervisor of their own. */
  readonly supervision?: SupervisionOptions
  /** The events that change the state, for the types of `state.on`. */
  readonly events: L
  readonly state: {
    readonly initial: S
    /** By event type: how the event changes the state. Nothing else changes the state. */
    readonly on: AppliesTo<S, EventsOf<L>> & Listed<O, EventsOf<L>>
  }
}

type AnyOptions = PartitionKindOptions<object, readonly Definition[]>

const kindNames: OptionNames<AnyOptions> = { name: true, agents: true, supervision: true, events: true, state: true }
const stateNames: OptionNames<AnyOptions['state']> = { initial: true, on: true }

/** A kind of partitions: which agents live in each, and which state they share. An inert value. */
export interface PartitionKind<S extends object = object> {
  /** The addresses of its partitions begin with it: `party` for every kind of party. */
  readonly prefix: string
  /** Names the kind in errors. */
  readonly name: string
  /** All agents, also those under supervisors. */
  readonly agents: readonly Agent[]
  readonly tree: readonly Supervised[]
  readonly supervision: SupervisionOptions
  readonly events: readonly Definition[]
  readonly initial: S
  /** Types of the events that change the state. They are always journalled, also against the rule of the runtime. */
  readonly changes: ReadonlySet<string>
  /** Whether `apply` does anything for events of a type. */
  applies(type: string): boolean
  /** Changes the application's part of the state, an immer draft, for an event. */
  apply(state: Draft<S>, event: EventOf): void
}

/** The prefixes that users cannot give to kinds of their own. */
const taken = ['party', 'runtime', 'outside']

/**
 * Declares a kind of partitions of your own, such as ledgers or queues: agents and a journalled state at `<name>/<id>`, beside the
 * parties. It is registered with `createRuntime({ kinds: [...] })`. Recovery restores its partitions like parties.
 *
 * @example
 * const ledger = definePartitionKind({
 *   name: 'ledger',
 *   agents: [bookkeeper],
 *   events: [held, settled],
 *   state: { initial: { held: 0, spent: 0 }, on: { 'ledger.held': (state, { data }) => void (state.held += data.amount) } },
 * })
 *
 * @throws UnknownOptionError; IllegalIdError or PartitionKindNameError for the name; DuplicateNameError if two of its agents have one
 *   name
 * @throws StateEventError if an event that changes the state is declared with `persist: false` or `'by-rule'`
 * @throws StateKeyError, ValueError if the first state has a key or a value that no state can have
 */
export function definePartitionKind<S extends object, const L extends readonly Definition[], O>(
  options: PartitionKindOptions<S, L, O>,
): PartitionKind<S> {
  const { name, state } = options
  checkId('partition kind', name)
  if (taken.includes(name)) throw new PartitionKindNameError(name)
  checkOptionNames('definePartitionKind', options, kindNames)
  checkOptionNames('the state of definePartitionKind', state, stateNames)
  return kindOf({ ...options, prefix: name, what: `partition kind "${name}"` })
}

interface KindParts<S extends object> extends Omit<PartitionKindOptions<S, readonly Definition[]>, 'state'> {
  readonly prefix: string
  /** What errors call it. */
  readonly what: string
  readonly state: { readonly initial: S; readonly on: object }
  /** Definitions that change the state besides those with a function of their own. */
  readonly alsoChanging?: readonly Definition[]
}

/** What kinds of parties and other kinds have in common. Errors as of `definePartitionKind`. */
export function kindOf<S extends object>({ prefix, name, what, alsoChanging = [], ...parts }: KindParts<S>) {
  const { agents: tree, supervision = {}, events, state } = parts
  const agents = agentsOf(tree)
  checkNames(`the ${what}`, tree)
  checkKeys(name, state.initial)
  checkAllDeclared(`events of ${what}`, events)
  // The types of `on` are checked where it is written; here the functions are looked up by type.
  const on = new Map(Object.entries(state.on) as [string, Apply<S, EventOf> | undefined][])
  const changing = [...events.filter(({ type }) => on.get(type)), ...alsoChanging]
  for (const { type, persist } of changing) if (persist !== true) throw new StateEventError(name, type)
  const changes = new Set(changing.map(({ type }) => type))
  const initial = initialOf(name, state.initial)
  return {
    prefix,
    name,
    agents,
    tree,
    supervision,
    events,
    initial,
    changes,
    applies: (type: string) => on.has(type),
    apply: (draft: Draft<S>, event: EventOf) => on.get(event.type)?.(draft, event),
  } satisfies PartitionKind<S>
}

/** The first state: a copy, because the application may change its own object. */
function initialOf<S extends object>(name: string, initial: S): S {
  return freeze(takenOver(`the initial state of "${name}"`, initial), true)
}

/** The keys of the state of every party, besides those of the application. Other kinds leave them free for later. */
const ownKeys: readonly string[] = ['inputs', 'status', 'version', 'createdAt', 'updatedAt', 'metadata']

/** The application's part of a state. */
export function ownPartOf<S extends object>(state: S): S {
  const fields = Object.entries(state).filter(([key]) => !ownKeys.includes(key))
  // A state is the application's part and those keys.
  return Object.freeze(Object.fromEntries(fields)) as S
}

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

/** A kind of partitions has a name that addresses use for something else, or that another kind has. */
export class PartitionKindNameError extends TroupeError {
  readonly code = 'PARTITION_KIND_NAME'
  readonly kind: string
  constructor(kind: string) {
    super(`No partition kind of your own can be named "${kind}": these addresses are taken. Give it another name.`)
    this.kind = kind
  }
}
