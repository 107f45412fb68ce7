import type { AnyActorRef, EventObject } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { actorAt, type Inside, pathFrom } from '../actor/inside.ts'
import { failUnkept } from '../actor/kept.ts'
import type { NewTimer } from '../actor/step.ts'
import type { EventOf } from '../events/event.ts'
import type { Entry } from '../journal/frame.ts'
import { eventAsJson } from '../journal/step-frame.ts'
import { LazyMap } from '../lazy-maps.ts'
import { type Address, splitAddress } from '../mail/address.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { WaitingFor } from '../partition/activity.ts'
import type { Partition } from '../partition/partition.ts'
import type { Steps } from '../partition/steps.ts'
import { timerDelay } from '../time/timers.ts'
import { faultIn, ValueError } from '../values/value.ts'

/** A timer that has not fired yet. */
interface Pending {
  readonly id: string
  /** Counts the timers of its partition. */
  readonly number: number
  /** When it is due, in elapsed milliseconds. */
  readonly at: number
  cancel: () => void
  /** Asks for a turn, once. */
  readonly fire: () => void
  hasFired: boolean
  /** The agent, if a machine inside an agent has set the timer. */
  readonly inside: Actor | undefined
}

/** The timers of one actor of XState. */
interface OfActor {
  readonly pending: Map<string, Pending>
  /** The key of the timer that `cancel` cancels, by id: the newest timer of that id, until any timer of that id has fired. */
  readonly newest: Map<string, string>
}

/** A timer of a machine inside an agent, as another process has left it. */
export interface InsideTimer extends NewTimer {
  readonly inside: Inside
  /** The event that led to it. */
  readonly origin: Origin
}

/**
 * The timers of agents and of machines inside them: `after` and delays. They run on the runtime's timers. A timer that fires is a
 * position of its own before its event is handed over. This replaces XState's scheduler, which searches all timers at every stop.
 */
export class AgentTimers {
  readonly #partition: Partition
  readonly #steps: Steps
  readonly #byActor = new LazyMap<AnyActorRef, OfActor>()
  #unnamed = 0
  #count = 0

  constructor(partition: Partition, steps: Steps) {
    this.#partition = partition
    this.#steps = steps
  }

  /** Sets a timer of an agent: a timer of a step, or one that another process has left. */
  set(actor: Actor, timer: NewTimer, origin: Origin | undefined = actor.handled): void {
    const { ref, address } = actor
    if (ref) this.#after(ref, timer, () => this.#hand(actor, timer, origin ?? originOf(address, timer.id)))
  }

  /** Sets a timer of a machine inside an agent that another process has left. */
  setInside(actor: Actor, timer: InsideTimer): void {
    const { source, target } = timer.inside
    const from = actor.ref && actorAt(actor.ref, source)
    const to = actor.ref && actorAt(actor.ref, target)
    if (from && to) this.#after(from, timer, () => this.#fireInside(actor, to, timer), actor)
  }

  /** Called by XState, for timers of machines inside agents and events that an agent sends to such a machine later. */
  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    after: number,
    id: string = `delay.${++this.#unnamed}`,
  ): void {
    const delay = timerDelay(after)
    const actor = this.#partition.registry.around(source)
    const from = actor?.ref && pathFrom(actor.ref, source)
    const to = actor?.ref && pathFrom(actor.ref, target)
    if (!actor || !from || !to) {
      this.#after(source, { id, key: id, delay }, () => target.send(event))
      return
    }
    const inner = [actor.address, ...from].join('/')
    const fault = faultIn({ ...event })
    if (fault) return failUnkept(actor, new ValueError(`an event that "${inner}" sends later`, fault))
    const seq = this.#partition.nextSeq()
    const origin = originIn(actor.handled ?? originOf(actor.address, id))
    const timer = { id, key: `inside.${seq}`, delay, event, inside: { source: from, target: to }, origin }
    this.#after(source, timer, () => this.#fireInside(actor, target, timer), actor)
    const when = delay === Number.POSITIVE_INFINITY ? {} : { at: this.#partition.date() + delay, delay }
    const what = { id, key: timer.key, inside: timer.inside, event: eventAsJson(event) }
    this.#steps.inside.record(actor, { kind: 'timer', seq, agent: actor.address, ...what, ...when, origin })
  }

  cancel(source: AnyActorRef, id: string): void {
    const ofActor = this.#byActor.get(source)
    const key = ofActor?.newest.get(id)
    if (ofActor && key !== undefined) this.#takeBack(source, ofActor, key)
  }

  cancelAll(source: AnyActorRef): void {
    const ofActor = this.#byActor.get(source)
    for (const key of [...(ofActor?.pending.keys() ?? [])]) if (ofActor) this.#takeBack(source, ofActor, key)
    this.#byActor.delete(source)
  }

  clear(): void {
    for (const source of [...this.#byActor.keys()]) this.cancelAll(source)
  }

  /** The timers that have not fired yet. */
  *pending(): Iterable<WaitingFor> {
    for (const [ref, { pending }] of this.#byActor) {
      const agent = this.#partition.registry.around(ref)?.address ?? this.#partition.address
      for (const { id: name } of pending.values()) yield { agent, what: 'timer', name }
    }
  }

  /** How many timers were set so far. */
  get count(): number {
    return this.#count
  }

  /**
   * Fires all timers that are due, without waiting for the clock; returns whether there were any.
   *
   * @param newest the number of the newest timer that may fire: timers may set others that are due at once, without end
   */
  fireDue(newest: number): boolean {
    const now = this.#partition.elapsed()
    const all = [...this.#byActor.values()].flatMap(({ pending }) => [...pending.values()])
    const due = all.filter(({ number, at, hasFired }) => number <= newest && at <= now && !hasFired)
    for (const { cancel, fire } of due.toSorted((one, other) => one.at - other.at || one.number - other.number)) {
      cancel()
      fire()
    }
    return due.length > 0
  }

  #takeBack(source: AnyActorRef, ofActor: OfActor, key: string): void {
    const timer = ofActor.pending.get(key)
    if (!timer) return
    const { id, cancel, inside } = timer
    cancel()
    this.#forget(source, ofActor, key, id)
    if (!inside) return
    const seq = this.#partition.nextSeq()
    this.#steps.inside.record(inside, { kind: 'cancelled', seq, agent: inside.address, id, key, isInside: true })
  }

  #after(
    source: AnyActorRef,
    { id, key, delay, isSuperseded = false }: Pick<NewTimer, 'id' | 'key' | 'delay' | 'isSuperseded'>,
    due: () => void,
    inside?: Actor,
  ): void {
    const ofActor = this.#byActor.get(source) ?? { pending: new Map(), newest: new Map() }
    this.#byActor.set(source, ofActor)
    const fire = () => {
      timer.hasFired = true
      const hand = () => {
        // Cancelled while it waited for its turn.
        if (ofActor.pending.get(key) !== timer) return
        this.#forget(source, ofActor, key, id)
        due()
      }
      const actor = inside ?? this.#partition.registry.behind(source)
      if (actor) actor.signal(hand)
      else hand()
    }
    const at = this.#partition.elapsed() + timerDelay(delay)
    const timer: Pending = { id, number: ++this.#count, at, inside, fire, cancel: () => {}, hasFired: false }
    timer.cancel = this.#partition.system.timers.after(delay, fire)
    ofActor.pending.set(key, timer)
    if (!isSuperseded) ofActor.newest.set(id, key)
  }

  #forget(source: AnyActorRef, ofActor: OfActor, key: string, id: string): void {
    ofActor.pending.delete(key)
    // As in XState: once a timer has fired, `cancel` with its id cancels no other timer of that id.
    ofActor.newest.delete(id)
    if (ofActor.pending.size === 0) this.#byActor.delete(source)
  }

  #hand(actor: Actor, { id, key, event, to }: NewTimer, origin: Origin): void {
    const { address: agent, ref } = actor
    const keyed = key === id ? {} : { key }
    const entry = (seq: number): Entry => ({ kind: 'fired', seq, agent, id, ...keyed, type: event.type })
    if (to !== undefined) {
      // The step that set the timer has checked the event.
      const callee = this.#partition.registry.named(splitAddress(to).name)
      if (callee) this.#steps.sendLater({ source: actor, event: event as EventOf, to: callee, origin }, entry)
      return
    }
    this.#partition.turns.hand(actor, this.#partition.frames.appendOutcome(entry, event.type, origin), () =>
      ref?.send(event),
    )
  }

  #fireInside(actor: Actor, target: AnyActorRef, { id, key, event, origin }: Omit<InsideTimer, 'inside'>): void {
    const { address: agent } = actor
    const seq = this.#partition.nextSeq()
    this.#steps.inside.record(actor, { kind: 'fired', seq, agent, id, key, type: event.type, isInside: true })
    this.#handInside(actor, target, seq, { event, origin })
  }

  /** Hands over a timer of a machine inside an agent that fired in another process, and was not handled there. */
  handInside(actor: Actor, seq: number, timer: Pick<InsideTimer, 'event' | 'inside' | 'origin'>): void {
    this.#handInside(actor, actor.ref && actorAt(actor.ref, timer.inside.target), seq, timer)
  }

  /** @param target `undefined` if the machine has ended: the timer is handled all the same */
  #handInside(
    actor: Actor,
    target: AnyActorRef | undefined,
    seq: number,
    { event, origin }: Pick<InsideTimer, 'event' | 'origin'>,
  ): void {
    this.#steps.inside.handle(actor, { ...origin, seq, type: event.type }, () => target?.send(event))
  }
}

/** The origin of a timer when it is not known what led to it. */
function originOf(address: Address, id: string): Origin {
  return { correlationid: `${address}/${id}` }
}
