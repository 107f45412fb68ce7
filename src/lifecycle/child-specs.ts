import type { AnyActorLogic } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { RestartType } from '../agent/agent.ts'
import type { ChildSpec } from '../supervision/child-spec.ts'
import { isPool, isSupervisor, type Supervised, type SupervisionOptions } from '../supervision/definition.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import { SupervisorLogic } from '../supervision/supervisor.ts'
import type { SupervisorHost, SupervisorRules } from '../supervision/supervisor-host.ts'
import type { Incarnations } from './incarnations.ts'
import { memberNames, type Roster } from './roster.ts'

interface NamedOptions extends SupervisionOptions {
  readonly name: string
}

/** How an agent is started. A class, because a partition may have a hundred thousand agents, and closures would take more memory. */
class AgentSpec implements ChildSpec {
  readonly #actor: Actor
  readonly #incarnations: Incarnations

  constructor(actor: Actor, incarnations: Incarnations) {
    this.#actor = actor
    this.#incarnations = incarnations
  }

  get id(): string {
    return this.#actor.name
  }

  get restart(): RestartType {
    return this.#actor.agent.restart
  }

  get input(): unknown {
    return this.#actor.input
  }

  logic(): AnyActorLogic {
    return this.#incarnations.logicOf(this.#actor)
  }
}

/** Makes child specs of definitions: how supervisors start agents, pools and the supervisors below them. */
export class ChildSpecs {
  readonly #roster: Roster
  readonly #incarnations: Incarnations
  readonly #host: SupervisorHost
  readonly #intensity: RestartIntensity

  /** @param intensity of supervisors whose definition does not set one */
  constructor(roster: Roster, incarnations: Incarnations, host: SupervisorHost, intensity: RestartIntensity) {
    this.#roster = roster
    this.#incarnations = incarnations
    this.#host = host
    this.#intensity = intensity
  }

  of(one: Supervised): ChildSpec {
    const { name: id, restart } = one
    if (!isSupervisor(one)) return this.ofAgent(this.#roster.named(id))
    const logic = () => new SupervisorLogic(this.#host, this.rulesOf(one), specs)
    // The same specs each time it is started, so that it knows which of its children it began with.
    const specs = isPool(one)
      ? memberNames(one).map(name => this.ofAgent(this.#roster.named(name)))
      : one.agents.map(child => this.of(child))
    return { id, restart, logic }
  }

  ofAgent(actor: Actor): ChildSpec {
    return new AgentSpec(actor, this.#incarnations)
  }

  rulesOf({ name, strategy = 'one_for_one', intensity = this.#intensity, backoff }: NamedOptions): SupervisorRules {
    return { name, strategy, intensity, backoff }
  }
}
