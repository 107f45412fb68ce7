import fc from 'fast-check'
import { systemScheduler } from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { TimerWheel } from '../../src/time/timer-wheel.ts'
import { turn } from '../support/runtime.ts'

const noFault = (error: unknown) => {
  throw error
}

/** A clock that goes from one time to another without the times between, like that of a laptop that slept. */
function createJumpingClock(start = 0) {
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>()
  const clock = {
    time: start,
    /** How often a timer was set. */
    armed: 0,
    now: () => clock.time,
    elapsed: () => clock.time,
    after(ms: number, fire: () => void) {
      // Every host fires what is longer at once.
      expect(ms).toBeLessThan(2 ** 31)
      clock.armed++
      const timer = { at: clock.time + ms, fire }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    /** Fires what is due, but not what is set by that; `false` when there was nothing. */
    fireDue() {
      const due = [...timers].filter(({ at }) => at <= clock.time)
      for (const timer of due) if (timers.delete(timer)) timer.fire()
      return due.length > 0
    },
    jump(ms: number) {
      clock.time += ms
      while (clock.fireDue());
    },
    get pending() {
      return timers.size
    },
  }
  return clock
}

/** What timers promise, as simply as it can be said. */
class NaiveTimers {
  time: number
  #waiting: { readonly at: number; readonly fire: () => void }[] = []

  constructor(start: number) {
    this.time = start
  }

  get size(): number {
    return this.#waiting.length
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.time + (ms > 0 ? ms : 0), fire }
    if (ms === Infinity) return () => {}
    this.#waiting.push(timer)
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== timer)
    }
  }

  jump(ms: number): void {
    this.time += ms
    for (;;) {
      const [next] = this.#waiting.filter(({ at }) => at <= this.time).toSorted((one, other) => one.at - other.at)
      if (!next) return
      this.#waiting = this.#waiting.filter(timer => timer !== next)
      next.fire()
    }
  }
}

// Quarters of milliseconds, so that sums are exact and times meet.
const quarters = (max: number) => fc.integer({ min: 0, max: 4 * max }).map(count => count / 4)
const near = fc.oneof(fc.integer({ min: 0, max: 40 }), quarters(40))
const anyFar = fc.integer({ min: 0, max: 41 }).chain(power => quarters(2 ** power))
const deadline = fc.integer({ min: 60_000, max: 60_002 })
const delay = fc.oneof(near, anyFar, deadline, fc.constantFrom(2 ** 31, 2 ** 45, -1, NaN, Infinity))

const act = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      ms: delay,
      firing: fc.record({
        set: fc.array(delay, { maxLength: 2 }),
        cancel: fc.option(fc.nat(60)),
        throws: fc.boolean(),
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(60) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.oneof(near, anyFar, deadline) }),
  },
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

interface Stage {
  readonly size: number
  after(ms: number, fire: () => void): () => void
  jump(ms: number): void
  now(): number
}

/** Plays acts on some timers; returns what was to be seen. */
function play(acts: readonly Act[], stage: Stage, told: string[], throwing: (label: number) => void): void {
  const cancels: (() => void)[] = []
  const set = (ms: number, then?: (label: number) => void) => {
    const label = cancels.length
    const fire = () => {
      told.push(`${label} at ${stage.now()}`)
      then?.(label)
    }
    cancels.push(stage.after(ms, fire))
  }
  const cancel = (which: number) => cancels[which % cancels.length]?.()
  for (const one of acts) {
    if (one.kind === 'cancel') cancel(one.which)
    if (one.kind === 'jump') stage.jump(one.ms)
    if (one.kind === 'set')
      set(one.ms, label => {
        for (const ms of one.firing.set) set(ms)
        if (one.firing.cancel !== null) cancel(one.firing.cancel)
        if (one.firing.throws) throwing(label)
      })
    told.push(`${stage.size} left`)
  }
}

const acts = fc.array(act, { maxLength: 60, size: 'max' })
const start = fc.constantFrom(0, -7.25, Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 0.5)

describe('the timers of a runtime', () => {
  it('fire in the order of their times, and of being set where those are equal, however the clock jumps', () => {
    fc.assert(
      fc.property(start, acts, (start, acts) => {
        const clock = createJumpingClock(start)
        const told: string[] = []
        const wheel = new TimerWheel(clock, systemScheduler, error => told.push(`${error}`))
        const stage: Stage = {
          get size() {
            expect(clock.pending).toBeLessThanOrEqual(1)
            return wheel.size
          },
          after: (ms, fire) => wheel.after(ms, fire),
          jump: ms => clock.jump(ms),
          now: () => clock.time,
        }
        play(acts, stage, told, label => {
          throw new Error(`fault of ${label}`)
        })

        const naive = new NaiveTimers(start)
        const expected: string[] = []
        const model: Stage = {
          get size() {
            return naive.size
          },
          after: (ms, fire) => naive.after(ms, fire),
          jump: ms => naive.jump(ms),
          now: () => naive.time,
        }
        play(acts, model, expected, label => expected.push(`Error: fault of ${label}`))
        expect(told).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('fire at their own times, to the fraction, unless they were cancelled long before', () => {
    const delays = fc.array(fc.oneof(near, anyFar, deadline), { minLength: 1, maxLength: 60, size: 'max' })
    fc.assert(
      fc.property(start, delays, fc.array(fc.nat(59), { maxLength: 60, size: 'max' }), (start, delays, cancelled) => {
        const clock = createSimulatedClock(start)
        const wheel = new TimerWheel(clock, systemScheduler, noFault)
        const fired: string[] = []
        const cancels = delays.map((ms, place) => wheel.after(ms, () => fired.push(`${place}@${clock.now() - start}`)))
        for (const place of cancelled) cancels[place]?.()
        clock.advance(2 ** 41)
        const due = delays
          .map((ms, place) => ({ ms, place }))
          .filter(({ place }) => !cancelled.includes(place))
          .toSorted((one, other) => one.ms - other.ms)
        expect(fired).toEqual(due.map(({ ms, place }) => `${place}@${ms}`))
        expect(wheel.size).toBe(0)
      }),
    )
  })

  it('never fire once they are cancelled, be it by a timer that was due with them', () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    const fired: string[] = []
    const cancelEarly = wheel.after(10, () => fired.push('early'))
    wheel.after(20, () => {
      fired.push('middle')
      cancelLate()
    })
    const cancelLate = wheel.after(30, () => fired.push('late'))
    cancelEarly()
    clock.jump(40)
    expect(fired).toEqual(['middle'])
    expect(wheel.size).toBe(0)
  })

  it('may be cancelled twice, or after they fired, and no other is touched', () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    let fired = 0
    const cancels = [10, 10, 1_000].map(ms => wheel.after(ms, () => fired++))
    cancels[0]?.()
    cancels[0]?.()
    clock.jump(10)
    for (const cancel of cancels.slice(0, 2)) cancel()
    expect(wheel.size).toBe(1)
    clock.jump(1_000)
    expect(fired).toBe(2)
  })

  it('fire at once without a positive time, and never with one that has no end', () => {
    const clock = createSimulatedClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    const fired: number[] = []
    for (const ms of [0, -1, NaN, -Infinity, Infinity]) wheel.after(ms, () => fired.push(ms))
    clock.advance(0)
    expect(fired).toEqual([0, -1, NaN, -Infinity])
    clock.advance(2 ** 42)
    expect(fired).toHaveLength(4)
    expect(clock.pending).toBe(0)
  })

  it('may be longer than any timer of the host', () => {
    const clock = createSimulatedClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    let fired = 0
    const month = 30 * 24 * 3_600_000
    wheel.after(month, () => fired++)
    clock.advance(month - 1)
    expect(fired).toBe(0)
    clock.advance(1)
    expect(fired).toBe(1)
  })

  it('that are set while others fire wait for the clock, so that one that is set again and again starves nobody', () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    let fired = 0
    const again = () => {
      fired++
      wheel.after(0, again)
    }
    wheel.after(0, again)
    for (let turn = 1; turn <= 3; turn++) {
      clock.fireDue()
      expect(fired).toBe(turn)
    }
  })

  it('still fire when one throws, and even when nobody can be told of it', () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    const fired: string[] = []
    wheel.after(1, () => {
      throw new Error('boom')
    })
    wheel.after(1, () => fired.push('same time'))
    wheel.after(2, () => fired.push('later'))
    clock.time = 1
    expect(() => clock.fireDue()).toThrow('boom')
    clock.jump(1)
    expect(fired).toEqual(['same time', 'later'])
  })

  it('are gone when they are cleared, be it by one of them, and what is set then fires as ever', () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    const fired: string[] = []
    wheel.after(1, () => {
      wheel.clear()
      wheel.after(5, () => fired.push('new'))
      for (const cancel of old) cancel()
    })
    const old = [1, 2, 6, 60_000].map(ms => wheel.after(ms, () => fired.push('old')))
    clock.jump(2)
    expect(wheel.size).toBe(1)
    clock.jump(60_000)
    expect(fired).toEqual(['new'])
    expect(clock.pending).toBe(0)
  })
})

describe('the clock under the timers', () => {
  it('has one of its timers in use, however many they are', () => {
    const clock = createSimulatedClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    for (let count = 1_000; count > 0; count--) wheel.after(count, () => {})
    expect(clock.pending).toBe(1)
    wheel.clear()
    expect(clock.pending).toBe(0)
  })

  it('hears nothing of deadlines that are set and cancelled, be it one at a time or a thousand at once', () => {
    for (const inFlight of [1, 1_000]) {
      const clock = createJumpingClock()
      const wheel = new TimerWheel(clock, systemScheduler, noFault)
      const cancels: (() => void)[] = []
      for (let count = 0; count < 10_000; count++) {
        if (count % 100 === 99) clock.jump(1)
        cancels[count % inFlight]?.()
        cancels[count % inFlight] = wheel.after(60_000, () => {})
      }
      for (const cancel of cancels) cancel()
      expect(clock.armed).toBe(1)
    }
  })

  it('is let go of when the last timer was cancelled and the event loop came round', async () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    wheel.after(60_000, () => {})()
    expect(clock.pending).toBe(1)
    const cancel = wheel.after(60_000, () => {})
    await turn()
    expect(clock.pending).toBe(1)
    cancel()
    await turn()
    expect(clock.pending).toBe(0)
    let fired = 0
    wheel.after(10, () => fired++)
    clock.jump(10)
    expect(fired).toBe(1)
  })

  it('is let go of at once when the last timer fired, whatever was set and cancelled meanwhile', () => {
    const clock = createJumpingClock()
    const wheel = new TimerWheel(clock, systemScheduler, noFault)
    wheel.after(10, () => wheel.after(60_000, () => {})())
    wheel.after(10, () => {})
    clock.jump(10)
    expect(clock.pending).toBe(0)
  })

  it('is asked as often for a year that passed in one jump as for a second', () => {
    const armed = [1_000, 365 * 24 * 3_600_000].map(ms => {
      const clock = createJumpingClock()
      const wheel = new TimerWheel(clock, systemScheduler, noFault)
      let reads = 0
      const now = clock.now
      clock.now = () => {
        reads++
        return now()
      }
      wheel.after(1_000, () => {})
      wheel.after(2 * ms, () => {})
      clock.jump(ms)
      return { reads, armed: clock.armed, left: wheel.size }
    })
    expect(armed[0]).toEqual(armed[1])
  })
})
