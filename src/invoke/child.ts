import type { Agent } from '../agent/agent.ts'
import { logicsOf } from '../agent/logics.ts'
import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { type OutsideLogic, outside, workOf } from './outside.ts'

/** What becomes of a child when its parent leaves the state that invoked it, crashes or stops. */
export type Orphan = 'stop' | 'adopt'

/** How a child is looked after. */
export interface ChildOptions {
  /** It stops (`stop`, the default), or lives on until somebody stops it or a later incarnation invokes it again (`adopt`). */
  readonly orphan?: Orphan
}

const childNames: OptionNames<ChildOptions> = { orphan: true }

/** An invoked child: its output is that of its machine's final state. */
export interface ChildLogic extends OutsideLogic<unknown, unknown> {}

/** The work of an invoked child. */
export interface ChildWork {
  readonly kind: 'child'
  readonly agent: Agent
  readonly orphan: Orphan
}

/**
 * An actor to invoke: an agent of one's own, reached at `<address of the parent>/<id of the invoke>`. The input of the invoke is
 * the input of its machine. It crashes and restarts by itself. When it crashes too often, or ends otherwise, its parent is
 * told.
 *
 * @example
 * actors: { oven: child(oven) }
 * // invoke: { id: 'oven', src: 'oven', onDone: ..., onError: ... }
 *
 * @param options `orphan`: what becomes of it without its parent
 * @throws MissingDefinitionError, UnknownOptionError
 * @throws (as the invoke's error) ChildEndedError; IllegalIdError if the invoke's id could not be part of an address;
 *   AddressTakenError, AgentStartError, AgentLimitError
 */
export function child(agent: Agent, options: ChildOptions = {}): ChildLogic {
  checkDeclared('child', 'an agent', agent, 'name')
  checkOptionNames('child', options, childNames)
  const { orphan = 'stop' } = options
  const work: ChildWork = { kind: 'child', agent, orphan }
  return outside('child', work)
}

/**
 * Agents, and all that they may invoke as children, and those as theirs, each once.
 *
 * @example
 * const names = withChildren(party.agents).map(({ name }) => name)
 */
export function withChildren(agents: readonly Agent[]): readonly Agent[] {
  const found = new Set<Agent>()
  const visit = (agent: Agent) => {
    if (found.has(agent)) return
    found.add(agent)
    for (const work of worksOf(agent)) if (isChild(work)) visit(work.agent)
  }
  for (const agent of agents) visit(agent)
  return [...found]
}

/** What an agent's machine may invoke, as far as it is work of the runtime's. */
export function* worksOf({ machine }: Agent): Iterable<object> {
  for (const { logic } of logicsOf(machine)) {
    const work = workOf(logic)
    if (typeof work === 'object' && work !== null) yield work
  }
}

/** What becomes of a child that its parent no longer invokes, as the definition of the parent says of children of that name. */
export function orphanOf(parent: Agent, { name }: Agent): Orphan {
  for (const work of worksOf(parent)) if (isChild(work) && work.agent.name === name) return work.orphan
  return 'stop'
}

function isChild(work: object): work is ChildWork {
  return 'kind' in work && work.kind === 'child'
}

/** A child is there no more, and did not reach its final state. */
export class ChildEndedError extends TroupeError {
  readonly code = 'CHILD_ENDED'
  readonly address: Address
  /** It failed and is not to be restarted, it failed too often (`escalated`), or somebody `stopped` it. */
  readonly reason: 'failed' | 'escalated' | 'stopped'
  constructor(address: Address, reason: 'failed' | 'escalated' | 'stopped') {
    const why = { failed: 'it failed', escalated: 'it failed too often', stopped: 'somebody stopped it' }[reason]
    super(`The child "${address}" is there no more: ${why}. Invoke it again, or go on without it.`)
    this.address = address
    this.reason = reason
  }
}
