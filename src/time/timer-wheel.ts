import type { MeasuringClock } from '../clock.ts'
import { longestTimeout, type Timers, timerDelay } from './timers.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
  /** Where it waits; nowhere once its time has come or it was cancelled. */
  slot: Slot | undefined
  /** Its place in the slot; -1 once it fired or was cancelled. */
  place: number
}

/** Timers that are due at about the same time, in no order. */
interface Slot {
  /** None of them is due before this. It stays where it is when the earliest is cancelled. */
  earliest: number
  timers: Timer[]
}

// A slot of level 0 is as wide as a millisecond, one of the next level 32 times as wide. Eight levels reach 35 years; what
// is later still waits in the last one, and is put there again when its slot comes round.
const slotsPerLevel = 32
const levels = 8

/**
 * The timers of a clock that measures: a hierarchical wheel. A timer waits in a slot that is the wider the further away it is
 * due, and moves to narrower ones as that comes closer, so setting and cancelling cost the same however many there are. Nearly
 * all of them are deadlines of asks, which are cancelled long before they are due: those never move, and cost the clock nothing.
 *
 * One timer of the clock stands for them all. It is armed anew only for what is due earlier: when the earliest is cancelled
 * it stays, finds nothing due, and goes on to the next.
 */
export class TimerWheel implements Timers {
  readonly #clock: MeasuringClock
  readonly #fault: (error: unknown) => void
  readonly #slots = Array.from<Slot | undefined>({ length: levels * slotsPerLevel })
  /** What a sweep has yet to fire, the next one last. */
  #due: Timer[] = []
  #size = 0
  #count = 0
  #armed: { readonly at: number; readonly disarm: () => void } | undefined
  #resting = false

  /** @param fault is told of what a timer throws; the others fire all the same */
  constructor(clock: MeasuringClock, fault: (error: unknown) => void) {
    this.#clock = clock
    this.#fault = fault
  }

  get size(): number {
    return this.#size
  }

  after(ms: number, fire: () => void): () => void {
    const delay = timerDelay(ms)
    if (delay === Number.POSITIVE_INFINITY) return never
    const now = this.#clock.elapsed()
    const timer: Timer = { at: now + delay, order: this.#count++, fire, slot: undefined, place: 0 }
    this.#size++
    this.#put(timer, now)
    this.#arm(timer.at, now)
    // Bound, because a closure and its scope would be larger than the timer itself.
    return this.#cancel.bind(this, timer)
  }

  clear(): void {
    this.#disarm()
    for (const slot of this.#slots) for (const timer of slot?.timers ?? []) timer.place = -1
    for (const timer of this.#due) timer.place = -1
    this.#slots.fill(undefined)
    this.#due = []
    this.#size = 0
    this.#count = 0
  }

  #cancel(timer: Timer): void {
    if (timer.place < 0) return
    if (timer.slot) remove(timer, timer.slot)
    timer.slot = undefined
    timer.place = -1
    this.#size--
    if (this.#size === 0) this.#rest()
  }

  // Who asks again and again would arm and disarm the clock each time, so an empty wheel lets go of it only when the event
  // loop came round and it is empty still. What is armed until then keeps no process alive for longer than that.
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    setImmediate(() => {
      this.#resting = false
      if (this.#size === 0) this.clear()
    })
  }

  #put(timer: Timer, now: number): void {
    const slot = this.#slotFor(timer.at, now)
    if (timer.at < slot.earliest || slot.timers.length === 0) slot.earliest = timer.at
    timer.slot = slot
    timer.place = slot.timers.length
    slot.timers.push(timer)
  }

  #slotFor(at: number, now: number): Slot {
    let first = 0
    let width = 1
    while (at - now >= width * slotsPerLevel && first < (levels - 1) * slotsPerLevel) {
      first += slotsPerLevel
      width *= slotsPerLevel
    }
    return (this.#slots[first + (Math.floor(at / width) & (slotsPerLevel - 1))] ??= { earliest: at, timers: [] })
  }

  #arm(at: number, now: number): void {
    if (this.#armed && this.#armed.at <= at) return
    this.#disarm()
    const ms = Math.min(longestTimeout, Math.max(0, at - now))
    this.#armed = { at, disarm: this.#clock.after(ms, () => this.#sweep()) }
  }

  #disarm(): void {
    this.#armed?.disarm()
    this.#armed = undefined
  }

  // What is set meanwhile is left to the next sweep: it is due later than all of this one, and may go on without end.
  #sweep(): void {
    this.#armed = undefined
    const now = this.#clock.elapsed()
    for (const slot of this.#slots) if (slot && slot.earliest <= now) this.#turn(slot, now)
    this.#due.sort(byLastDue)
    try {
      for (let timer = this.#due.pop(); timer; timer = this.#due.pop()) this.#fire(timer)
    } finally {
      if (this.#size === 0) this.#disarm()
      else this.#arm(this.#earliest(), this.#clock.elapsed())
    }
  }

  /** Empties a slot: what is due is to fire, the rest moves closer. */
  #turn(slot: Slot, now: number): void {
    const { timers } = slot
    slot.earliest = Number.POSITIVE_INFINITY
    slot.timers = []
    for (const timer of timers) {
      if (timer.at > now) this.#put(timer, now)
      else {
        timer.slot = undefined
        this.#due.push(timer)
      }
    }
  }

  #fire(timer: Timer): void {
    if (timer.place < 0) return
    timer.place = -1
    this.#size--
    try {
      timer.fire()
    } catch (error) {
      this.#fault(error)
    }
  }

  #earliest(): number {
    let earliest = this.#due.at(-1)?.at ?? Number.POSITIVE_INFINITY
    for (const slot of this.#slots) if (slot && slot.timers.length > 0) earliest = Math.min(earliest, slot.earliest)
    return earliest
  }
}

const never = () => {}

/** Takes a timer out of its slot; the last one there takes its place. */
function remove(timer: Timer, { timers }: Slot): void {
  const last = timers.pop()
  if (!last || last === timer) return
  timers[timer.place] = last
  last.place = timer.place
}

function byLastDue(timer: Timer, other: Timer): number {
  return other.at - timer.at || other.order - timer.order
}
