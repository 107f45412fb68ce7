import type { AnyActorRef } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { trusted } from '../events/event.ts'
import { agentDone, agentEscalated } from '../events/runtime-events.ts'
import { AskFailedError } from '../invoke/ask-errors.ts'
import type { Entry, GoneReason } from '../journal/frame.ts'
import { LazySet } from '../lazy-maps.ts'
import { addressOf, runtimePartition } from '../mail/address.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { keepInside } from '../partition/step-checkpoint.ts'
import type { Exit } from '../supervision/child-spec.ts'
import type { EscalatedError } from '../supervision/restart-intensity.ts'
import type { SupervisorHost, SupervisorRules } from '../supervision/supervisor-host.ts'
import type { AgentRecords } from './agent-records.ts'
import { escalationEntry, escalationOf, failureOfRef, originOfEscalation } from './escalation.ts'
import type { Hooks } from './hooks.ts'
import type { Incarnations } from './incarnations.ts'
import { type Roster, root } from './roster.ts'
import type { Ending, Stopping } from './stopping.ts'

interface SupervisedParts {
  readonly roster: Roster
  readonly records: AgentRecords
  readonly hooks: Hooks
  readonly incarnations: Incarnations
  readonly stopping: Stopping
  /** Appends that the uppermost supervisor gives up, before its agents stop. */
  onGivenUp(error: EscalatedError, escalated: Entry): void
  /** Stops all agents. */
  end(ending: Ending): void
}

/** Carries out what the supervisors of a partition decide about its agents, and records it. */
export class SupervisedAgents implements SupervisorHost {
  readonly #partition: Partition
  readonly #parts: SupervisedParts
  readonly #pauses = new LazySet<() => void>()
  /** The origin of the failure because of which the last supervisor gave up. */
  #escalated: Origin | undefined

  constructor(partition: Partition, parts: SupervisedParts) {
    this.#partition = partition
    this.#parts = parts
  }

  elapsed(): number {
    return this.#partition.elapsed()
  }

  random(): number {
    return this.#partition.system.random()
  }

  atWatermark(decide: () => void): void {
    const { activity, watermark } = this.#partition
    activity.begin()
    watermark.whenDurable(
      () => {
        // A supervisor that has stopped meanwhile has nothing left to decide.
        if (!this.#parts.stopping.ended) decide()
        activity.end()
      },
      () => activity.end(),
    )
  }

  after(ms: number, fn: () => void): () => void {
    const { activity, system } = this.#partition
    activity.begin()
    const over = () => {
      if (this.#pauses.delete(cancel)) activity.end()
    }
    const cancelTimer = system.timers.after(ms, () => {
      fn()
      over()
    })
    const cancel = () => {
      cancelTimer()
      over()
    }
    this.#pauses.add(cancel)
    return cancel
  }

  /** Cancels all pauses before restarts. */
  cancelPauses(): void {
    for (const cancel of this.#pauses) cancel()
  }

  isRetired(id: string): boolean {
    return this.#parts.roster.isRetired(id)
  }

  isAway(id: string): boolean {
    return this.#parts.incarnations.restored?.saved.isGone(id) ?? false
  }

  start(id: string, create: () => AnyActorRef): AnyActorRef {
    const { roster, incarnations } = this.#parts
    if (!roster.isTree(id)) return incarnations.start(roster.named(id), create)
    const supervisor = create()
    roster.runs(id, supervisor)
    supervisor.start()
    return supervisor
  }

  pausing(ids: readonly string[]): void {
    const { roster } = this.#parts
    keepInside(ids.flatMap(id => (roster.isTree(id) ? roster.under(id) : (roster.find(id) ?? []))))
  }

  causeOf(id: string): string | undefined {
    return this.#originOf(id)?.causationid
  }

  /** The origin of the failure of an agent or a supervisor. */
  #originOf(id: string): Origin | undefined {
    const { roster, incarnations } = this.#parts
    if (roster.isTree(id)) return originOfEscalation(roster.supervisor(id))
    const { handled, name } = roster.named(id)
    return handled ?? incarnations.restored?.saved.failedOn(name)
  }

  restarting(ended: string, ids: readonly string[]): void {
    const { roster } = this.#parts
    const origin = this.#originOf(ended)
    const led = origin && originIn(origin)
    const actors = ids.flatMap(id => (roster.isTree(id) ? roster.under(id) : roster.named(id)))
    for (const actor of actors) actor.led = led
  }

  exited(id: string, exit?: Exit): void {
    const { roster, hooks, stopping } = this.#parts
    // A supervisor reports what happens to each of its agents. When all agents end, `Stopping` records them in order.
    if (stopping.ended || roster.isTree(id)) return
    const actor = roster.named(id)
    if (actor.status === 'stopped') return
    actor.status = 'down'
    if (exit === 'done') this.#reportDone(actor)
    void hooks.end(actor)
    this.#failAsks(actor, exit)
  }

  #reportDone(actor: Actor): void {
    const { address, incarnation } = actor
    // Not checked again: encoded for the journal, an output of 1,000 levels has several thousand levels, more than a value may
    // have.
    const done = { address, incarnation, ...this.#parts.records.outputOf(actor) }
    this.#partition.report(trusted(agentDone, done), actor.handled)
  }

  /** Fails the asks that an incarnation has taken and not answered. */
  #failAsks({ address, incarnation, ref }: Actor, exit: Exit | undefined): void {
    const failure = exit === 'failed' ? failureOfRef(ref) : undefined
    const why = failure ? `it ended before it answered, by ${failure.words.message}` : 'it ended before it answered'
    const cause = failure && { cause: failure.error }
    this.#partition.asks.failAllTo(address, ask =>
      ask.takenBy === incarnation ? new AskFailedError(ask.type, address, why, cause) : undefined,
    )
  }

  gone(id: string, why: GoneReason): void {
    const { roster, stopping } = this.#parts
    if (stopping.ended) return
    const isTree = roster.isTree(id)
    const actors = isTree ? roster.under(id) : [roster.named(id)]
    stopping.finish(actors.toReversed(), isTree ? 'escalated' : why, this.#escalated)
    // Temporary supervisors are never started again.
    if (roster.isTemporary(id)) roster.remove(id)
  }

  escalated(
    { name, intensity: { within } }: SupervisorRules,
    id: string,
    restarts: number,
  ): EscalatedError | undefined {
    const partition = this.#partition
    const { roster } = this.#parts
    const { incarnation } = partition.registry.named(id) ?? { incarnation: 0 }
    const address = addressOf(partition.address, id)
    const origin = this.#originOf(id)
    const escalation = escalationOf(roster, { id, address, restarts, within, origin })
    const { error } = escalation
    this.#escalated = origin
    const report = (severity: 'warning' | 'error' | 'critical') => {
      partition.report(agentEscalated({ address, incarnation, restarts, within }), origin)
      partition.reportError(severity, error, undefined, origin)
    }
    if (name !== root) {
      report('warning')
      // The supervisor above may give up as well, and these agents stop before it does.
      keepInside(roster.under(name))
      return error
    }
    const isOutside = partition.address === runtimePartition
    // Without the agents outside the parties, the runtime is useless. So this is reported first, even if the journal fails.
    if (isOutside) report('critical')
    this.#parts.onGivenUp(error, escalationEntry(escalation, partition.nextSeq()))
    // A subscriber that hears of it may retry the party at once.
    if (!isOutside) report('error')
    // Not recorded: the journal keeps the agents as they were, so that they get their mail when they are started again.
    partition.frames.unrecorded(() => this.#parts.end({ reason: 'escalated', error, escalated: origin }))
    return undefined
  }
}
