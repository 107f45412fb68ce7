import type { AnyActorRef } from 'xstate'
import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Agent } from './agent.ts'
import { isStray, logicsOf } from './logics.ts'

interface StraysHost {
  /** Whether the journal outlives the process: elsewhere nothing is ever run again. */
  readonly isLasting: boolean
  /** Whether stray work is refused rather than warned of. */
  readonly isStrict: boolean
  warn(error: StrayWorkError): void
}

/** Looks for work outside that the journal knows nothing of: in definitions, and in what a step starts. */
export class Strays {
  readonly #host: StraysHost
  /** Each is told once. */
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
   * @throws StrayWorkError where stray work is refused, UnnamedActorError for a child that another process could not begin
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

/** An agent invokes something that the journal knows nothing of. */
export class StrayWorkError extends TroupeError {
  readonly code = 'STRAY_WORK'
  readonly agent: string
  /** Its name, or its place where it was written without one. */
  readonly src: string
  constructor(agent: string, src: string) {
    super(
      `Agent "${agent}" invokes "${src}", which is no effect: after a crash it would be run again, whatever it has done. Make it an effect("${src}", ...).`,
    )
    this.agent = agent
    this.src = src
  }
}

/** An agent spawned an actor without a name, which no other process could find in its machine. */
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
