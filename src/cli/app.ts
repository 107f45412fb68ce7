import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Agent } from '../agent/agent.ts'
import { textOf } from '../errors.ts'
import type { Observable } from '../inspect/index.ts'
import { withChildren } from '../invoke/child.ts'
import type { PartyDefinition } from '../state/definition.ts'
import type { Supervised } from '../supervision/definition.ts'
import { UsageError } from './usage-error.ts'

/** The parts of an application that commands use. */
export interface App {
  readonly party: PartyDefinition | undefined
  /** All agents: of the party and its supervisors, of partition kinds, outside the parties, and the children that agents invoke. */
  readonly agents: readonly Agent[]
  /** A runtime that the module has started. */
  readonly runtime: Observable | undefined
}

/** Errors say with this text what a module should export. */
const example = 'export const party = defineParty(...), or agents = [...]: what createRuntime takes'

/**
 * Loads the definitions of an application from a module. Loading runs the module: a module that starts a runtime starts it here,
 * too.
 *
 * @param file a module of JavaScript, or of TypeScript as far as this Node can load it
 * @throws UsageError if there is no such file, or it exports nothing that can be used; AppError if it cannot be loaded
 */
export async function loadApp(file: string): Promise<App> {
  if (!existsSync(file)) throw new UsageError(`There is no module "${file}". Name the file: --app ./src/app.js`)
  const exported = await exportsOf(file)
  const values = [...exported.values()].flatMap(value => (Array.isArray(value) ? value : [value]))
  const parties = values.filter(isParty)
  const named = exported.get('party')
  const party = isParty(named) ? named : parties[0]
  if (!isParty(named) && new Set(parties).size > 1)
    throw new UsageError(
      `"${file}" exports several parties, and none as "party". Export the one that is meant as "party".`,
    )
  const roots = [...(party ? [...party.tree, ...party.shared] : []), ...values.filter(isSupervised)]
  const app = { party, agents: withChildren(roots.flatMap(flat)), runtime: values.find(isRuntime) }
  if (party || app.agents.length > 0 || app.runtime) return app
  throw new UsageError(`"${file}" exports no party, agents or runtime. Let it export what is meant: ${example}.`)
}

/** The exports of a module, and the fields of its default export. */
async function exportsOf(file: string): Promise<ReadonlyMap<string, unknown>> {
  try {
    const module: object = await import(pathToFileURL(resolve(file)).href)
    const main: unknown = 'default' in module ? await module.default : undefined
    const fields = typeof main === 'object' && main !== null && !isParty(main) && !isSupervised(main) ? main : {}
    const all = { ...fields, ...module }
    return new Map(await Promise.all(Object.entries(all).map(async ([name, value]) => [name, await value] as const)))
  } catch (error) {
    throw new AppError(file, error)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isParty(value: unknown): value is PartyDefinition {
  // Partition kinds of the application's own have no inputs.
  return isObject(value) && Array.isArray(value['tree']) && value['changes'] instanceof Set && 'inputs' in value
}

function isAgent(value: unknown): value is Agent {
  return isObject(value) && typeof value['name'] === 'string' && 'machine' in value && Array.isArray(value['hears'])
}

function isSupervised(value: unknown): value is Supervised {
  if (isAgent(value)) return true
  return isObject(value) && !isParty(value) && Array.isArray(value['agents']) && value['agents'].every(isSupervised)
}

function isRuntime(value: unknown): value is Observable {
  return isObject(value) && typeof value['observe'] === 'function'
}

/** The agents of a supervisor or a pool; an agent itself. */
function flat(one: Supervised): readonly Agent[] {
  return 'agents' in one ? one.agents.flatMap(flat) : [one]
}

/** The module of an application threw while it was loaded. */
export class AppError extends Error {
  constructor(file: string, cause: unknown) {
    super(`The module "${file}" cannot be loaded: ${textOf(cause)}`, { cause })
  }
}
