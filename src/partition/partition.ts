import { Delivery } from '../actor/delivery.ts'
import { Registry } from '../actor/registry.ts'
import type { Step } from '../actor/step.ts'
import type { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { agentUpdated, partyUpdated } from '../events/runtime-events.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import type { Cause, Entry } from '../journal/frame.ts'
import type { JournalError } from '../journal/journal.ts'
import { OwnershipLostError } from '../journal/ownership.ts'
import { LazySet } from '../lazy-maps.ts'
import { type Address, partyOf, runtimePartition } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import { type Origin, originOf } from '../mail/handled.ts'
import type { Facts } from '../mail/seal.ts'
import { Activity } from './activity.ts'
import { Announcements } from './announcements.ts'
import { AsksElsewhere } from './asks-elsewhere.ts'
import { Frames, type PartitionState } from './frames.ts'
import { IncomingAsks } from './incoming-asks.ts'
import { Losses } from './losses.ts'
import type { ObservedSnapshot } from './observation.ts'
import type { Shown } from './partition-observer.ts'
import { Reports } from './reports.ts'
import { passOn } from './say.ts'
import type { Snapped } from './snapshots.ts'
import { SpilledMail } from './spilled-mail.ts'
import type { System } from './system.ts'
import { Turns } from './turns.ts'

/** A supervisor, as it is now. */
export interface Supervising {
  readonly name: string
  /** The name of the supervisor above it. */
  readonly above: string | undefined
  readonly strategy: string
  readonly snapshot: ObservedSnapshot
}

/** The supervisors of a partition. */
export interface Supervisors extends Iterable<Supervising> {
  supervising(name: string): Supervising | undefined
}

type Admit = (events: readonly EventOf[]) => void

/** The party that a partition belongs to, or the runtime. */
export interface PartitionOwner {
  readonly state?: PartitionState<unknown>
  /** Throws if events from outside must not happen one after the other, as things are now. */
  readonly admit?: Admit
  /** Called when the journal fails. */
  failed(error: JournalError): void
}

/**
 * The unit of consistency: agents at addresses, one journal partition, and what happens to an event between two agents.
 * A party is a partition with a state; the agents outside all parties live in the partition `runtime`.
 */
export class Partition implements Snapped {
  readonly address: Address
  readonly party: string | undefined
  readonly system: System<Partition>
  /** The asks that its agents make and get. */
  readonly asks: AskTable
  readonly frames: Frames
  readonly watermark: Frames['watermark']
  readonly registry: Registry
  readonly delivery: Delivery
  readonly announcements: Announcements
  readonly reports: Reports
  readonly losses: Losses
  readonly incomingAsks: IncomingAsks
  readonly spilledMail: SpilledMail
  readonly activity: Activity
  readonly turns: Turns
  supervisors: Supervisors | undefined
  readonly asksElsewhere = new AsksElsewhere()
  /** The keys of asks of other partitions whose requests are being looked up in the journal. */
  readonly lookUps = new LazySet<string>()
  readonly #state: PartitionState<unknown> | undefined
  #admit: Admit | undefined

  constructor(system: System<Partition>, address: Address, { state, admit, failed }: PartitionOwner) {
    this.system = system
    this.address = address
    this.party = partyOf(address)
    // Callers outside the agents still wait when the agents outside the parties move to another runtime, or come from there.
    this.asks = system.links && address !== runtimePartition ? system.asks.apart() : system.asks
    this.#state = state
    this.#admit = admit
    this.frames = new Frames(system, address, state, {
      durable: shown => this.#show(shown),
      failed: error => {
        if (error instanceof OwnershipLostError) system.claims.forfeit(address, error)
        else failed(error)
      },
      fault: error => this.reportError('error', error),
    })
    this.watermark = this.frames.watermark
    this.registry = new Registry({
      heard: (type, isHeard) => system.heard(this, type, isHeard),
      counted: by => {
        system.population += by
      },
    })
    this.delivery = new Delivery(this.registry, system.tally, {
      lose: (actor, envelope, why) => this.losses.lose(actor, envelope, why),
      mayExpire: actor => system.mayExpire(this, actor),
    })
    this.announcements = new Announcements(this.frames, system, envelope => system.observers?.said(this, envelope))
    this.activity = new Activity(() => this.watermark.caughtUp)
    // Each of these uses parts that are made before it.
    this.reports = new Reports(this, system)
    this.losses = new Losses(this, system, letter => system.observers?.buried(this, letter))
    this.incomingAsks = new IncomingAsks(this, system)
    this.spilledMail = new SpilledMail(this, system, failed)
    this.turns = new Turns(this, system)
  }

  /** Throws if events from outside must not happen here one after the other, as things are now; `undefined` if all may. */
  get admit(): Admit | undefined {
    return this.#admit
  }

  /** Admits nothing from outside from now on: publishers get this error. */
  close(error: TroupeError): void {
    this.#admit = () => {
      throw error
    }
  }

  /** Another runtime may own it now: writes and acknowledges nothing from now on, and fails the asks of its agents' askers. */
  leave(error: OwnershipLostError): void {
    const { system, asks, frames, watermark, registry } = this
    frames.suspend()
    void system.snapshots.forget(this)
    for (const { address } of registry) asks.failAllTo(address, () => error)
    // Also asks whose callees are not there yet.
    asks.failAllFromElsewhere(error)
    watermark.giveUp(error)
  }

  /** The origin of what a caller does now: the event that a subscriber is called with, or that led to a running effect. */
  get origin(): Origin | undefined {
    const { bus, insideEffect, running } = this.system
    const { handling } = bus
    if (handling) return originOf(handling)
    const effect = running.effects > 0 ? insideEffect.getStore() : undefined
    return effect?.isOver ? undefined : effect?.origin
  }

  // ---- the journal ----

  nextSeq(): number {
    return this.frames.nextSeq()
  }

  date(): number {
    return this.frames.date()
  }

  elapsed(): number {
    return this.frames.elapsed()
  }

  seal(event: EventOf, facts?: Facts): Envelope {
    return this.frames.seal(event, facts)
  }

  append(cause: Cause, entries: readonly Entry[], said?: readonly Envelope[], step?: Step): void {
    this.frames.append(cause, entries, said, step)
  }

  /** The state of the partition for a snapshot. */
  saved(): unknown {
    return this.#state?.saved()
  }

  /** Called when a frame is durable: its events may now leave the partition. */
  #show(shown: Shown): void {
    const { frame, said, step, state } = shown
    const isNews = this.#state?.show(state)
    this.system.snapshots.follow(this, frame)
    if (isNews && this.party !== undefined && this.reports.isHeard(partyUpdated.type))
      this.#reportUpdate(this.party, shown)
    if (step) this.#showStep(step)
    this.system.observers?.shown(this, shown)
    for (const envelope of said) this.announcements.announce(envelope)
    this.activity.check()
  }

  #reportUpdate(partyId: string, { step, said: [first] }: Shown): void {
    const make = () => {
      const { version = 0, status = '' } = this.#state?.shown ?? {}
      return partyUpdated({ partyId, version, status })
    }
    this.reportIfHeard(partyUpdated.type, make, step?.handled ?? (first && originOf(first)))
  }

  #showStep(step: Step): void {
    step.actor.show(step.snapshot)
    if (step.outcome === 'handled' && this.reports.isHeard(agentUpdated.type)) this.#reportStep(step)
  }

  // Here and in #reportUpdate, a closure stands in a function of its own: engines allocate an object at each call of a function that
  // has a closure over its parameters or variables.
  #reportStep({ actor: { address, incarnation }, snapshot, handled }: Step): void {
    this.reportIfHeard(agentUpdated.type, () => agentUpdated({ address, incarnation, state: snapshot.value }), handled)
  }

  // ---- what is said ----

  /** Delivers an event that another partition said, as a position of this one. */
  hear(envelope: Envelope): void {
    if (!this.registry.hears(envelope.type)) return
    const here: Envelope = Object.freeze({ ...envelope, seq: this.nextSeq() })
    passOn(this, here, { kind: 'event', envelope: here, heard: envelope.seq })
  }

  report(event: EventOf, origin?: Origin, when?: 'now'): void {
    this.reports.report(event, origin, when)
  }

  reportIfHeard(type: string, make: () => EventOf, origin?: Origin): void {
    this.reports.reportIfHeard(type, make, origin)
  }

  reportError(severity: 'warning' | 'error' | 'critical', error: unknown, address?: Address, origin?: Origin): void {
    this.reports.error(severity, error, address, origin)
  }
}
