import type { Actor } from '../actor/actor.ts'
import type { Step } from '../actor/step.ts'
import { codeOf } from '../errors.ts'
import type { AskObserver } from '../invoke/ask-table.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { PendingAsk } from '../invoke/pending-ask.ts'
import type { Entry, GoneReason } from '../journal/frame.ts'
import { type Address, addressOf, splitAddress } from '../mail/address.ts'
import type { DeadLetter } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Observation, ObserveOptions, Observer } from '../partition/observation.ts'
import type { Partition } from '../partition/partition.ts'
import type { PartitionObserver, Shown } from '../partition/partition-observer.ts'
import { WatcherError } from '../partition/reports.ts'
import type { System } from '../partition/system.ts'
import type { Unwatch } from '../state/store.ts'
import { onRejection } from '../thrown.ts'
import { agentAs, liveIn, supervisorAs } from './observed.ts'

/** Shows an observer every present agent and supervisor, and from then on what happens. */
export function observe(system: System<Partition>, observer: Observer, options: ObserveOptions): Unwatch {
  const known = system.observers instanceof Observers ? system.observers : new Observers(system)
  return known.add(observer, options)
}

interface Observing {
  readonly observer: Observer
  readonly only: NonNullable<ObserveOptions['only']>
  hasThrown: boolean
  isOver: boolean
}

type About = Pick<Observation, 'address' | 'party' | 'time'>

const nobody: readonly Observing[] = []

/** The observers of a runtime. The object exists only while there is at least one. */
class Observers implements PartitionObserver<Partition>, AskObserver {
  readonly #system: System<Partition>
  // Copied when it changes: an observer that is added or removed during a notification does not get that notification.
  #observing = nobody

  constructor(system: System<Partition>) {
    this.#system = system
  }

  add(observer: Observer, { only = () => true }: ObserveOptions): Unwatch {
    const observing = { observer, only, hasThrown: false, isOver: false }
    this.#observing = [...this.#observing, observing]
    this.#system.observers = this
    this.#system.asks.observer = this
    for (const partition of this.#system.partitions()) this.#showLive(partition, observing)
    return () => this.#remove(observing)
  }

  #remove(observing: Observing): void {
    // Other observers may have come since.
    if (observing.isOver) return
    observing.isOver = true
    this.#observing = this.#observing.filter(other => other !== observing)
    if (this.#observing.length > 0) return
    this.#system.observers = undefined
    this.#system.asks.observer = undefined
  }

  #showLive(partition: Partition, observing: Observing): void {
    for (const one of liveIn(partition)) {
      if (!this.#wants(observing, partition, addressOf(partition.address, one.name))) continue
      this.#notify(
        partition,
        [observing],
        'agent' in one ? agentAs(partition, one) : supervisorAs(partition, one, 'there'),
      )
    }
  }

  // ---- what partitions report ----

  shown(partition: Partition, { frame, step }: Shown): void {
    const isStart = step?.handled.type === 'xstate.init'
    if (step) this.#stepped(partition, step, isStart ? frame.entries : undefined)
    if (!isStart && frame.cause.kind !== 'supervision') return
    for (const supervisor of supervisorsIn(partition, frame.entries)) this.#supervised(partition, supervisor)
  }

  #stepped(partition: Partition, step: Step, start: readonly Entry[] | undefined): void {
    const { actor, handled, outcome, snapshot, failure } = step
    const wanting = this.#wanting(partition, actor.address)
    if (wanting.length === 0) return
    if (start) this.#notify(partition, wanting, agentAs(partition, actor, snapshot, incarnationIn(start)))
    const { seq: position, type, envelope, correlationid, causationid } = handled
    const { address } = actor
    const about = { ...this.#about(partition, address), kind: 'step' as const, position, type, envelope }
    const observation = { ...about, correlationid, causationid, outcome, snapshot }
    this.#notify(partition, wanting, failure ? { ...observation, error: failure.error } : observation)
  }

  #supervised(partition: Partition, name: string): void {
    const address = addressOf(partition.address, name)
    const wanting = this.#wanting(partition, address)
    const supervising = wanting.length > 0 && partition.supervisors?.supervising(name)
    if (!supervising) return
    const { snapshot } = supervising
    this.#notify(partition, wanting, { ...this.#about(partition, address), kind: 'supervision', snapshot })
  }

  said(partition: Partition, envelope: Envelope): void {
    const wanting = this.#wanting(partition, envelope.source)
    if (wanting.length === 0) return
    this.#notify(partition, wanting, { ...this.#about(partition, envelope.source), kind: 'said', envelope })
  }

  buried(partition: Partition, letter: DeadLetter): void {
    this.#notifyLater(partition, letter.to, () => ({ ...this.#about(partition, letter.to), kind: 'dead', letter }))
  }

  restored(partition: Partition, actor: Actor): void {
    const { shown, incarnation } = actor
    if (!shown) return
    this.#notifyLater(partition, actor.address, () => ({
      ...agentAs(partition, actor, shown, incarnation),
      how: 'recovered',
    }))
  }

  stopped(partition: Partition, { address }: Actor, reason: GoneReason): void {
    this.#notifyStopped(partition, address, reason)
  }

  supervises(partition: Partition, name: string, how: 'started' | 'restarted'): void {
    const supervising = partition.supervisors?.supervising(name)
    if (!supervising) return
    this.#notifyLater(partition, addressOf(partition.address, name), () => supervisorAs(partition, supervising, how))
    const { above } = supervising
    // The parent counts its children when the start is over.
    if (above !== undefined)
      this.#system.scheduler.microtask(() => partition.watermark.whenDurable(() => this.#supervised(partition, above)))
  }

  supervisesNoMore(partition: Partition, name: string): void {
    this.#notifyStopped(partition, addressOf(partition.address, name), 'stopped')
  }

  // ---- what asks report ----

  asked({ key, type, from, to, partition, deadline }: PendingAsk): void {
    const fields = { key, type, to, deadline }
    this.#notifyAsk(from, to, partition, about => ({ ...about, ...fields, kind: 'asked' }))
  }

  answered({ key, type, from, to, partition, openedAt }: PendingAsk, outcome: Outcome | undefined): void {
    const latency = this.#system.clock.elapsed() - openedAt
    const failure = outcome?.ok ? undefined : outcome ? codeOf(outcome.error) : 'cancelled'
    const fields = { key, type, to, failure, latency }
    this.#notifyAsk(from, to, partition, about => ({ ...about, ...fields, kind: 'answered' }))
  }

  #notifyAsk(from: Address, to: Address, asker: Address | undefined, make: (about: About) => Observation): void {
    const callee = this.#system.partition(splitAddress(to).partition)
    const partition =
      (asker === undefined ? undefined : this.#system.partition(asker)) ?? callee ?? this.#system.outside()
    const asking = this.#wanting(partition, from)
    const asked = this.#wanting(callee ?? partition, to)
    const wanting = asking.length === 0 ? asked : [...new Set([...asking, ...asked])]
    if (wanting.length === 0) return
    const observation = make(this.#about(partition, from))
    partition.watermark.whenDurable(() => this.#notify(partition, wanting, observation))
  }

  // ---- notifying ----

  #about({ party }: Partition, address: Address): About {
    return { address, party, time: this.#system.clock.now() }
  }

  #wanting(partition: Partition, address: Address): readonly Observing[] {
    const all = this.#observing
    const [first] = all
    // Nearly always there is one observer, and nearly always it does not want this address.
    if (all.length === 1 && first) return this.#wants(first, partition, address) ? all : nobody
    return this.#wantingAmong(all, partition, address)
  }

  // A function of its own: engines allocate an object at each call of a function that has a closure over its parameters.
  #wantingAmong(all: readonly Observing[], partition: Partition, address: Address): readonly Observing[] {
    return all.filter(one => this.#wants(one, partition, address))
  }

  #wants(observing: Observing, partition: Partition, address: Address): boolean {
    try {
      return observing.only(address, partition.party)
    } catch (error) {
      this.#failed(observing, partition, error)
      return false
    }
  }

  #notify(partition: Partition, wanting: readonly Observing[], observation: Observation): void {
    for (const observing of wanting) {
      if (observing.isOver) continue
      try {
        onRejection(observing.observer(observation), error => this.#failed(observing, partition, error))
      } catch (error) {
        this.#failed(observing, partition, error)
      }
    }
  }

  /** Observations without a frame come after observations with a frame. */
  #notifyLater(partition: Partition, address: Address, make: () => Observation): void {
    const wanting = this.#wanting(partition, address)
    if (wanting.length === 0) return
    const observation = make()
    partition.watermark.whenDurable(() => this.#notify(partition, wanting, observation))
  }

  /** Observers get the end of an agent also if the journal has failed. */
  #notifyStopped(partition: Partition, address: Address, reason: GoneReason): void {
    const wanting = this.#wanting(partition, address)
    if (wanting.length === 0) return
    const observation = { ...this.#about(partition, address), kind: 'stopped' as const, reason }
    const notify = () => this.#notify(partition, wanting, observation)
    partition.watermark.whenDurable(notify, notify)
  }

  // Once: observers get the report too, and an observer that always throws would get its own failures for ever.
  #failed(observing: Observing, partition: Partition, error: unknown): void {
    if (observing.hasThrown) return
    observing.hasThrown = true
    partition.reportError('warning', new WatcherError(partition.address, error))
  }
}

function incarnationIn(entries: readonly Entry[]): number {
  for (const entry of entries) if (entry.kind === 'agent') return entry.incarnation
  return 1
}

/** The supervisors of the agents that a frame has entries about. */
function supervisorsIn({ registry }: Partition, entries: readonly Entry[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const entry of entries) {
    if (entry.kind !== 'agent' || entry.what === 'declared') continue
    const under = entry.under ?? registry.named(splitAddress(entry.agent).name)?.under
    if (under !== undefined) names.add(under)
  }
  return names
}
