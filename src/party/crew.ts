import { type AnyActorRef, createActor } from 'xstate'
import { Actor } from '../actor/actor.ts'
import { type Address, checkId } from '../actor/address.ts'
import type { Agent } from '../actor/agent.ts'
import { AskFailedError, AskStoppedError } from '../actor/ask.ts'
import { bindHost } from '../actor/outside.ts'
import { stepped } from '../actor/step.ts'
import { TroupeError, textOf } from '../errors.ts'
import { agentEscalated, agentRestarted, agentStarted, agentStopped } from '../events/runtime-events.ts'
import type { Exit } from '../supervision/child-spec.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import { type SupervisorHost, supervisor } from '../supervision/supervisor.ts'
import { AgentTimers } from './agent-timers.ts'
import { OutsideWork } from './outside-work.ts'
import type { Partition } from './partition.ts'
import { Steps } from './steps.ts'

/** Why an agent is there no more. */
type GoneReason = 'stopped' | 'done' | 'failed' | 'escalated'

/**
 * The agents of a partition from start to stop: one XState system, its root the supervisor, every agent a child whose
 * machine runs step by step. It carries out what the supervisor decides, and records it.
 */
export class Crew implements SupervisorHost {
  readonly timers: AgentTimers
  readonly #partition: Partition
  readonly #steps: Steps
  readonly #supervisor
  readonly #onGivenUp: (error: EscalatedError) => void
  readonly #logics = new Map<Agent, ReturnType<typeof stepped>>()
  #ended: TroupeError | undefined
  #closing: Promise<unknown> = Promise.resolve()

  constructor(partition: Partition, intensity: RestartIntensity, onGivenUp: (error: EscalatedError) => void) {
    this.#partition = partition
    this.#onGivenUp = onGivenUp
    this.#supervisor = createActor(supervisor(this, intensity), { id: 'supervisor' })
    this.#steps = new Steps(partition)
    this.timers = new AgentTimers(partition, this.#steps)
    this.#supervisor.system.scheduler = this.timers
    bindHost(this.#supervisor.system, new OutsideWork(partition, this.#steps))
    this.#supervisor.start()
  }

  /** Whether all its agents are stopped for good. */
  get stopped(): boolean {
    return this.#ended !== undefined
  }

  /** Gives an agent an address and a mailbox; its mail waits until `start`. */
  declare(agent: Agent, name: string = agent.name): Actor {
    if (this.#ended) throw this.#ended
    const taken = this.#partition.registry.named(checkId('agent', name))
    if (taken && taken.status !== 'stopped') throw new AddressTakenError(taken.address)
    const actor = new Actor(this.#partition, name, agent)
    this.#partition.registry.add(actor)
    return actor
  }

  /** @throws AgentStartError if its machine fails before it has handled anything */
  start(actor: Actor): void {
    const { name: id, agent } = actor
    const logic = () => this.#logicOf(agent)
    this.#supervisor.send({ type: 'supervisor.start', spec: { id, restart: agent.restart, logic } })
    if (actor.status === 'running') return
    const { status, error } = actor.ref?.getSnapshot() ?? {}
    // One that has reached its final state already has done its work.
    if (status === 'done') return
    this.#remove(actor, 'failed')
    throw new AgentStartError(actor.address, error)
  }

  /** Stops an agent for good. */
  stop(actor: Actor): void {
    if (actor.status !== 'stopped') this.#remove(actor, 'stopped')
  }

  /**
   * Stops all agents in the reverse order of their start, for good.
   *
   * @param why what is told to who wants something of them afterwards
   */
  end(reason: GoneReason, why: TroupeError): void {
    if (this.#ended) return
    this.#ended = why
    this.#supervisor.stop()
    for (const actor of [...this.#partition.registry].toReversed())
      if (actor.status !== 'stopped') this.#forget(actor, reason)
    this.timers.clear()
    const { watermark, activity } = this.#partition
    watermark.whenDurable(
      () => activity.release(),
      error => activity.release(error),
    )
  }

  /** Resolves when all that was stopped so far is durable, and what waited for it has become dead letters. */
  async closed(): Promise<void> {
    await this.#closing
    await this.#partition.watermark.reached()
  }

  #remove(actor: Actor, reason: GoneReason): void {
    this.#supervisor.send({ type: 'supervisor.stop', id: actor.name })
    this.#forget(actor, reason)
  }

  #forget(actor: Actor, reason: GoneReason): void {
    const { address, incarnation } = actor
    actor.status = 'stopped'
    const seq = this.#partition.nextSeq()
    this.#partition.append({ kind: 'supervision' }, [
      { kind: 'agent', seq, agent: address, incarnation, what: 'stopped' },
    ])
    this.#partition.registry.retire(actor)
    for (const envelope of actor.close()) this.#partition.lose(actor, envelope, 'stopped')
    if (actor.waiting > 0) this.#closing = Promise.all([this.#closing, this.#partition.loseSpilled(actor)])
    this.#partition.shared.asks.failAllTo(address, ask => new AskStoppedError(ask.type, address))
    this.#partition.report(agentStopped({ address, incarnation, reason }))
  }

  // ---- what the supervisor tells ----

  now(): number {
    return this.#partition.shared.clock.now()
  }

  atWatermark(decide: () => void): void {
    const { activity, watermark } = this.#partition
    activity.begin()
    const end = (then: () => void) => () => {
      then()
      activity.end()
    }
    watermark.whenDurable(
      // A supervisor that has stopped meanwhile has nothing left to decide.
      end(() => this.#ended || decide()),
      end(() => {}),
    )
  }

  create(id: string, create: () => AnyActorRef): AnyActorRef {
    const actor = this.#actor(id)
    actor.incarnation++
    const seq = this.#partition.nextSeq()
    const what = actor.incarnation === 1 ? 'starting' : 'restarting'
    // Part of the frame of the first step.
    this.#steps.plan({ kind: 'agent', seq, agent: actor.address, incarnation: actor.incarnation, what })
    actor.announce({ seq, type: 'xstate.init', correlationid: `${this.#partition.address}/${seq}` })
    actor.ref = undefined
    const outer = this.#partition.enter(actor)
    try {
      actor.ref = create()
    } finally {
      this.#partition.leave(outer)
    }
    return actor.ref
  }

  started(id: string): void {
    const actor = this.#actor(id)
    const { address, incarnation } = actor
    // One that has ended in its first step is about to be reported as such.
    if (actor.ref?.getSnapshot().status !== 'active') return
    actor.status = 'running'
    this.#partition.report(
      incarnation === 1 ? agentStarted({ address, incarnation }) : agentRestarted({ address, incarnation }),
    )
    actor.wake()
  }

  exited(id: string): void {
    const actor = this.#actor(id)
    actor.status = 'down'
    const { address, incarnation } = actor
    this.#partition.shared.asks.failAllTo(address, ask =>
      ask.takenBy === incarnation ? new AskFailedError(ask.type, address, 'it ended before it answered') : undefined,
    )
  }

  gone(id: string, exit: Exit): void {
    this.#forget(this.#actor(id), exit)
  }

  escalated(id: string, restarts: number, { within }: RestartIntensity): void {
    const { address, incarnation } = this.#actor(id)
    this.#partition.report(agentEscalated({ address, incarnation, restarts, within }))
    const error = new EscalatedError(address, restarts, within)
    this.end('escalated', error)
    this.#partition.reportError('error', error)
    this.#onGivenUp(error)
  }

  // One for all actors of an agent: what it needs to know of each, it asks.
  #logicOf(agent: Agent): ReturnType<typeof stepped> {
    let logic = this.#logics.get(agent)
    if (!logic) this.#logics.set(agent, (logic = stepped(agent, this.#steps)))
    return logic
  }

  #actor(id: string): Actor {
    const actor = this.#partition.registry.named(id)
    if (!actor) throw new Error(`no child ${id}`)
    return actor
  }
}

/** An agent with this address is there already. */
export class AddressTakenError extends TroupeError {
  readonly code = 'ADDRESS_TAKEN'
  readonly address: Address
  constructor(address: Address) {
    super(`"${address}" is taken by a running agent. Stop it first, or spawn under another name.`)
    this.address = address
  }
}

/** An agent failed before it had handled anything. */
export class AgentStartError extends TroupeError {
  readonly code = 'AGENT_START'
  readonly address: Address
  constructor(address: Address, cause: unknown) {
    super(
      `"${address}" failed while it started: ${textOf(cause)}. Mend its initial state; nothing of it is left behind.`,
      {
        cause,
      },
    )
    this.address = address
  }
}

/** A supervisor gave up: its agents restarted too often. */
export class EscalatedError extends TroupeError {
  readonly code = 'ESCALATED'
  readonly address: Address
  readonly restarts: number
  readonly within: number
  constructor(address: Address, restarts: number, within: number) {
    super(
      `"${address}" would have been restart number ${restarts} within ${within} ms, so its supervisor gave up and stopped its agents. Mend the agent, or allow more restarts.`,
    )
    this.address = address
    this.restarts = restarts
    this.within = within
  }
}
