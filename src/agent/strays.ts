import type { AnyActorRef } from 'xstate'
import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Agent } from './agent.ts'
import { isStray, logicsOf } from './logics.ts'

interface StraysHost {
  /** Whether the journal outlives the process: otherwise nothing is ever run again. */
  readonly isLasting: boolean
  /** Whether stray work is refused; otherwise it is a warning. */
  readonly isStrict: boolean
  warn(error: StrayWorkError): void
}

/** Finds work that the journal does not know: in definitions, and among the actors that a step starts. */
export class Strays {
  readonly #host: StraysHost
  /** Each stray is reported once. */
  readonly #told = new Set<string>()

  constructor(host: StraysHost) {
    this.#host = host
  }

  /** @throws StrayWorkError where stray work is refused */
  checkAgents(agents: readonly Agent[]): void {
    if (!this.#host.isLasting) return
    for (const { name, machine } of agents)
      for (const one of logicsOf(machine)) if (isStray(one.logic)) this.#found(name, one.name)
  }

  /**
   * @param name of the child inside the agent
   * @throws StrayWorkError where stray work is refused, UnnamedActorError for a child that another process could not restore
   */
  checkChild({ name: agent }: Agent, address: Address, name: string, child: AnyActorRef): void {
    if (!this.#host.isLasting) return
    if (typeof child.src !== 'string') throw new UnnamedActorError(address, name)
    if ('logic' in child && isStray(child.logic)) this.#found(agent, child.src)
  }

  #found(agent: string, src: string): void {
    const error = new StrayWorkError(agent, src)
    if (this.#host.isStrict) throw error
    const key = `${agent} ${src}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.#host.warn(error)
  }
}

/** An agent invokes work that the journal does not know. */
export class StrayWorkError extends TroupeError {
  readonly code = 'STRAY_WORK'
  readonly agent: string
  /** The name of the logic, or the place of its invoke if it has no name. */
  readonly src: string
  constructor(agent: string, src: string) {
    super(
      `Agent "${agent}" invokes "${src}", which is no effect: after a crash it would be run again, whatever it has done. Make it an effect("${src}", ...).`,
    )
    this.agent = agent
    this.src = src
  }
}

/** An agent spawned a logic without a name, which another process could not find in its machine. */
export class UnnamedActorError extends TroupeError {
  readonly code = 'UNNAMED_ACTOR'
  readonly address: Address
  /** The id of the spawned actor. */
  readonly id: string
  constructor(address: Address, id: string) {
    super(
      `"${address}" spawned "${id}" from a logic and not from a name, so after a crash it could not go on. Name it in setup({ actors: { name: logic } }) and spawn it by that name.`,
    )
    this.address = address
    this.id = id
  }
}
