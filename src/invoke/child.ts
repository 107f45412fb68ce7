import type { Agent } from '../agent/agent.ts'
import { logicsOf } from '../agent/logics.ts'
import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { type OutsideLogic, outside, workOf } from './outside.ts'

/** What happens to a child when its parent leaves the state that invoked it, crashes or stops. */
export type Orphan = 'stop' | 'adopt'

/** The options of a child. */
export interface ChildOptions {
  /**
   * What happens to the child if its parent ends: it stops (`stop`, the default), or it runs until it is stopped or the parent
   * invokes it again (`adopt`).
   */
  readonly orphan?: Orphan
}

const childNames: OptionNames<ChildOptions> = { orphan: true }

/** An invoked child: its output is the output of its machine's final state. */
export interface ChildLogic extends OutsideLogic<unknown, unknown> {}

/** The work of an invoked child. */
export interface ChildWork {
  readonly kind: 'child'
  readonly agent: Agent
  readonly orphan: Orphan
}

/**
 * An actor to invoke: an agent as the child of the agent that invokes it. Its address is
 * `<address of the parent>/<id of the invoke>`, and the input of the invoke is the input of its machine. A child that crashes is
 * restarted, and its parent does not notice. The parent gets `onError` when the child crashes too often or is stopped.
 *
 * @example
 * actors: { oven: child(oven) }
 * // invoke: { id: 'oven', src: 'oven', onDone: ..., onError: ... }
 *
 * @param options `orphan`: what happens to the child without its parent
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
 * Agents, the agents that they may invoke as children, the children of these, and so on: each once.
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

/** The work of the runtime that an agent's machine may invoke. */
export function* worksOf({ machine }: Agent): Iterable<object> {
  for (const { logic } of logicsOf(machine)) {
    const work = workOf(logic)
    if (typeof work === 'object' && work !== null) yield work
  }
}

/** What happens to a child that its parent no longer invokes: what the parent's machine says about children of that name. */
export function orphanOf(parent: Agent, { name }: Agent): Orphan {
  for (const work of worksOf(parent)) if (isChild(work) && work.agent.name === name) return work.orphan
  return 'stop'
}

function isChild(work: object): work is ChildWork {
  return 'kind' in work && work.kind === 'child'
}

/** A child has ended before it reached its final state. */
export class ChildEndedError extends TroupeError {
  readonly code = 'CHILD_ENDED'
  readonly address: Address
  /** It `failed` and is never restarted, it failed too often (`escalated`), or it was `stopped`. */
  readonly reason: 'failed' | 'escalated' | 'stopped'
  constructor(address: Address, reason: 'failed' | 'escalated' | 'stopped') {
    const why = { failed: 'it failed', escalated: 'it failed too often', stopped: 'somebody stopped it' }[reason]
    super(`The child "${address}" has ended: ${why}. Invoke it again, or go on without it.`)
    this.address = address
    this.reason = reason
  }
}
