import type { Actor } from '../actor/actor.ts'
import { AgentStartError } from '../agent/agent.ts'
import type { TroupeError } from '../errors.ts'
import { trusted } from '../events/event.ts'
import { agentRemoved, agentStopped, agentStopping } from '../events/runtime-events.ts'
import { AskStoppedError } from '../invoke/ask-errors.ts'
import type { GoneReason } from '../journal/frame.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { keepInside } from '../partition/step-checkpoint.ts'
import type { AgentRecords } from './agent-records.ts'
import type { Beginnings } from './beginnings.ts'
import type { Hooks } from './hooks.ts'
import { type Roster, root } from './roster.ts'

/** How many agents that stop at the same time one frame holds. */
const mostInOneFrame = 1_000

/** How all agents of a partition stop. */
export interface Ending {
  readonly reason: GoneReason
  /** Thrown at callers that want something of the agents afterwards. */
  readonly error: TroupeError
  /** The origin of the failure because of which the root supervisor gave up, if it did. */
  readonly escalated?: Origin | undefined
}

interface StoppingParts {
  readonly roster: Roster
  readonly records: AgentRecords
  readonly hooks: Hooks
  readonly beginnings: Beginnings
  /** Called for each agent that has stopped. */
  stopped(actor: Actor, reason: GoneReason): void
}

/** Stops the agents of a partition for good: records that they end, and gives up their mail and the asks that wait for them. */
export class Stopping {
  readonly #partition: Partition
  readonly #parts: StoppingParts
  #ended: TroupeError | undefined
  #closing: Promise<unknown> = Promise.resolve()

  constructor(partition: Partition, parts: StoppingParts) {
    this.#partition = partition
    this.#parts = parts
  }

  /** Why all agents are stopped for good, if they are. */
  get ended(): TroupeError | undefined {
    return this.#ended
  }

  /** Stops one agent. Its supervisor does not start it again. */
  stop(actor: Actor, reason: GoneReason): void {
    const { roster } = this.#parts
    roster.retire(actor.name)
    roster.sendAbove(actor, { type: 'supervisor.stop', id: actor.name })
    this.finish([actor], reason)
  }

  /** Stops a supervisor and all agents under it. Its name is free then. */
  removeTree(name: string): void {
    const { roster } = this.#parts
    roster.retire(name)
    const members = roster.under(name)
    roster.supervisor(roster.aboveOf(name) ?? root)?.send({ type: 'supervisor.stop', id: name })
    this.finish(members.toReversed(), 'stopped')
    roster.remove(name)
  }

  /** Stops all agents, in the reverse order of their start. */
  stopAll(supervisor: { stop(): void }, { reason, error, escalated }: Ending): void {
    const { registry } = this.#partition
    this.#ended = error
    keepInside(registry)
    supervisor.stop()
    this.finish([...registry].toReversed(), reason, escalated)
    this.#parts.roster.clear()
  }

  /**
   * Finishes the stop of agents whose machines have stopped: records it in few frames, however many agents there are.
   *
   * @param escalated what led their supervisor to give up, if it did
   */
  finish(actors: readonly Actor[], reason: GoneReason, escalated?: Origin): void {
    const stopping = actors.filter(({ status }) => status !== 'stopped')
    for (let from = 0; from < stopping.length; from += mostInOneFrame) {
      const some = stopping.slice(from, from + mostInOneFrame)
      this.#partition.append(
        { kind: 'supervision' },
        some.map(actor => {
          const { address, incarnation } = actor
          const event = () => agentStopping({ address, incarnation })
          this.#partition.reportIfHeard(agentStopping.type, event, this.#originOf(actor, reason, escalated))
          actor.status = 'stopped'
          return this.#parts.records.stopped(actor, reason)
        }),
      )
      for (const actor of some) this.#finishStop(actor, reason, escalated)
    }
  }

  #finishStop(actor: Actor, reason: GoneReason, escalated: Origin | undefined): void {
    const partition = this.#partition
    const { roster, beginnings, hooks } = this.#parts
    const { address, incarnation } = actor
    partition.registry.retire(actor)
    partition.system.observers?.stopped(partition, actor, reason)
    roster.stopped(actor)
    this.loseMail(actor)
    partition.asks.failAllTo(address, ask => new AskStoppedError(ask.type, address))
    const origin = this.#originOf(actor, reason, escalated)
    const report = () => {
      partition.report(trusted(agentStopped, { address, incarnation, reason }), origin)
      partition.reportIfHeard(agentRemoved.type, () => agentRemoved({ address }), origin)
    }
    // The error is made only if it is needed: making it is slow, and nearly every agent that stops has begun.
    if (beginnings.has(actor))
      beginnings.interrupt(actor, new AgentStartError(address, this.#ended ?? 'it was stopped meanwhile'))
    this.#parts.stopped(actor, reason)
    const ending = hooks.end(actor)
    if (ending) this.#close(ending.then(report))
    else report()
  }

  /** The origin of an agent's end: the event that the agent was handling, or the event during which it was stopped. */
  #originOf({ handled }: Actor, reason: GoneReason, escalated: Origin | undefined): Origin | undefined {
    if (reason === 'escalated') return escalated
    return reason === 'stopped' ? (this.#partition.system.stepping?.handled ?? this.#partition.origin) : handled
  }

  /** Makes dead letters of the mail that waits for an agent. */
  loseMail(actor: Actor): void {
    const { waited, spilled } = actor.renew()
    for (const envelope of waited) this.#partition.losses.lose(actor, envelope, 'stopped')
    if (spilled) this.#close(this.#partition.spilledMail.lose(actor, spilled))
  }

  /** Resolves when every stop so far is durable, and the mail of the stopped agents has become dead letters. */
  async closed(): Promise<void> {
    await this.#closing
    await this.#partition.watermark.reached()
  }

  #close(work: Promise<unknown>): void {
    this.#closing = Promise.all([this.#closing, work])
  }
}
