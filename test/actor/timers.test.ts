import fc from 'fast-check'
import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { Timers } from '../../src/actor/timers.ts'

const plan = fc.array(
  fc.record({ ms: fc.integer({ min: 0, max: 50 }), cancelAfter: fc.option(fc.integer({ min: 0, max: 50 })) }),
  {
    maxLength: 60,
  },
)

describe('the timers of a runtime', () => {
  it('fire in the order of their times, and of being set where those are equal, unless they were cancelled', () => {
    fc.assert(
      fc.property(plan, timers => {
        const clock = createSimulatedClock(0)
        const wheel = new Timers(clock, () => {})
        const fired: string[] = []
        const cancels = timers.map(({ ms }, place) => wheel.after(ms, () => fired.push(`${place}@${clock.now()}`)))
        for (let now = 0; now <= 50; now++) {
          for (const [place, { cancelAfter }] of timers.entries()) if (cancelAfter === now) cancels[place]?.()
          clock.advance(1)
        }
        const due = timers
          .map(({ ms, cancelAfter }, place) => ({ ms, cancelAfter, place }))
          // Cancelling comes before the clock moves on, so a timer that is due at that very time has fired already.
          .filter(({ ms, cancelAfter }) => cancelAfter === null || cancelAfter >= Math.max(ms, 1))
          .toSorted((one, other) => one.ms - other.ms || one.place - other.place)
        expect(fired).toEqual(due.map(({ ms, place }) => `${place}@${ms}`))
        expect(wheel.size).toBe(0)
        expect(clock.pending).toBe(0)
      }),
    )
  })

  it('use one timer of the clock, however many they are', () => {
    const clock = createSimulatedClock()
    const wheel = new Timers(clock, () => {})
    for (let count = 1; count <= 1_000; count++) wheel.after(count, () => {})
    expect(clock.pending).toBe(1)
    wheel.clear()
    expect(clock.pending).toBe(0)
  })

  it('may be longer than any timer of the host', () => {
    const clock = createSimulatedClock()
    const wheel = new Timers(clock, () => {})
    let fired = 0
    const month = 30 * 24 * 3_600_000
    wheel.after(month, () => fired++)
    clock.advance(month - 1)
    expect(fired).toBe(0)
    clock.advance(1)
    expect(fired).toBe(1)
  })
})
