import type * as z from 'zod'
import type { Actor } from '../actor/actor.ts'
import type { Pool } from '../actor/pool.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import type { RequestDefinition } from '../events/request.ts'
import { type Address, NoAddressError } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import { checkPublished, type PublishOptions } from '../partition/offer.ts'
import { publish } from '../partition/publish.ts'
import { checkSize } from '../supervision/definition.ts'
import { askAgent } from '../work/ask-from-outside.ts'
import { AgentCallee } from '../work/callee.ts'
import { checkAsked, type OutsideAskOptions } from '../work/outside-ask-options.ts'
import { AgentRef } from './agent-ref.ts'
import { Found, type Whereabouts } from './found.ts'

/** How a pool is scaled. */
export interface ScaleOptions {
  /** Milliseconds that members which leave may take for the mail that they have; 30,000 by default. */
  readonly timeout?: number
}

/** @throws NoAddressError */
export function poolRefAt(place: Whereabouts, name: string): PoolRef {
  const pool = place.registry.pool(name)
  if (!pool) throw place.missing(name)
  return new PoolRef(place, pool)
}

/** A pool of equal agents as its owner sees it. */
export class PoolRef {
  readonly #place: Whereabouts
  readonly #found: Found<Pool>

  constructor(place: Whereabouts, pool: Pool) {
    this.#place = place
    this.#found = new Found(place, pool, (registry, called) => registry.pool(called))
  }

  get #pool(): Pool {
    return this.#found.now
  }

  /** Where one of its members is reached, such as `runtime/bakers`. */
  get address(): Address {
    return this.#pool.address
  }

  /** How many members get mail. */
  get size(): number {
    return this.#pool.members.length
  }

  /** The members that get mail. */
  get members(): readonly AgentRef[] {
    return this.#pool.members.map(actor => new AgentRef(this.#place, actor))
  }

  /**
   * Sends an event to one member; resolves when it is durable.
   *
   * @throws NoAddressError, UnknownEventError, EventPayloadError, MailboxFullError, PublishCancelledError
   */
  async send(event: UncheckedEvent, options: PublishOptions = {}): Promise<Envelope> {
    this.#place.checkOpen()
    checkPublished('pool.send', event, options)
    return publish(this.#place.partition, event, { ...options, to: this.#choose({ data: undefined, ...event }) })
  }

  /** Asks one member; see `runtime.ask`. @throws NoAddressError */
  async ask<T extends string, I extends z.ZodType, O extends z.ZodType>(
    request: RequestDefinition<T, I, O>,
    input: z.input<I>,
    options?: OutsideAskOptions,
  ): Promise<z.output<O>> {
    checkAsked('pool.ask', request, options)
    this.#place.checkOpen()
    const member = this.#choose({ type: request.type, data: input })
    return await askAgent(new AgentCallee(this.#place.partition, member, false), request, input, options)
  }

  /**
   * Makes the pool larger or smaller; resolves when the new members handle mail, or the members that leave have handled theirs.
   * The youngest members leave first. They get no more mail, and the mail that they have at the timeout becomes dead letters.
   *
   * @example
   * await runtime.pool('bakers').scale(8)
   *
   * @throws PoolSizeError, AgentLimitError, AgentStartError, JournalAppendError; PartyFailedError or EscalatedError if it cannot be
   *   made smaller because the supervisor gave up
   */
  async scale(size: number, { timeout = 30_000 }: ScaleOptions = {}): Promise<void> {
    this.#place.checkOpen()
    const missing = checkSize(this.#pool.name, size) - this.size
    if (missing > 0) await this.#grow(missing)
    else
      await Promise.all(
        this.#pool.members
          .slice(size)
          .toReversed()
          .map(member => this.#dismiss(member, timeout)),
      )
  }

  /**
   * Stops all its members for good; resolves when that is durable. Their waiting mail becomes dead letters.
   *
   * @throws PartyFailedError, EscalatedError
   */
  async stop(): Promise<void> {
    const { crew } = this.#place
    this.#place.checkStoppable()
    crew.stopPool(this.#pool)
    await crew.closed()
  }

  async #grow(missing: number): Promise<void> {
    const { partition, crew } = this.#place
    const isTaken = (name: string) => (partition.registry.named(name)?.status ?? 'stopped') !== 'stopped'
    const joined: Actor[] = []
    try {
      for (let number = 1; joined.length < missing; number++) {
        const name = `${this.#pool.name}/${number}`
        if (!isTaken(name)) joined.push(crew.add({ agent: this.#pool.agent, name, under: this.#pool.name }))
      }
      await crew.begun(joined)
    } catch (error) {
      for (const actor of joined.toReversed()) crew.stop(actor)
      throw error
    }
  }

  async #dismiss(member: Actor, timeout: number): Promise<void> {
    const { partition, crew } = this.#place
    this.#pool.leave(member)
    await new Promise<void>(resolve => {
      const cancel = partition.system.timers.after(timeout, resolve)
      member.whenDrained(() => {
        cancel()
        resolve()
      })
    })
    // Its supervisor may have given up meanwhile: then the member may be recovered.
    this.#place.checkStoppable()
    crew.stop(member)
    await crew.closed()
  }

  #choose(event: EventOf): Actor {
    const member = this.#pool.route(event)
    if (!member) throw new NoAddressError(this.address)
    return member
  }
}
