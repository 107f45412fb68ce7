import fc from 'fast-check'
import { createSimulatedClock } from 'troupe/testing'
import { expect, it } from 'vitest'

const delays = fc.array(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constantFrom(NaN, Infinity)), {
  maxLength: 40,
  size: 'max',
})

it('a simulated clock fires what is due in the order of time, and of being set where that is equal', () => {
  fc.assert(
    fc.property(
      delays,
      fc.array(fc.nat(39), { maxLength: 20, size: 'max' }),
      fc.integer({ min: 0, max: 60 }),
      (delays, cancelled, ms) => {
        const clock = createSimulatedClock(0)
        const fired: string[] = []
        const cancels = delays.map((delay, place) => clock.after(delay, () => fired.push(`${place}@${clock.now()}`)))
        for (const place of cancelled) cancels[place]?.()
        const left = delays.map((at, place) => ({ at, place })).filter(({ place }) => !cancelled.includes(place))
        clock.advance(ms)
        const due = left.filter(({ at }) => at <= ms).toSorted((one, other) => one.at - other.at)
        expect(fired).toEqual(due.map(({ at, place }) => `${place}@${Math.max(0, at)}`))
        expect(clock.pending).toBe(left.length - due.length)
        expect(clock.now()).toBe(ms)
      },
    ),
  )
})

it('a simulated clock fires on the way what is set on the way', () => {
  const clock = createSimulatedClock(0)
  const fired: number[] = []
  const tick = () => {
    fired.push(clock.now())
    clock.after(10, tick)
  }
  clock.after(10, tick)
  clock.advance(35)
  expect(fired).toEqual([10, 20, 30])
  expect(clock.pending).toBe(1)
})

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a simulated clock does not advance by %s', ms => {
  const clock = createSimulatedClock(0)
  expect(() => clock.advance(ms)).toThrow(expect.objectContaining({ code: 'DURATION', duration: ms }))
  expect(clock.now()).toBe(0)
})
