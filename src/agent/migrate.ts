import { type AnyStateMachine, matchesState, type StateValue } from 'xstate'
import * as z from 'zod'
import { TroupeError, textOf } from '../errors.ts'
import { mutableCopyOf } from '../values/copy.ts'
import { checkValue } from '../values/value.ts'
import { versionOf } from './identity.ts'
import type { MigratedMachine, Migrations } from './migration.ts'
import { isPast, isPlace, issuesOf, machineAt, misfitOf, type SavedMachine } from './saved-machine.ts'

/** A machine that a saved machine can be migrated to. */
export interface Migratable {
  readonly name: string
  readonly machine: AnyStateMachine
  readonly migrations: Migrations
}

/**
 * Migrates a saved machine of an older version to the machine that the agent has, migration after migration.
 *
 * @throws MigrationError if a migration throws, its schema refuses the context, or the machine could not go on there
 */
export function migrate({ name, machine, migrations }: Migratable, from: string, saved: SavedMachine): SavedMachine {
  const current = versionOf(machine)
  try {
    const { value, context } = lead(migrations, from, current, saved)
    const held = new Set<unknown>()
    checkValue('the migrated context', context, undefined, object => {
      if (!isSavedActor(object)) return false
      held.add(object.id)
      return true
    })
    return fitted(machine, saved, { value: wholeValue(machine, value), context, held })
  } catch (error) {
    throw new MigrationError(name, from, current, error)
  }
}

function lead(migrations: Migrations, from: string, current: string, { status, output, ...saved }: SavedMachine) {
  // A copy: a migration may change the values that it gets.
  let { value, context } = mutableCopyOf({ value: saved.value, context: saved.context })
  for (let at = from; at !== current; at = migrations[at]?.to ?? current) {
    const next: unknown = migrations[at]?.lead({ value, context, status, output })
    if (!isMigrated(next)) throw new TypeError(`the migration from version "${at}" returned no context`)
    value = next.value ?? value
    context = next.context
  }
  return { value, context }
}

/** What XState saves for an actor in a context. */
function isSavedActor(object: object): object is { readonly id: unknown } {
  return 'xstate$$type' in object && 'id' in object
}

function isMigrated(made: unknown): made is MigratedMachine {
  // An async function is not awaited.
  if (made instanceof Promise) made.catch(() => {})
  if (typeof made !== 'object' || made === null || !('context' in made)) return false
  return typeof made.context === 'object' && made.context !== null
}

/** Completes a state value with the initial states of the regions that it does not name. */
function wholeValue(machine: AnyStateMachine, value: StateValue): StateValue {
  const whole: StateValue = machineAt(machine, value).value
  if (isPlace(machine.root, whole) && matchesState(value, whole)) return whole
  throw new TypeError(`${JSON.stringify(value)} is no state of the machine`)
}

interface Led {
  readonly value: StateValue
  readonly context: object
  /** The ids of the actors in the context. */
  readonly held: ReadonlySet<unknown>
}

/**
 * The saved machine for the new definition. It keeps the actors that the old machine invoked and the states that its history
 * states remember, if the new machine has them too, and the actors that it spawned, if the new context holds them.
 */
function fitted(machine: AnyStateMachine, saved: SavedMachine, { value, context, held }: Led): SavedMachine {
  const { _nodes: nodes } = machineAt(machine, value)
  const invokes = nodes.flatMap(node => node.invoke)
  const isInvoked = (id: string, src: string) => invokes.some(invoke => invoke.id === id && invoke.src === src)
  const children = Object.entries(saved.children).filter(([id, { src }]) => held.has(id) || isInvoked(id, src))
  const remembered = Object.entries(saved.historyValue ?? {}).filter(([id, past]) =>
    past.every(state => isPast(machine, id, state)),
  )
  const made: SavedMachine = {
    ...saved,
    value,
    context,
    children: Object.fromEntries(children),
    historyValue: Object.fromEntries(remembered),
  }
  // XState starts an invoke when its state is entered, so this state would wait for ever.
  const missing = invokes.find(({ id }) => !Object.hasOwn(made.children, id))
  if (missing && saved.status === 'active')
    throw new TypeError(`nothing is under way for "${missing.id}", which ${JSON.stringify(value)} invokes`)
  const misfit = misfitOf(machine, made)
  if (misfit !== undefined) throw new TypeError(misfit)
  return made
}

/** The saved machine of an agent could not be migrated to the machine that it has now. */
export class MigrationError extends TroupeError {
  readonly code = 'MIGRATION'
  readonly agent: string
  readonly from: string
  readonly to: string
  constructor(agent: string, from: string, to: string, cause: unknown) {
    const why = cause instanceof z.ZodError ? `its old context is refused (${issuesOf(cause)})` : textOf(cause)
    super(
      `Agent "${agent}" could not be migrated from version "${from}" to "${to}": ${why.replace(/\.$/, '')}. Fix its migrations, or register its definition of version "${from}".`,
      { cause },
    )
    this.agent = agent
    this.from = from
    this.to = to
  }
}
