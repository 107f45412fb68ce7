import type { AnyActorRef, Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { numberAbove } from '../actor/inside.ts'
import { remembering } from '../actor/remembering.ts'
import { RestoredLogic } from '../actor/restored-logic.ts'
import { SteppedLogic } from '../actor/stepped-logic.ts'
import { type Agent, AgentStartError } from '../agent/agent.ts'
import { trusted } from '../events/event.ts'
import { agentRecovered, agentRestarted, agentStarted, agentStarting } from '../events/runtime-events.ts'
import type { Partition } from '../partition/partition.ts'
import { beginStep } from '../partition/step-span.ts'
import type { Steps } from '../partition/steps.ts'
import { failureOf } from '../thrown.ts'
import type { OutsideWork } from '../work/outside-work.ts'
import type { AgentRecords } from './agent-records.ts'
import type { Beginnings } from './beginnings.ts'
import { keepFailure } from './escalation.ts'
import type { Hooks } from './hooks.ts'
import type { RestoredAgents } from './restored-agents.ts'
import { type Roster, root } from './roster.ts'
import type { SavedAgent } from './saved-agents.ts'
import type { Stopping } from './stopping.ts'

interface IncarnationParts {
  readonly steps: Steps
  readonly roster: Roster
  readonly records: AgentRecords
  readonly hooks: Hooks
  readonly beginnings: Beginnings
  readonly stopping: Stopping
  readonly work: OutsideWork
}

/** Starts incarnations of agents: with the initial state of their machines, or with the state that another process has saved. */
export class Incarnations {
  /** `undefined` in a partition that began in this process. */
  restored: RestoredAgents | undefined
  readonly #partition: Partition
  readonly #parts: IncarnationParts
  readonly #logics = new Map<Agent, SteppedLogic>()

  constructor(partition: Partition, parts: IncarnationParts) {
    this.#partition = partition
    this.#parts = parts
  }

  /** Starts the next incarnation of an agent. */
  start(actor: Actor, create: () => AnyActorRef): AnyActorRef {
    const isFirst = actor.status === 'declared' && actor.incarnation === 0
    const { restored } = this
    const saved = isFirst ? restored?.saved.take(actor) : undefined
    if (saved) actor.input = saved.input
    const ref =
      restored && saved?.snapshot
        ? this.#restore(actor, restored, { ...saved, snapshot: saved.snapshot }, create)
        : this.#beginNext(actor, saved?.incarnation, create)
    this.#started(actor)
    return ref
  }

  /** The logic of the next incarnation. */
  logicOf(actor: Actor): SteppedLogic {
    const { agent } = actor
    const { steps } = this.#parts
    const snapshot = this.restored?.snapshots.get(actor)
    if (snapshot) return new RestoredLogic(agent, steps, snapshot)
    if (agent.onRestart === 'keep' && actor.kept)
      return new SteppedLogic({ machine: remembering(agent.machine, actor.kept) }, steps)
    // All actors of an agent share one logic.
    let logic = this.#logics.get(agent)
    if (!logic) this.#logics.set(agent, (logic = new SteppedLogic(agent, steps)))
    return logic
  }

  /** Fails an incarnation because of something that its machine does not know of. */
  fail(actor: Actor, handled: string, error: unknown): void {
    const { name, ref } = actor
    const failure = failureOf(error)
    this.#partition.reports.failed(actor, handled, failure, actor.handled ?? actor.led)
    if (!ref) return
    keepFailure(ref, failure)
    this.#parts.roster.sendAbove(actor, { type: 'supervisor.fail', id: name, ref })
  }

  /** @param before the number of the incarnation in another process, if the agent begins anew */
  #beginNext(actor: Actor, before: number | undefined, create: () => AnyActorRef): AnyActorRef {
    if (before !== undefined) {
      actor.incarnation = before
      actor.led = this.restored?.saved.failedOn(actor.name)
      this.restored?.begunAnew.add(actor)
    }
    // An agent that had done its work starts again together with a sibling.
    if (actor.status === 'stopped') this.#partition.registry.add(actor)
    actor.status = 'declared'
    const incarnation = ++actor.incarnation
    if (incarnation > 1 && actor.agent.onRestart === 'anew') this.#parts.stopping.loseMail(actor)
    this.#planStart(actor)
    // An incarnation that failed before it had a context remembers nothing.
    actor.kept = actor.ref?.getSnapshot().context ?? actor.kept
    actor.ref = undefined
    actor.rounds = 0
    // Machines inside the agent start with it: what they do then belongs to its first step.
    const outer = this.#partition.turns.enter(actor)
    try {
      return this.#follow(actor, () => {
        const ref = create()
        actor.ref = ref
        ref.start()
        return ref
      })
    } finally {
      this.#partition.turns.leave(outer)
    }
  }

  /** Follows the first step of an incarnation, which is planned. */
  #follow(actor: Actor, start: () => AnyActorRef): AnyActorRef {
    const { around } = this.#partition.system
    const handled = actor.current
    if (around === undefined || !handled) return start()
    const span = beginStep(around, this.#partition, actor, handled)
    actor.announce({ ...handled, trace: span.trace })
    return around.during(span, start)
  }

  /** Plans the entries of a start, which are part of the frame of the first step. */
  #planStart(actor: Actor): void {
    const { steps, records } = this.#parts
    const { led } = actor
    if (this.#partition.reports.isHeard(agentStarting.type)) this.#reportStarting(actor)
    const { definition, change } = records.starting(actor)
    if (definition) steps.planned.add(definition)
    steps.planned.add(change)
    const { seq } = change
    // Without `causationid`: each start that fails counts as a failure of its own.
    actor.announce({
      seq,
      type: 'xstate.init',
      correlationid: led?.correlationid ?? `${this.#partition.address}/${seq}`,
      trace: led?.trace,
    })
  }

  // A function of its own: engines allocate an object at each call of a function that has a closure over its variables.
  #reportStarting({ address, incarnation, led }: Actor): void {
    this.#partition.reportIfHeard(agentStarting.type, () => agentStarting({ address, incarnation }), led)
  }

  #restore(
    actor: Actor,
    restored: RestoredAgents,
    { incarnation, snapshot, isMigrated }: SavedAgent & { readonly snapshot: Snapshot<unknown> },
    create: () => AnyActorRef,
  ): AnyActorRef {
    actor.incarnation = incarnation
    if (isMigrated) this.#parts.records.migrated(actor, snapshot)
    if (isMigrated) restored.migrated.add(actor)
    restored.snapshots.set(actor, snapshot)
    const system = this.#parts.roster.supervisor(root)?.system
    if (system) numberAbove(system, snapshot)
    try {
      actor.ref = this.#parts.work.restoring(restored.saved.standing, create)
    } finally {
      restored.snapshots.delete(actor)
    }
    actor.show(actor.ref.getSnapshot())
    restored.awaitingMail.add(actor)
    restored.all.add(actor)
    this.#partition.system.observers?.restored(this.#partition, actor)
    actor.ref.start()
    return actor.ref
  }

  #started(actor: Actor): void {
    // An incarnation that ended in its first step is about to be reported as ended.
    if (actor.ref?.getSnapshot().status !== 'active') return
    const begun = this.#parts.hooks.begin(actor)
    if (begun) this.#runAfter(begun, actor)
    else this.#run(actor)
  }

  /** Lets an incarnation handle mail once its `onInit` has ended. */
  #runAfter(begun: Promise<void>, actor: Actor): void {
    const { beginnings, stopping } = this.#parts
    const { address, incarnation, ref } = actor
    const isRestored = () => this.restored?.all.has(actor) === true
    const over = begun.then(
      () => {
        if (actor.ref === ref && actor.status === 'declared') this.#run(actor)
      },
      (error: unknown) => {
        if (actor.ref !== ref || actor.status !== 'declared') return
        if (incarnation > 1 || isRestored()) return this.fail(actor, 'onInit', error)
        beginnings.forget(actor)
        stopping.stop(actor, 'failed')
        throw new AgentStartError(address, error)
      },
    )
    if (incarnation === 1 && !isRestored()) beginnings.add(actor, over)
  }

  #run(actor: Actor): void {
    const { address, incarnation } = actor
    const started = incarnation === 1 ? agentStarted : agentRestarted
    const event = this.restored?.awaitingMail.has(actor) ? agentRecovered : started
    this.#partition.report(trusted(event, { address, incarnation }), actor.led)
    actor.run()
  }
}
