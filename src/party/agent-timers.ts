import type { AnyActorRef, EventObject } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { type Address, splitAddress } from '../actor/address.ts'
import type { Origin } from '../actor/handled.ts'
import type { NewTimer } from '../actor/step.ts'
import type { EventOf } from '../events/event.ts'
import type { Entry } from '../journal/frame.ts'
import type { WaitingFor } from './activity.ts'
import type { Partition } from './partition.ts'
import type { Steps } from './steps.ts'

/**
 * The timers of agents: `after` and delays run on the runtime's timers, and one that fires is a position of its own before
 * the agent hears of it. Stands in for XState's scheduler, which would also search all timers at every stop.
 */
export class AgentTimers {
  readonly #partition: Partition
  readonly #steps: Steps
  readonly #byActor = new Map<AnyActorRef, Map<string, () => void>>()
  #unnamed = 0

  constructor(partition: Partition, steps: Steps) {
    this.#partition = partition
    this.#steps = steps
  }

  /** A timer that an agent has set in a step, or that was left to it by an owner before this one. */
  set(actor: Actor, { id, delay, event, to }: NewTimer, origin: Origin | undefined = actor.handled): void {
    const { ref, address } = actor
    if (ref) this.#after(ref, id, delay, () => this.#hand(actor, { event, to }, id, origin ?? originOf(address, id)))
  }

  /** What XState asks for on behalf of children that are no agents, or of events for such children: its own affair. */
  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delay: number,
    name: string = `delay.${++this.#unnamed}`,
  ): void {
    this.#after(source, name, delay, () => target.send(event))
  }

  cancel(source: AnyActorRef, id: string): void {
    this.#byActor.get(source)?.get(id)?.()
    this.#forget(source, id)
  }

  cancelAll(source: AnyActorRef): void {
    const timers = this.#byActor.get(source)
    for (const cancel of timers?.values() ?? []) cancel()
    timers?.clear()
    this.#byActor.delete(source)
  }

  clear(): void {
    for (const source of [...this.#byActor.keys()]) this.cancelAll(source)
  }

  /** The timers that have yet to fire. */
  *pending(): Iterable<WaitingFor> {
    for (const [ref, timers] of this.#byActor) {
      const agent = this.#partition.registry.behind(ref)?.address ?? this.#partition.address
      for (const name of timers.keys()) yield { agent, what: 'timer', name }
    }
  }

  #after(source: AnyActorRef, id: string, delay: number, due: () => void): void {
    this.cancel(source, id)
    const timers = this.#byActor.get(source) ?? new Map<string, () => void>()
    this.#byActor.set(source, timers)
    const fire = () => {
      const hand = () => {
        // Cancelled or set anew while it waited for its turn.
        if (timers.get(id) !== cancel) return
        this.#forget(source, id)
        due()
      }
      const actor = this.#partition.registry.behind(source)
      if (actor) actor.signal(hand)
      else hand()
    }
    const cancel = this.#partition.shared.timers.after(delay, fire)
    timers.set(id, cancel)
  }

  #forget(source: AnyActorRef, id: string): void {
    const timers = this.#byActor.get(source)
    timers?.delete(id)
    if (timers?.size === 0) this.#byActor.delete(source)
  }

  #hand(
    actor: Actor,
    { event, to }: { readonly event: EventObject; readonly to?: Address | undefined },
    id: string,
    origin: Origin,
  ): void {
    const { address: agent, ref } = actor
    const entry = (seq: number): Entry => ({ kind: 'fired', seq, agent, id, type: event.type })
    if (to !== undefined) {
      // The step that set it has checked it.
      const callee = this.#partition.registry.named(splitAddress(to).name)
      if (callee) this.#steps.sendLater(actor, event as EventOf, callee, origin, entry)
      return
    }
    this.#partition.hand(actor, this.#partition.appendOutcome(entry, event.type, origin), () => ref?.send(event))
  }
}

/** What a timer leads to goes back to what set it, or to itself where that is not known. */
function originOf(address: Address, id: string): Origin {
  return { correlationid: `${address}/${id}` }
}
