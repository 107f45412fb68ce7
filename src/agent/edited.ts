import type { AnyStateMachine } from 'xstate'
import { TroupeError, textOf } from '../errors.ts'
import { type Identity, identityOf } from './identity.ts'
import { type Migratable, MigrationError, migrate } from './migrate.ts'
import type { SavedMachine } from './saved-machine.ts'

/**
 * A saved snapshot of a machine that was edited since, for the machine as it is now. During development machines change all the time,
 * and most changes leave the states and the context as they were.
 *
 * @param saved the identity of the machine when it was saved; its version is the same
 * @throws MachineChangedError if the states or the fields of the context are not what they were
 */
export function edited(agent: Migratable, saved: Identity, snapshot: SavedMachine, input: unknown): SavedMachine {
  const changed = (why: string) => new MachineChangedError(saved, identityOf(agent), why)
  const why = misshapen(agent.machine, snapshot.context, input)
  if (why !== undefined) throw changed(why)
  try {
    return migrate(agent, saved.version, snapshot)
  } catch (error) {
    throw changed(textOf(error instanceof MigrationError ? error.cause : error))
  }
}

/** Why a saved context does not have the fields that the machine begins with; `undefined` if it does. */
function misshapen(machine: AnyStateMachine, saved: object, input: unknown): string | undefined {
  try {
    return misfitOf(initialContextOf(machine, input), new Map(Object.entries(saved)))
  } catch (error) {
    return `its initial context cannot be computed (${textOf(error)})`
  }
}

function initialContextOf({ config }: AnyStateMachine, input: unknown): object {
  const { context = {} } = config
  if (typeof context !== 'function') return context
  // Nothing is spawned: an actor in the context counts as an object.
  return context({ input, spawn: () => ({}), self: {} })
}

/** Fields that only the saved context has are fine: a machine may add fields later. */
function misfitOf(initial: object, saved: ReadonlyMap<string, unknown>): string | undefined {
  for (const [key, value] of Object.entries(initial)) {
    // A field that may be empty fits any value.
    if (value === undefined || value === null) continue
    if (!saved.has(key)) return `context.${key} is new`
    const was = saved.get(key)
    if (was !== undefined && was !== null && kindOf(was) !== kindOf(value))
      return `context.${key} was ${kindOf(was)} and is ${kindOf(value)} now`
  }
  return undefined
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1).toLowerCase()
}

/** A machine was changed, and its version was not. */
export class MachineChangedError extends TroupeError {
  readonly code = 'MACHINE_CHANGED'
  readonly agent: string
  readonly version: string
  /** The hash of the saved machine, and the hash of the machine that the program has. */
  readonly saved: string
  readonly actual: string
  /** @param why the saved snapshot does not fit, if that was checked */
  constructor({ name, version, hash }: Identity, actual: Identity, why?: string) {
    const misfit = why === undefined ? '' : ` What was saved does not fit: ${why.replace(/\.$/, '')}.`
    super(
      `Version "${version}" of agent "${name}" was saved with the structure ${hash}, and has ${actual.hash} now.${misfit} Raise the version of its machine and declare a migration from "${version}", or register the old definition.`,
    )
    this.agent = name
    this.version = version
    this.saved = hash
    this.actual = actual.hash
  }
}

/** A machine was changed, and its version was not. The agent goes on because this is development. */
export class MachineEditedError extends TroupeError {
  readonly code = 'MACHINE_EDITED'
  readonly agent: string
  readonly version: string
  /** The hash of the saved machine, and the hash of the machine that the program has. */
  readonly saved: string
  readonly actual: string
  constructor({ name, version, hash }: Identity, actual: Identity) {
    super(
      `Agent "${name}" was edited: its machine of version "${version}" was saved with the structure ${hash}, and has ${actual.hash} now. It goes on, because its states and its context still fit and this is development; in production it would not. Before you release it, raise the version of the machine and declare a migration from "${version}".`,
    )
    this.agent = name
    this.version = version
    this.saved = hash
    this.actual = actual.hash
  }
}
