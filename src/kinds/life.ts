import type { Registry } from '../actor/registry.ts'
import type { TroupeError } from '../errors.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Entry, EntryOf, FirstInput } from '../journal/frame.ts'
import type { JournalError } from '../journal/journal.ts'
import { OwnershipLostError } from '../journal/ownership.ts'
import type { Recallable, Recalled } from '../journal/recall.ts'
import { type AgentRef, agentRefAt } from '../lifecycle/agent-ref.ts'
import { Crew } from '../lifecycle/crew.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import { type Address, addressOf, NoAddressError } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Idle } from '../partition/activity.ts'
import type { PartitionState } from '../partition/frames.ts'
import type { PublishOptions } from '../partition/offer.ts'
import { Partition } from '../partition/partition.ts'
import { publish } from '../partition/publish.ts'
import type { System } from '../partition/system.ts'
import type { SavedPartition } from '../recovery/needs.ts'
import type { PartitionKind } from '../state/kind.ts'
import { EscalatedError, type RestartIntensity } from '../supervision/restart-intensity.ts'
import { recordedCause } from '../thrown.ts'
import { type IdleOptions, idle } from './idle.ts'

/** The state of a partition of a kind, and how it is read back. */
interface KindState extends PartitionState<unknown>, Recallable {
  /** Drops the changes that are not durable. */
  fail(): void
}

/** What a partition of any kind gets from its runtime. */
export interface LifeGround {
  readonly system: System<Partition>
  readonly intensity: RestartIntensity
  /** The journal takes no more frames of it. */
  refused(error: JournalError): void
}

/** What the life of a partition is made of, besides its kind. */
interface LifeParts extends LifeGround {
  readonly state: KindState
  readonly errors: LifeErrors
  /** Checks events from outside as if the events before them had happened. Throws if one of them makes no sense. */
  admit?(events: readonly EventOf[]): void
  /** The agents have started: appends the entry that says so, and publishes what was wanted from the beginning. */
  started(entry: Entry, inputs: readonly FirstInput[]): Promise<unknown>
  /** Its agents go on where another process has left them. */
  recovered?(recalled: Recalled): void
}

/** The errors that say why a partition of a kind takes no work. */
export interface LifeErrors {
  /** Its uppermost supervisor gave up. */
  failed(id: string, cause: Error): TroupeError
  /** It was deleted, or its runtime stopped. */
  stopped(id: string): TroupeError
}

/** Why it takes no work: its supervisor gave up, it was stopped for good, or it is away until its journal can be read again. */
interface End {
  readonly how: 'failed' | 'stopped' | 'away'
  readonly why: TroupeError
}

type Admit = (events: readonly EventOf[]) => void

/** One partition of a kind, such as a party, from its first frame to its end: its agents, its state, how it goes on and ends. */
export class Life implements Whereabouts {
  readonly id: string
  readonly address: Address
  readonly #kind: PartitionKind
  readonly #parts: LifeParts
  #partition: Partition
  #crew: Crew
  #end: End | undefined
  /** Why it ended, before it was restored the last time. */
  #endBefore: End | undefined
  /** The agents that it had before that. Their watchers move to the restored agents. */
  #former: Registry | undefined

  constructor(id: string, kind: PartitionKind, parts: LifeParts) {
    this.id = id
    this.address = addressOf(kind.prefix, id)
    this.#kind = kind
    this.#parts = parts
    this.#partition = this.#newPartition()
    this.#crew = this.#newCrew()
  }

  #newPartition(): Partition {
    const { system, state } = this.#parts
    const partition: Partition = new Partition(system, this.address, {
      state,
      admit: events => this.#admit(events, this.#parts.admit, partition),
      failed: error => {
        // The recovered partition does not depend on the one that it had before.
        if (partition === this.#partition) this.#refused(error)
      },
    })
    return partition
  }

  #newCrew(): Crew {
    const options = { intensity: this.#parts.intensity, ...this.#kind.supervision }
    return new Crew(this.#partition, options, (error, escalated) => this.#giveUp(error, escalated))
  }

  /** The partition itself; a new one when it is restored. */
  get partition(): Partition {
    return this.#partition
  }

  /** Looks after its agents; a new one when it is restored. */
  get crew(): Crew {
    return this.#crew
  }

  get registry(): Registry {
    return this.#former ?? this.#partition.registry
  }

  /** Whether it failed, was deleted or stopped: nothing more will happen in it. */
  get ended(): boolean {
    return this.#end !== undefined
  }

  /** Whether its supervisor gave up. */
  get failed(): boolean {
    return this.#end?.how === 'failed'
  }

  /** @throws why it takes no work */
  checkOpen(): void {
    if (this.#end) throw this.#end.why
    this.#parts.system.checkRunning()
  }

  /** @throws why its agents cannot be stopped for good: it may be restored with them */
  checkStoppable(): void {
    if (this.#end && this.#end.how !== 'stopped') throw this.#end.why
  }

  missing(name: string): NoAddressError {
    return new NoAddressError(addressOf(this.address, name))
  }

  // ---- what callers want of it ----

  /** As of `party.idle`. */
  async idle(options?: IdleOptions): Promise<Idle> {
    const rest = await idle(this.#partition, this.#crew, options)
    if (this.#end?.how === 'failed') throw this.#end.why
    return rest
  }

  /** One of its agents. @throws NoAddressError */
  agent(name: string): AgentRef {
    return agentRefAt(this, name)
  }

  /** Publishes an event here, once it is admitted. @param check replaces the check of the kind */
  publish(event: UncheckedEvent, options: PublishOptions = {}, check?: Admit): Promise<Envelope> {
    this.checkOpen()
    return publish(this.#partition, event, { ...options, admit: this.admitting(check) })
  }

  /**
   * Checks events when they are about to happen, also after they waited for room: whether the partition has ended, and what its
   * kind or the caller checks.
   */
  admitting(check = this.#parts.admit): Admit {
    const partition = this.#partition
    return events => this.#admit(events, check, partition)
  }

  #admit(events: readonly EventOf[], check: Admit | undefined, partition: Partition): void {
    const end = partition === this.#partition ? this.#end : this.#endBefore
    if (end) throw end.why
    check?.(events)
  }

  // ---- how it begins, goes on and ends ----

  /** Begins it: all its agents get addresses and mailboxes, and start in order. Resolves when that is durable. */
  async begin(first: Pick<EntryOf<'party'>, 'inputs' | 'metadata'>): Promise<void> {
    const created: Entry = { kind: 'party', seq: this.#partition.nextSeq(), what: 'created', ...first }
    const agents = this.#crew.begin(this.#kind.tree, undefined, [created])
    // Every promise is awaited here, so that a journal that fails leaves none of them unhandled.
    await Promise.all([this.#crew.begun(agents), this.#started(first.inputs)])
  }

  #started(inputs: readonly FirstInput[] = []): Promise<unknown> {
    return this.#parts.started({ kind: 'party', seq: this.#partition.nextSeq(), what: 'started' }, inputs)
  }

  /** Drops its memory, so that it can be restored from the journal. */
  reopen(): void {
    const { system, registry } = this.#partition
    this.#partition.frames.suspend()
    void system.snapshots.forget(this.#partition)
    this.#endBefore = this.#end
    this.#former ??= registry
    this.#partition = this.#newPartition()
    this.#crew = this.#newCrew()
  }

  /** Ends it, because it cannot be restored. */
  dispose(why: TroupeError): void {
    this.#end = { how: 'away', why }
    const { state } = this.#parts
    if (state.shown.status !== 'error') state.fail()
    this.#partition.frames.suspend()
    void this.#partition.system.snapshots.forget(this.#partition)
    this.#crew.end('failed', why)
  }

  /** Another runtime may own it now: its agents stop at once, without frames that say so. */
  lose(error: OwnershipLostError): void {
    if (this.#end?.why instanceof OwnershipLostError) return
    this.#end = { how: 'away', why: error }
    this.#partition.leave(error)
    this.#crew.end('failed', error)
  }

  /** What recovery needs to restore it. */
  get saved(): Omit<SavedPartition, 'recovered'> {
    return {
      partition: this.#partition,
      crew: this.#crew,
      tree: this.#kind.tree,
      state: this.#parts.state,
      former: Array.from(this.#former ?? [], ({ agent }) => agent),
      restored: () => {
        for (const actor of this.#former ?? []) this.#partition.registry.named(actor.name)?.succeed(actor)
        this.#former = undefined
      },
      resume: (recalled, requests) => this.#resume(recalled, requests),
      bindToAsks: () => this.#crew.restoring.bindToAsks(),
    }
  }

  #resume(recalled: Recalled, requests: SavedRequests): void {
    const { birth, gaveUp, inputs } = recalled.standing.life
    if (birth === 'failed') {
      const known = gaveUp ?? { agent: this.address, restarts: 0, within: 0, error: 'unknown' }
      const { agent, restarts, within, error } = known
      const escalated = new EscalatedError(agent, { restarts, within, lastError: error }, recordedCause(known))
      this.#end = this.#failure(escalated)
      return
    }
    this.#end = undefined
    this.#crew.resume(requests)
    this.#parts.recovered?.(recalled)
    // The process ended while it was being created: what was wanted from the beginning is still to be published.
    if (birth === 'created')
      this.#started(inputs).catch((error: unknown) => this.#partition.reportError('error', error))
  }

  /** Stops its agents in order; resolves when that is durable. */
  async stop(): Promise<void> {
    const { errors } = this.#parts
    const end = this.#end && !this.failed ? this.#end : { how: 'stopped' as const, why: errors.stopped(this.id) }
    this.#end = end
    this.#crew.end('stopped', end.why)
    await this.#crew.closed()
  }

  #failure(error: EscalatedError): End {
    return { how: 'failed', why: this.#parts.errors.failed(this.id, error) }
  }

  #giveUp(error: EscalatedError, escalated: Entry): void {
    this.#end = this.#failure(error)
    const failed: Entry = { kind: 'party', seq: this.#partition.nextSeq(), what: 'failed' }
    this.#partition.append({ kind: 'supervision' }, [escalated, failed])
  }

  #refused(error: JournalError): void {
    this.#end = { how: 'away', why: error }
    this.#parts.state.fail()
    this.#crew.end('failed', error)
    this.#parts.refused(error)
    this.#parts.system.outside().reportError('error', error, this.address)
  }
}
