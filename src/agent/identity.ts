import { createHash } from 'node:crypto'
import type { AnyStateMachine } from 'xstate'

/** Identifies the machine of a saved snapshot. */
export interface Identity {
  /** The name of the agent. */
  readonly name: string
  /** The version that the machine declares; `0` if it declares none. */
  readonly version: string
  /** The first 16 hexadecimal digits of the SHA-256 of the machine's structure. */
  readonly hash: string
}

type StateNode = AnyStateMachine['root']
type Transition = ReturnType<AnyStateMachine['getTransitionData']>[number]

const written = /^([a-z0-9-]+)@(.*)#([0-9a-f]{16})$/s

/**
 * The identity of an agent's machine. Everything counts that snapshots depend on: states, transitions, invokes, delays, tags, the fields
 * of the initial context, guards and actions by name. Functions, parameters, descriptions and the order of keys do not count, so
 * `machine.provide` changes nothing.
 */
export function identityOf({ name, machine }: { readonly name: string; readonly machine: AnyStateMachine }): Identity {
  return { name, version: versionOf(machine), hash: hashOf(machine) }
}

/** The version that a machine declares; `0` if it declares none. */
export function versionOf({ version = '0' }: AnyStateMachine): string {
  return version
}

/** An identity as a checkpoint holds it: `<name>@<version>#<hash>`. */
export function writeIdentity({ name, version, hash }: Identity): string {
  return `${name}@${version}#${hash}`
}

const definitions = new WeakMap<object, string>()

/** The written identity of an agent. It is made once, because every step needs it. */
export function definitionOf(agent: { readonly name: string; readonly machine: AnyStateMachine }): string {
  let definition = definitions.get(agent)
  if (definition === undefined) definitions.set(agent, (definition = writeIdentity(identityOf(agent))))
  return definition
}

/** Reads what `writeIdentity` wrote; `undefined` for any other text. */
export function readIdentity(text: string): Identity | undefined {
  const [, name, version, hash] = written.exec(text) ?? []
  if (name === undefined || version === undefined || hash === undefined) return undefined
  return { name, version, hash }
}

// By the config of a machine, which machines made by `machine.provide` share.
const hashes = new WeakMap<object, string>()

function hashOf({ config, root }: AnyStateMachine): string {
  let hash = hashes.get(config)
  if (hash === undefined) {
    const structure = JSON.stringify([fieldsOf(config.context), structureOf(root)])
    hashes.set(config, (hash = createHash('sha256').update(structure).digest('hex').slice(0, 16)))
  }
  return hash
}

/** The fields of a context that is not computed. */
function fieldsOf(context: unknown): readonly string[] | undefined {
  return typeof context === 'object' && context !== null ? Object.keys(context).toSorted() : undefined
}

function structureOf(node: StateNode): object {
  const { id, type, history, initial, entry, exit, invoke, transitions, always = [], tags, states, config } = node
  return {
    id,
    type,
    history: type === 'history' && [history, config.target],
    initial: transitionOf(initial),
    entry: entry.map(wordFor),
    exit: exit.map(wordFor),
    invoke: invoke.map(({ id, src }) => [id, wordFor(src)]),
    transitions: sorted(transitions, candidates => candidates.map(transitionOf)),
    always: always.map(transitionOf),
    tags: tags.toSorted(),
    states: sorted(Object.entries(states), structureOf),
  }
}

function transitionOf({ target, guard, actions, reenter }: Transition): object {
  return { target: target?.map(({ id }) => id), guard: wordFor(guard), actions: actions.map(wordFor), reenter }
}

function sorted<V>(entries: Iterable<[string, V]>, told: (value: V) => unknown): readonly unknown[] {
  return [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => [key, told(value)])
}

/** The name of an action, a guard or an actor. A function has no lasting name: only that there is one counts. */
function wordFor(given: unknown): unknown {
  if (typeof given === 'string' || given === undefined) return given
  // XState attaches these fields to the functions that `and`, `or` and `not` return.
  if (typeof given === 'function')
    return 'guards' in given && Array.isArray(given.guards) ? given.guards.map(wordFor) : {}
  return typeof given === 'object' && given !== null && 'type' in given ? given.type : {}
}
