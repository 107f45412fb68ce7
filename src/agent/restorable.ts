import { TroupeError, textOf } from '../errors.ts'
import { mutableCopyOf } from '../values/copy.ts'
import { decoded } from '../values/json.ts'
import type { Agent } from './agent.ts'
import { edited, MachineChangedError, MachineEditedError } from './edited.ts'
import { type Identity, identityOf, readIdentity, versionOf, writeIdentity } from './identity.ts'
import { migrate } from './migrate.ts'
import { checkShape, misfitOf, type SavedMachine, SnapshotShapeError } from './saved-machine.ts'

/** The definitions that a program has for a saved agent. */
export interface Known {
  /** The agent at its address in this program. */
  readonly current: Agent | undefined
  /** Definitions of older versions, and of agents that are spawned later. */
  readonly registered: readonly Agent[]
  /** Whether an edited machine goes on if the saved snapshot still fits it. */
  readonly development?: boolean
  /** The input of its machine, if it was not the input of its definition. */
  readonly input?: unknown
}

/** What a restored actor is started with. */
export interface Restorable {
  readonly agent: Agent
  readonly snapshot: SavedMachine
  /** The version that was saved, if it was another version. */
  readonly migratedFrom?: string
  /** A warning: the machine has the saved version, and another structure. */
  readonly edited?: MachineEditedError
}

/**
 * Finds the definition for an agent's checkpoint: the definition that saved it, current or registered, or else the first definition
 * that a migration leads to. Bare XState would go on with any definition.
 * @throws SnapshotShapeError, MachineUnknownError, MachineForeignError, MachineChangedError, MachineVersionError,
 *   MigrationError
 */
export function restorable(
  { definition, snapshot: json }: { readonly definition: string; readonly snapshot: unknown },
  { current, registered, development = false, input }: Known,
): Restorable {
  const saved = readIdentity(definition)
  if (!saved) throw new SnapshotShapeError(current?.name ?? '', `"${definition}" names no definition`)
  const { name, version } = saved
  const snapshot = readValue(name, json)
  checkShape(name, snapshot)
  if (current && current.name !== name) throw new MachineForeignError(current.name, definition)
  const namesakes = [...(current ? [current] : []), ...registered].filter(agent => agent.name === name)

  const same = namesakes.find(agent => writeIdentity(identityOf(agent)) === definition)
  if (same) {
    const misfit = misfitOf(same.machine, snapshot)
    if (misfit !== undefined) throw new SnapshotShapeError(name, misfit)
    return { agent: same, snapshot }
  }
  const next = namesakes.find(({ migrations }) => Object.hasOwn(migrations, version))
  if (next) return { agent: next, snapshot: migrate(next, version, snapshot), migratedFrom: version }
  const changed = namesakes.find(({ machine }) => versionOf(machine) === version)
  if (!changed) throw strangerTo(namesakes, saved)
  if (!development) throw new MachineChangedError(saved, identityOf(changed))
  const fitting = edited(changed, saved, snapshot, input ?? changed.input)
  const warning = new MachineEditedError(saved, identityOf(changed))
  return { agent: changed, snapshot: fitting, migratedFrom: version, edited: warning }
}

function readValue(agent: string, json: unknown): unknown {
  try {
    // A copy: XState puts actors into the context that it gets, which may belong to the journal.
    return mutableCopyOf(decoded(json))
  } catch (error) {
    throw new SnapshotShapeError(agent, textOf(error))
  }
}

function strangerTo(namesakes: readonly Agent[], saved: Identity): TroupeError {
  if (namesakes.length === 0) return new MachineUnknownError(saved)
  return new MachineVersionError(saved, [
    ...new Set(namesakes.flatMap(({ machine, migrations }) => [versionOf(machine), ...Object.keys(migrations)])),
  ])
}

/** The program has no agent of the saved name. */
export class MachineUnknownError extends TroupeError {
  readonly code = 'MACHINE_UNKNOWN'
  readonly agent: string
  readonly version: string
  constructor({ name, version }: Identity) {
    super(
      `Version "${version}" of agent "${name}" was saved, but this program has no agent of that name. Register it: createRuntime({ registered: [...] }).`,
    )
    this.agent = name
    this.version = version
  }
}

/** An agent with another name was saved at an address. */
export class MachineForeignError extends TroupeError {
  readonly code = 'MACHINE_FOREIGN'
  /** The agent at the address now. */
  readonly agent: string
  /** The saved definition: `<name>@<version>#<hash>`. */
  readonly definition: string
  constructor(agent: string, definition: string) {
    super(
      `Agent "${agent}" is where "${definition}" was saved, and an agent goes on with what was its own alone. Give the agent its old name back, or delete that party.`,
    )
    this.agent = agent
    this.definition = definition
  }
}

/** No migration starts from the saved version: none was declared, or a newer program saved it. */
export class MachineVersionError extends TroupeError {
  readonly code = 'MACHINE_VERSION'
  readonly agent: string
  readonly version: string
  /** The versions that the program can restore. */
  readonly known: readonly string[]
  constructor({ name, version }: Identity, known: readonly string[]) {
    const told = known.map(one => `"${one}"`).join(', ')
    super(
      `Version "${version}" of agent "${name}" was saved, and this program goes on from ${told} alone. Declare a migration from "${version}", register that definition, or run the program that saved it.`,
    )
    this.agent = name
    this.version = version
    this.known = known
  }
}
