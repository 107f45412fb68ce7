import type { Actor } from '../actor/actor.ts'
import type { ActorHost } from '../actor/actor-host.ts'
import type { Following } from '../following.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import type { Address } from '../mail/address.ts'
import { type Envelope, eventOf } from '../mail/envelope.ts'
import type { Handled } from '../mail/handled.ts'
import type { Mailbox, ReadBack } from '../mail/mailbox.ts'
import type { ReadyQueue } from '../time/ready-queue.ts'
import type { Activity } from './activity.ts'
import type { Frames } from './frames.ts'
import type { IncomingAsks } from './incoming-asks.ts'
import type { Losses } from './losses.ts'
import type { Reports } from './reports.ts'
import type { SpilledMail } from './spilled-mail.ts'
import { beginStep } from './step-span.ts'
import type { System } from './system.ts'

/** What turns need from the runtime of their partition. */
type Ground = Pick<System, 'aging' | 'ready' | 'journal' | 'stepping' | 'around'>

interface Parts {
  readonly frames: Frames
  readonly activity: Activity
  readonly losses: Losses
  readonly incomingAsks: IncomingAsks
  readonly spilledMail: SpilledMail
  readonly reports: Reports
  readonly asks: AskTable
}

/** The turns of a partition's agents: in each, one of them is handed one event. */
export class Turns implements ActorHost<Actor> {
  readonly address: Address
  readonly aging: number
  readonly ready: ReadyQueue
  /** How many turns there were. */
  count = 0
  readonly #frames: Frames
  readonly #parts: Parts
  readonly #ground: Ground
  #waitsForDurable = false

  constructor(parts: Parts, ground: Ground) {
    this.#parts = parts
    this.#frames = parts.frames
    this.#ground = ground
    this.address = parts.frames.address
    this.aging = ground.aging
    this.ready = ground.ready
  }

  /**
   * From now on, agents get only durable events. An event ended the last process before the journal held it: if it ends this
   * process too, the journal will hold it.
   */
  waitForDurable(): void {
    this.#waitsForDurable = true
  }

  now(): number {
    return this.#frames.now()
  }

  elapsed(): number {
    return this.#frames.elapsed()
  }

  isExpired(envelope: Envelope): boolean {
    return this.#frames.isExpired(envelope)
  }

  // ---- a turn ----

  enter(actor: Actor): Actor | undefined {
    const outer = this.#ground.stepping
    if (!outer) this.count++
    this.#ground.stepping = actor
    return outer
  }

  leave(outer: Actor | undefined): void {
    this.#ground.stepping = outer
  }

  working(): void {
    this.#parts.activity.begin()
  }

  resting(): void {
    this.#parts.activity.end()
  }

  // ---- handing over ----

  handle(actor: Actor, envelope: Envelope): void {
    const { seq, type, ask } = envelope
    if (this.isExpired(envelope)) return this.#parts.losses.lose(actor, envelope, 'expired')
    if (ask !== undefined) {
      const asked = this.#parts.asks.get(ask)
      // The asker no longer waits for the answer.
      if (!asked) return this.#parts.losses.lose(actor, envelope, 'stale')
      asked.takenBy = actor.incarnation
    }
    const { correlationid, id: causationid } = envelope
    const handled = { seq, type, envelope, correlationid, causationid, request: ask }
    this.#handOver(actor, handled)
  }

  /** Hands an agent a position that is no event: a timer that fires, or how its work has ended. */
  hand(actor: Actor, handled: Handled, send: () => void): void {
    const durable = this.handable(handled)
    if (durable) this.#handLater(durable, actor, handled, send)
    else this.#handOver(actor, handled, send)
  }

  #handLater(durable: Promise<void>, actor: Actor, handled: Handled, send: () => void): void {
    const { ref } = actor
    const later = () => {
      // The next incarnation is not handed what this one wanted.
      if (actor.ref === ref) this.#handOver(actor, handled, send)
    }
    // The partition is not at rest meanwhile, though it waits only for the journal.
    this.working()
    void durable
      .then(
        () => actor.signal(later),
        () => {},
      )
      .finally(() => this.resting())
  }

  /** @param send left out for an event, which the agent's machine gets as it is */
  #handOver(actor: Actor, handled: Handled, send?: () => void): void {
    const { around } = this.#ground
    if (around) this.#follow(around, actor, handled, send)
    else this.#handOverNow(actor, handled, send)
  }

  // A function of its own: engines allocate an object at each call of a function that has a closure over its parameters.
  #follow(around: Following, actor: Actor, handled: Handled, send?: () => void): void {
    const span = beginStep(around, this.#frames, actor, handled)
    const { trace } = span
    around.during(span, () => this.#handOverNow(actor, { ...handled, trace }, send))
  }

  #handOverNow(actor: Actor, handled: Handled, send?: () => void): void {
    const { journal } = this.#ground
    journal.handing?.(this.address, actor.name, handled.seq)
    actor.announce(handled)
    if (send) send()
    else if (handled.envelope) actor.ref?.send(eventOf(handled.envelope))
    // If the process ends from here on, what was handed over is not the reason.
    journal.handing?.(this.address, actor.name, 0)
  }

  /** Resolves when a position may be handed over; `undefined` if it may be now, as in nearly all partitions. */
  handable({ seq }: Pick<Handled, 'seq'>): Promise<void> | undefined {
    const { watermark } = this.#frames
    return this.#waitsForDurable && seq > watermark.durable && !watermark.failure ? watermark.reached() : undefined
  }

  // ---- what an agent's turns lead to ----

  becameBusy(actor: Actor): void {
    this.#parts.incomingAsks.becameBusy(actor)
  }

  readBack(mailbox: Mailbox, missing: ReadBack): Promise<void> {
    return this.#parts.spilledMail.readBack(mailbox, missing)
  }

  guard(what: Address, call: () => unknown): void {
    this.#parts.reports.guard(what, call)
  }

  fault(error: unknown): void {
    this.#parts.reports.error('error', error)
  }
}
