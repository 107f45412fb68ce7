import type { AnyActorRef, AnyMachineSnapshot, EventObject } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { ActionRejectedError, EventUnsaidError } from '../actor/custom-action.ts'
import { checkChildren, failUnkept } from '../actor/kept.ts'
import { StraySendError } from '../actor/output.ts'
import type { Answering, NewTimer, Step, StepHost } from '../actor/step.ts'
import { isRequest, UnknownEventError } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import { answeredBy, isRefusalType } from '../events/request.ts'
import type { Passage } from '../events/transform.ts'
import { AskFailedError, AskRefusedError } from '../invoke/ask-errors.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { PendingAsk } from '../invoke/pending-ask.ts'
import type { Entry } from '../journal/frame.ts'
import { type FrameHost, frameOf, type StepFrame } from '../journal/step-frame.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Handled, Origin } from '../mail/handled.ts'
import { reject } from '../mail/tally.ts'
import { type Failure, failureOf } from '../thrown.ts'
import { checkWay, passageOf } from './offer.ts'
import type { Partition } from './partition.ts'
import { deliverAll, say } from './say.ts'
import { StepCheckpoint } from './step-checkpoint.ts'

/** How often an event on which its agent crashed is handed over again, at most. */
const mostRedeliveries = 3

/** What becomes of the steps of a partition's agents: each is one frame, and what it said is delivered after that. */
export class Steps implements StepHost, FrameHost {
  readonly #partition: Partition
  #planned: Entry[] = []
  /** What begins as soon as all that is planned is in a frame. */
  #beginning: (() => void)[] = []

  /** Sets a timer of an agent. */
  readonly setTimer: (actor: Actor, timer: NewTimer) => void

  constructor(partition: Partition, setTimer: (actor: Actor, timer: NewTimer) => void) {
    this.#partition = partition
    this.setTimer = setTimer
  }

  // ---- before the frame ----

  actorOf(ref: AnyActorRef): Actor | undefined {
    const actor = this.#partition.registry.named(ref.id)
    // The very first step of an incarnation happens before anybody knows its ref.
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
      // A child that is none of ours ended by itself: its parent hears of it in a turn, like of everything else.
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
      return this.#checked(actor, event)
    } catch (error) {
      reject(this.#partition.system.tally)
      throw error
    }
  }

  #checked({ agent }: Actor, event: EventObject & { readonly ask?: unknown }) {
    const { ask, type } = event
    const request = typeof ask === 'string' ? answeredBy(type) : undefined
    const said = request ?? type
    const listed = agent.says.find(one => one.type === said)
    if (!listed || isRequest(listed) !== (request !== undefined)) {
      const known = agent.says.map(one => one.type)
      throw new UnknownEventError(type, known)
    }
    const { catalog } = this.#partition.system
    if (typeof ask !== 'string' || request === undefined) return { kind: 'emit' as const, event: catalog.check(event) }
    return isRefusalType(type)
      ? { kind: 'refusal' as const, event: catalog.checkRefusal({ ...event, ask }) }
      : { kind: 'reply' as const, event: catalog.checkReply({ ...event, ask }) }
  }

  checkChild({ agent, address }: Actor, name: string, child: AnyActorRef): void {
    this.#partition.system.strays.checkChild(agent, address, name, child)
  }

  passage({ address: source }: Actor, event: EventOf): Passage | undefined {
    try {
      const passage = passageOf(this.#partition, event, { source })
      if (!passage) return undefined
      // Of a pool the member that it chooses, once.
      const into = passage.into.map(one => ({ event: one.event, to: checkWay(this.#partition, one, passage.by)?.name }))
      return { by: passage.by, into }
    } catch (error) {
      reject(this.#partition.system.tally)
      throw error
    }
  }

  /** Notes something that the step under way wants before it is over: outside work, or that it is a start. */
  plan(entry: Entry): void {
    this.#planned.push(entry)
  }

  /** Outside work was left at once: if its intent is in no frame yet, takes that back, and says so. */
  takeBack(key: string): boolean {
    const place = this.#planned.findIndex(entry => 'key' in entry && entry.key === key)
    if (place >= 0) this.#planned.splice(place, 1)
    return place >= 0
  }

  /** Calls back when all that is planned is in a frame; at once, if it is. */
  whenRecorded(begin: () => void): void {
    if (this.#planned.length === 0) begin()
    else this.#beginning.push(begin)
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

  persists(envelope: Envelope): boolean {
    return this.#partition.persists(envelope)
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
    const attempt = actor.crashedOn(envelope)
    return attempt <= mostRedeliveries ? attempt : undefined
  }

  seal(event: EventOf, id: string, { actor, handled }: Step, to?: Address): Envelope {
    const { correlationid, causationid } = handled
    return this.#partition.seal(event, { source: actor.address, id, correlationid, causationid, to })
  }

  commit(step: Step): () => void {
    const frame = frameOf(step, this.#planned, this)
    const isPlanned = this.#planned.length > 0
    if (isPlanned) this.#planned = []
    this.#partition.append(frame.cause, frame.entries, frame.said, step)
    if (isPlanned) this.#begin()
    return () => this.#release(step, frame)
  }

  // ---- what happens inside an agent, beside its steps ----

  /** Records something that a machine inside an agent did; the agent's checkpoint says how the machine is after that. */
  recordInside(actor: Actor, ...entries: readonly Entry[]): void {
    const { ref, name } = actor
    if (ref?.getSnapshot().status !== 'active') return
    const checkpoint = (position: number) =>
      new Map([[name, new StepCheckpoint({ actor, snapshot: ref.getSnapshot() }, position)]])
    this.#partition.frames.append({ kind: 'outcome' }, entries, [], undefined, checkpoint)
  }

  /** Lets a machine inside an agent handle a position of its own. */
  inside(actor: Actor, handled: Handled, handle: () => void): void {
    this.#partition.turns.hand(actor, handled, () => {
      const outer = this.#partition.turns.enter(actor)
      // What the machine wants is named after this position.
      actor.takeHandled()
      try {
        handle()
      } finally {
        this.#partition.turns.leave(outer)
        this.#handledInside(actor, handled)
      }
    })
  }

  /**
   * A machine inside an agent goes on by itself, because of work that the journal knows nothing of, such as a promise. Makes a
   * position of it, and what the machine wants is recorded in a turn of the agent.
   */
  goOnInside(actor: Actor, type: string): Handled {
    const { address: agent, ref } = actor
    const entry = (seq: number): Entry => ({ kind: 'internal', seq, agent, type })
    const handled = this.#partition.frames.appendOutcome(entry, type, actor.handled ?? { correlationid: agent })
    actor.signal(() => {
      if (actor.ref === ref) this.#handledInside(actor, handled)
    })
    return handled
  }

  /** A position was handled by machines inside an agent: records what they want of outside, and checks what they keep. */
  #handledInside(actor: Actor, { seq: handled }: Handled): void {
    const { address, ref } = actor
    const planned = this.#planned
    this.#planned = []
    const seq = this.#partition.nextSeq()
    this.recordInside(actor, ...planned, { kind: 'inside', seq, agent: address, handled })
    this.#begin()
    try {
      const { children = {} }: Partial<AnyMachineSnapshot> = ref?.getSnapshot() ?? {}
      checkChildren(address, children, (name, child) => this.checkChild(actor, name, child))
    } catch (error) {
      failUnkept(actor, error)
    }
  }

  #begin(): void {
    for (const begin of this.#beginning.splice(0)) begin()
  }

  // ---- after the frame ----

  released({ actor, handled }: Step): void {
    if (this.#planned.length > 0) this.#handledInside(actor, handled)
  }

  failedAfter(step: Step, error: unknown): void {
    // What machines inside it wanted because of the step ends with it.
    this.#planned = []
    this.#beginning = []
    this.#tellFailed(step, failureOf(error))
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

  /** Delivers an event that one agent sends to another with a delay, now that the delay is over. */
  sendLater(source: Actor, event: EventOf, to: Actor, origin: Origin, fired: (seq: number) => Entry): void {
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
    const attempts = envelope ? actor.doneWith(envelope) : 1
    if (envelope && dead) partition.losses.bury(envelope, actor.address, dead, attempts, failure)
    if (failure) this.#tellFailed(step, failure)
    if (outcome === 'ignored') this.#checkMissed(step)
    if (dead === 'ignored') partition.losses.failAsk(envelope, new AskRefusedError(type, actor.address, 'not-handled'))
    deliverAll(partition, said)
    for (const output of step.outputs)
      if (output.kind === 'reply' || output.kind === 'refusal') this.#answer(output, step)
  }

  #checkMissed({ actor, handled, snapshot }: Step): void {
    const missed = this.#partition.system.missedEvents.check(actor, handled.type, snapshot)
    if (missed) this.#partition.reportError('warning', missed, actor.address)
  }

  #putBack(step: Step, envelope: Envelope): void {
    const asked = envelope.ask === undefined ? undefined : this.#partition.system.asks.get(envelope.ask)
    // Its asker waits on: the next incarnation may know the answer.
    if (asked) asked.takenBy = undefined
    step.actor.mailbox.putBack(envelope)
    if (step.failure) this.#reportFailed(step, step.failure)
  }

  #reportFailed({ actor, handled }: Step, failure: Failure): void {
    this.#partition.reports.failed(actor, handled.type, failure, handled)
  }

  #tellFailed(step: Step, failure: Failure): void {
    const { address } = step.actor
    const { type, envelope } = step.handled
    this.#reportFailed(step, failure)
    const { error: cause, words } = failure
    this.#partition.losses.failAsk(envelope, new AskFailedError(type, address, words.message, { cause }))
  }

  #answer(answer: Answering, step: Step): void {
    const { system, address, watermark } = this.#partition
    const { ask } = answer.event
    const pending = system.asks.get(ask)
    if (!pending || pending.answered) return this.#staleAnswer(answer.event, step)
    this.#partition.announcements.announceAsk(answer.event, step.actor.address, step.handled)
    const close = () => {
      // Its deadline may have come while the frame was on its way.
      if (!system.asks.close(ask, outcomeOf(answer, pending, step))) this.#staleAnswer(answer.event, step)
    }
    if (pending.partition === address) return close()
    // An answer that leaves this partition waits until it cannot be lost.
    pending.answered = true
    watermark.whenDurable(close, error => system.asks.fail(ask, error))
  }

  #staleAnswer(answer: EventOf & { readonly ask: string }, { actor, handled }: Step): void {
    const partition = this.#partition
    const { correlationid, causationid } = handled
    const { ask } = answer
    const envelope = partition.seal(answer, { source: actor.address, correlationid, causationid, ask })
    const { id } = envelope
    const entry: Entry = { kind: 'dead', seq: partition.nextSeq(), id, to: ask, reason: 'stale', attempts: 1, envelope }
    partition.append({ kind: 'supervision' }, [entry])
    partition.losses.bury(envelope, ask, 'stale')
  }
}

function outcomeOf({ kind, event }: Answering, { type }: PendingAsk, { actor }: Step): Outcome {
  if (kind === 'reply') return { ok: true, output: event.data }
  return { ok: false, error: new AskRefusedByCalleeError(type, actor.address, event.data) }
}
