import type { MeasuringClock } from '../clock.ts'
import type { Scheduler } from './scheduler.ts'
import { longestTimeout, type Timers, timerDelay } from './timers.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
  /** The slot in which it waits; `undefined` after it fired or was cancelled. */
  slot: Slot | undefined
  /** Its index in the slot; -1 after it fired or was cancelled. */
  place: number
}

/** Timers that are due at about the same time, in no order. */
interface Slot {
  /** No timer of the slot is due before this. It does not change when the earliest timer is cancelled. */
  earliest: number
  timers: Timer[]
}

// A slot of level 0 covers one millisecond; a slot of each next level covers 32 times as much. Eight levels reach 35 years. Later
// timers wait in the last level, and are put there again when their slot is due.
const slotsPerLevel = 32
const levels = 8

/**
 * The timers of a clock that measures: a hierarchical wheel. A timer that is due later waits in a wider slot, and moves to narrower
 * slots as its time comes closer. So setting and cancelling a timer cost the same for any number of timers. Nearly all timers
 * are deadlines of asks, which are cancelled long before they are due: these never move, and cost the clock nothing.
 *
 * One timer of the clock serves all of them. It is set again only for an earlier timer: when the earliest timer is cancelled, the
 * clock's timer still fires, finds nothing due, and is set for the next one.
 */
export class TimerWheel implements Timers {
  readonly #clock: MeasuringClock
  readonly #scheduler: Pick<Scheduler, 'turn'>
  readonly #fault: (error: unknown) => void
  readonly #slots = Array.from<Slot | undefined>({ length: levels * slotsPerLevel })
  /** The timers that a sweep has yet to fire; the next one is the last. */
  #due: Timer[] = []
  #size = 0
  #count = 0
  #armed: { readonly at: number; readonly disarm: () => void } | undefined
  #resting = false

  /** @param fault is called with the error of a timer; the other timers fire all the same */
  constructor(clock: MeasuringClock, scheduler: Pick<Scheduler, 'turn'>, fault: (error: unknown) => void) {
    this.#clock = clock
    this.#scheduler = scheduler
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
    // Bound, because a closure with its scope is larger than the timer itself.
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

  // Repeated asks would set and cancel the clock's timer each time. So an empty wheel cancels it only after a turn of the event
  // loop, if the wheel is still empty then. Until then the timer keeps the process alive, and no longer.
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    this.#scheduler.turn(() => {
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

  // Timers that are set meanwhile wait for the next sweep: they are due later, and might keep this sweep from ending.
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

  /** Empties a slot: due timers will fire, the other timers move to narrower slots. */
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

/** Removes a timer from its slot; the last timer of the slot gets its index. */
function remove(timer: Timer, { timers }: Slot): void {
  const last = timers.pop()
  if (!last || last === timer) return
  timers[timer.place] = last
  last.place = timer.place
}

function byLastDue(timer: Timer, other: Timer): number {
  return other.at - timer.at || other.order - timer.order
}
