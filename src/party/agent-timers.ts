import type { AnyActorRef, EventObject } from 'xstate'
import type { Origin } from '../actor/handled.ts'
import type { WaitingFor } from './activity.ts'
import type { Partition } from './partition.ts'
import type { Steps } from './steps.ts'

/**
 * Stands in for XState's scheduler: `after` and delays run on the runtime's timers, and a timer that fires is a position
 * of its own before the agent hears of it. XState's scheduler would also search all timers at every stop.
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

  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delay: number,
    name: string | undefined,
  ): void {
    const id = name ?? `delay.${++this.#unnamed}`
    this.cancel(source, id)
    const timers = this.#byActor.get(source) ?? new Map<string, () => void>()
    this.#byActor.set(source, timers)
    // What a timer leads to goes back to what set it.
    const origin = this.#partition.registry.behind(source)?.handled
    const fire = () => {
      const hand = () => {
        // Cancelled or set anew while it waited for its turn.
        if (timers.get(id) !== cancel) return
        this.#forget(source, id)
        this.#hand(source, target, event, id, origin)
      }
      const actor = this.#partition.registry.behind(source)
      if (actor) actor.signal(hand)
      else hand()
    }
    const cancel = this.#partition.shared.timers.after(delay, fire)
    timers.set(id, cancel)
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

  #forget(source: AnyActorRef, id: string): void {
    const timers = this.#byActor.get(source)
    timers?.delete(id)
    if (timers?.size === 0) this.#byActor.delete(source)
  }

  #hand(source: AnyActorRef, target: AnyActorRef, event: EventObject, id: string, origin: Origin | undefined): void {
    const partition = this.#partition
    const sender = partition.registry.behind(source)
    const callee = partition.registry.behind(target)
    // A timer of a child that is no agent itself, or an event for such a child: XState's own affair.
    if (!sender || !callee) return target.send(event)
    if (callee !== sender) return this.#steps.sendLater(sender, event, callee, origin)
    const agent = sender.address
    const entry = (seq: number) => ({ kind: 'fired' as const, seq, agent, id, type: event.type })
    sender.announce(partition.appendOutcome(entry, event.type, origin ?? { correlationid: `${agent}/${id}` }))
    target.send(event)
  }
}
