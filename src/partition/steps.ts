import type { AnyActorRef, EventObject } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { ActionRejectedError, EventUnsaidError } from '../actor/custom-action.ts'
import { failUnkept } from '../actor/kept.ts'
import { StraySendError } from '../actor/output.ts'
import type { NewTimer, Step, StepHost } from '../actor/step.ts'
import type { EventOf } from '../events/event.ts'
import type { Passage } from '../events/transform.ts'
import { AskFailedError, AskRefusedError } from '../invoke/ask-errors.ts'
import type { Entry } from '../journal/frame.ts'
import { type FrameHost, frameOf, type StepFrame } from '../journal/step-frame.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import { reject } from '../mail/tally.ts'
import { type Failure, failureOf } from '../thrown.ts'
import { Answers } from './answers.ts'
import { checkSaid } from './check-said.ts'
import { InsideSteps } from './inside-steps.ts'
import { checkWay, passageOf } from './offer.ts'
import type { Partition } from './partition.ts'
import { PlannedWork } from './planned-work.ts'
import { deliverAll, say } from './say.ts'

/** How often an event on which its agent crashed is handed over again, at most. */
const mostRedeliveries = 3

/** An event that one agent sends to another with a delay. */
interface SentLater {
  readonly source: Actor
  readonly event: EventOf
  readonly to: Actor
  readonly origin: Origin
}

/** Makes one frame of each step of a partition's agents, and delivers what the step said after that. */
export class Steps implements StepHost, FrameHost {
  readonly #partition: Partition
  readonly #answers: Answers
  /** What the step under way wants before it is over: outside work, or the start of an incarnation. */
  readonly planned = new PlannedWork()
  readonly inside: InsideSteps

  /** Sets a timer of an agent. */
  readonly setTimer: (actor: Actor, timer: NewTimer) => void

  constructor(partition: Partition, setTimer: (actor: Actor, timer: NewTimer) => void) {
    this.#partition = partition
    this.#answers = new Answers(partition)
    this.inside = new InsideSteps(partition, this.planned)
    this.setTimer = setTimer
  }

  // ---- before the frame ----

  actorOf(ref: AnyActorRef): Actor | undefined {
    const actor = this.#partition.registry.named(ref.id)
    // The very first step of an incarnation happens before its ref is known.
    return actor?.ref === ref || (actor?.ref === undefined && actor?.announced) ? actor : undefined
  }

  agentAt(ref: AnyActorRef): Actor | undefined {
    return this.#partition.registry.behind(ref)
  }

  admit(actor: Actor, event: EventObject): boolean {
    const { stepping } = this.#partition.system
    const { type } = event
    if (stepping && stepping !== actor) {
      this.#partition.reportError(
        'error',
        new StraySendError(stepping.address, type),
        stepping.address,
        stepping.handled,
      )
      return false
    }
    const announce = () => {
      const entry = (seq: number): Entry => ({ kind: 'internal', seq, agent: actor.address, type })
      actor.announce(
        this.#partition.frames.appendOutcome(entry, type, actor.handled ?? { correlationid: actor.address }),
      )
    }
    if (stepping) {
      actor.rounds++
      announce()
    } else {
      // A child that is not an agent ended by itself: its parent handles that in a turn, like everything else.
      const { ref } = actor
      actor.signal(() => {
        if (actor.ref !== ref || actor.status !== 'running') return
        announce()
        ref?.send(event)
      })
    }
    return stepping !== undefined
  }

  check(actor: Actor, event: EventObject & { readonly ask?: unknown }) {
    try {
      return checkSaid(actor.agent, event, this.#partition.system.catalog)
    } catch (error) {
      reject(this.#partition.system.tally)
      throw error
    }
  }

  checkChild({ agent, address }: Actor, name: string, child: AnyActorRef): void {
    this.#partition.system.strays.checkChild(agent, address, name, child)
  }

  passage({ address: source }: Actor, event: EventOf): Passage | undefined {
    try {
      const passage = passageOf(this.#partition, event, { source })
      if (!passage) return undefined
      // A pool chooses its member once, here.
      const into = passage.into.map(one => ({ event: one.event, to: checkWay(this.#partition, one, passage.by)?.name }))
      return { by: passage.by, into }
    } catch (error) {
      reject(this.#partition.system.tally)
      throw error
    }
  }

  // ---- the frame ----

  get address(): Address {
    return this.#partition.address
  }

  date(): number {
    return this.#partition.date()
  }

  nextSeq(): number {
    return this.#partition.nextSeq()
  }

  persistsReply(type: string): boolean {
    return this.#partition.frames.persistsAsk(type)
  }

  versionOf(type: string): number {
    return this.#partition.system.catalog.versionOf(type)
  }

  redelivery({ actor, handled: { envelope }, outcome }: Step): number | undefined {
    const { onCrash, restart } = actor.agent
    if (outcome !== 'failed' || !envelope || onCrash !== 'redeliver' || restart === 'temporary') return undefined
    const attempt = actor.crashes.add(envelope)
    return attempt <= mostRedeliveries ? attempt : undefined
  }

  seal(event: EventOf, id: string, { actor, handled }: Step, to?: Address): Envelope {
    const { correlationid, causationid, trace } = handled
    return this.#partition.seal(event, { source: actor.address, id, correlationid, causationid, to, trace })
  }

  commit(step: Step): () => void {
    const { planned } = this
    const frame = frameOf(step, planned.entries, this)
    const isPlanned = !planned.isEmpty
    if (isPlanned) planned.take()
    this.#partition.frames.append(frame.cause, frame.entries, frame.said, step)
    if (isPlanned) planned.begin()
    return () => this.#release(step, frame)
  }

  // ---- after the frame ----

  released({ actor, handled }: Step): void {
    if (!this.planned.isEmpty) this.inside.handled(actor, handled)
  }

  failedAfter(step: Step, error: unknown): void {
    // The step failed, and with it what the machines inside the agent wanted.
    this.planned.drop()
    this.#failed(step, failureOf(error))
  }

  unsaid({ agent, address }: Actor, handled: string, type: string): void {
    const { unsaid } = this.#partition.system
    const key = `${agent.name} ${type}`
    if (unsaid.has(key)) return
    unsaid.add(key)
    this.#partition.reportError('warning', new EventUnsaidError(address, handled, type), address)
  }

  rejected(actor: Actor, incarnation: number, type: string, error: unknown): void {
    const told = new ActionRejectedError(actor.address, type, error)
    const isThere = actor.incarnation === incarnation && (actor.status === 'running' || actor.status === 'declared')
    if (isThere) failUnkept(actor, told, incarnation)
    else this.#partition.reportError('warning', told, actor.address)
  }

  /** Delivers an event of one agent to another, after the delay. */
  sendLater({ source, event, to, origin }: SentLater, fired: (seq: number) => Entry): void {
    const partition = this.#partition
    const before = [fired(partition.nextSeq())]
    const envelope = partition.seal(event, { ...origin, source: source.address, to: to.address })
    say(partition, envelope, { cause: { kind: 'outcome' }, before })
  }

  #release(step: Step, { said, dead, redelivered }: StepFrame): void {
    const { actor, outcome } = step
    const { envelope, type } = step.handled
    const partition = this.#partition
    const { failure } = step
    if (redelivered && envelope) return this.#putBack(step, envelope)
    if (envelope) partition.system.tally[dead === 'ignored' ? 'dead' : outcome]++
    const attempts = envelope ? actor.crashes.forget(envelope) : 1
    if (envelope && dead) partition.losses.bury(envelope, actor.address, { reason: dead, attempts, failure })
    if (failure) this.#failed(step, failure)
    if (outcome === 'ignored') this.#checkMissed(step)
    if (dead === 'ignored') partition.losses.failAsk(envelope, new AskRefusedError(type, actor.address, 'not-handled'))
    deliverAll(partition, said)
    for (const output of step.outputs)
      if (output.kind === 'reply' || output.kind === 'refusal') this.#answers.answer(output, step)
  }

  #checkMissed({ actor, handled, snapshot }: Step): void {
    const missed = this.#partition.system.missedEvents.check(actor, handled.type, snapshot)
    if (missed) this.#partition.reportError('warning', missed, actor.address)
  }

  #putBack(step: Step, envelope: Envelope): void {
    const asked = envelope.ask === undefined ? undefined : this.#partition.asks.get(envelope.ask)
    // The asker goes on waiting: the next incarnation may know the answer.
    if (asked) asked.takenBy = undefined
    step.actor.inbox.mailbox.putBack(envelope)
    if (step.failure) this.#reportFailed(step, step.failure)
  }

  #reportFailed({ actor, handled }: Step, failure: Failure): void {
    this.#partition.system.around?.step?.fail(failure.error)
    this.#partition.reports.failed(actor, handled.type, failure, handled)
  }

  #failed(step: Step, failure: Failure): void {
    const { address } = step.actor
    const { type, envelope } = step.handled
    this.#reportFailed(step, failure)
    const { error: cause, words } = failure
    this.#partition.losses.failAsk(envelope, new AskFailedError(type, address, words.message, { cause }))
  }
}
