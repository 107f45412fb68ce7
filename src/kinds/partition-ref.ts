import type { UncheckedEvent } from '../events/catalog.ts'
import type { AgentRef } from '../lifecycle/agent-ref.ts'
import { type PoolRef, poolRefAt } from '../lifecycle/pool-ref.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Idle } from '../partition/activity.ts'
import { checkPublished, type PublishOptions } from '../partition/offer.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import type { PartitionKind } from '../state/kind.ts'
import { PartyStore, type Unwatch } from '../state/store.ts'
import { partitionErrors } from './errors.ts'
import type { IdleOptions } from './idle.ts'
import { Life, type LifeGround } from './life.ts'

/**
 * A partition of a kind of your own: its agents and its state, which only its events change. Made by `runtime.partitions(kind)`.
 *
 * @example
 * const main = await runtime.partitions(ledger).open('main')
 * const { granted } = await main.agent('bookkeeper').ask(hold, { id: 'h1', amount: 30 })
 * console.log(main.state.held)
 */
export class PartitionRef<S extends object = object> {
  readonly id: string
  readonly #store: PartyStore<S, AddedEvent, RemovedEvent>
  /** How it begins, goes on and ends. @internal */
  readonly life: Life

  constructor(kind: PartitionKind<S>, id: string, { system, intensity, refused }: LifeGround) {
    const guard = (call: () => unknown) => this.life.partition.reports.guard(this.address, call)
    this.id = id
    this.#store = new PartyStore(kind, guard, envelope => system.catalog.lifted(envelope))
    this.life = new Life(id, kind, {
      system,
      intensity,
      state: this.#store,
      errors: partitionErrors(kind.prefix),
      started: entry => Promise.resolve(this.life.partition.append({ kind: 'supervision' }, [entry])),
      refused,
    })
  }

  /** Its agents are reached below it: `<kind>/<id>/<agent>`. */
  get address(): Address {
    return this.life.address
  }

  /** The newest durable state. */
  get state(): Readonly<S> {
    return this.#store.ownShown
  }

  /** Counts the changes of the state. */
  get version(): number {
    return this.#store.shown.version
  }

  /** Calls back with every new durable state. */
  watch(watcher: (state: Readonly<S>) => void): Unwatch {
    return this.#store.watch(() => watcher(this.state))
  }

  /**
   * Publishes an event that the agents here hear, and that may change the state; resolves with its envelope when it is durable.
   *
   * @throws UnknownEventError, EventPayloadError, EventVersionError, PartitionStoppedError, PartitionFailedError,
   *   PublishCancelledError, RateLimitError, MailboxFullError, JournalAppendError, RuntimeStateError
   */
  async publish(event: UncheckedEvent, options?: PublishOptions): Promise<Envelope> {
    checkPublished('partition.publish', event, options)
    return this.life.publish(event, options)
  }

  /**
   * Waits until it is at rest, as `party.idle` does.
   *
   * @param options `timeout` in milliseconds, 60,000 by default; `signal` gives up waiting
   * @throws IdleTimeoutError, WaitInsideError, JournalAppendError, PartitionFailedError
   */
  async idle(options?: IdleOptions): Promise<Idle> {
    return this.life.idle(options)
  }

  /** One of its agents. @throws NoAddressError */
  agent(name: string): AgentRef {
    return this.life.agent(name)
  }

  /** One of its pools. @throws NoAddressError */
  pool(name: string): PoolRef {
    return poolRefAt(this.life, name)
  }
}
