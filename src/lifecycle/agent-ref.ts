import type { AnyActorRef, AnyMachineSnapshot, StateValue } from 'xstate'
import type * as z from 'zod'
import type { Actor } from '../actor/actor.ts'
import type { MailboxFigures } from '../actor/inbox.ts'
import { isActorRef } from '../actor/kept.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { RequestDefinition } from '../events/request.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import { checkPublished, type PublishOptions } from '../partition/offer.ts'
import { publish } from '../partition/publish.ts'
import type { Unwatch } from '../state/store.ts'
import { copyOf } from '../values/copy.ts'
import { askAgent } from '../work/ask-from-outside.ts'
import { AgentCallee } from '../work/callee.ts'
import { checkAsked, type OutsideAskOptions } from '../work/outside-ask-options.ts'
import { Found, type Whereabouts } from './found.ts'

/** What callers see of an agent: the state of its machine, and its context. */
export interface AgentSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly value: StateValue
  readonly context: unknown
}

/** @throws NoAddressError */
export function agentRefAt(place: Whereabouts, name: string): AgentRef {
  const actor = place.registry.named(name)
  if (!actor) throw place.missing(name)
  return new AgentRef(place, actor)
}

/** An agent as its owner sees it: the address stays the same through restarts, and when its party is recovered. */
export class AgentRef {
  readonly #place: Whereabouts
  readonly #found: Found<Actor>

  constructor(place: Whereabouts, actor: Actor) {
    this.#place = place
    this.#found = new Found(place, actor, (registry, name) => registry.named(name))
  }

  get #actor(): Actor {
    return this.#found.now
  }

  /** Where it is reached, such as `party/p1/venue`. */
  get address(): Address {
    return this.#actor.address
  }

  /** Counts its starts; 1 before the first restart. */
  get incarnation(): number {
    return this.#actor.incarnation
  }

  /** How many events wait for it, for how long, and how long it has been busy. */
  get mailbox(): MailboxFigures {
    return this.#actor.figures
  }

  /**
   * Sends an event to this agent alone; resolves when it is durable.
   *
   * @example
   * await runtime.agent('desk').send(ticketOpened({ id: 't1' }), { priority: 1 })
   *
   * @throws UnknownEventError, EventPayloadError, MailboxFullError, PublishCancelledError
   */
  async send(event: UncheckedEvent, options?: PublishOptions): Promise<Envelope> {
    this.#place.checkOpen()
    checkPublished('agent.send', event, options)
    const to = this.#actor
    return publish(this.#place.partition, event, options ? { ...options, to } : { to })
  }

  /** Asks this agent; see `runtime.ask`. */
  async ask<T extends string, I extends z.ZodType, O extends z.ZodType>(
    request: RequestDefinition<T, I, O>,
    input: z.input<I>,
    options?: OutsideAskOptions,
  ): Promise<z.output<O>> {
    this.#place.checkOpen()
    checkAsked('agent.ask', request, options)
    return await askAgent(new AgentCallee(this.#place.partition, this.#actor, false), request, input, options)
  }

  /** Its newest durable snapshot. */
  snapshot(): AgentSnapshot | undefined {
    const shown = shownOf(this.#actor.shown)
    const isStopped = this.#actor.status === 'stopped' && shown?.status === 'active'
    return isStopped ? { ...shown, status: 'stopped' } : shown
  }

  /** Calls back with every new durable snapshot. */
  watch(watcher: (snapshot: AgentSnapshot) => void): Unwatch {
    return this.#actor.watch(snapshot => watcher(shownOf(snapshot)))
  }

  /** Stops it for good; resolves when that is durable. Its waiting mail becomes dead letters. @throws PartyFailedError, EscalatedError */
  async stop(): Promise<void> {
    const { partition, crew } = this.#place
    partition.system.checkLive()
    this.#place.checkStoppable()
    crew.stop(this.#actor)
    await crew.closed()
  }
}

// Not XState's snapshot, which holds the whole machine. A copy, because the machine goes on with its own context.
function shownOf(snapshot: AnyMachineSnapshot): AgentSnapshot
function shownOf(snapshot: AnyMachineSnapshot | undefined): AgentSnapshot | undefined
function shownOf(snapshot: AnyMachineSnapshot | undefined): AgentSnapshot | undefined {
  if (!snapshot) return undefined
  const { status, value, context } = snapshot
  return Object.freeze({
    status,
    value: copyOf(value) as StateValue,
    context: copyOf(context, object => (isActorRef(object) ? shownActor(object) : object)),
  })
}

/** An actor in the context of a machine, as XState saves it: callers must not send events to it. */
function shownActor({ id }: AnyActorRef) {
  return Object.freeze({ xstate$$type: 1, id })
}
