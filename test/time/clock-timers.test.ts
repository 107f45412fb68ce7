import { createSimulatedClock } from 'troupe/testing'
import { expect, it } from 'vitest'
import { ClockTimers } from '../../src/time/clock-timers.ts'

const noFault = (error: unknown) => {
  throw error
}

it('timers of a clock that does not measure fire in its order, at once without a positive time, and never without an end', () => {
  const clock = createSimulatedClock()
  const timers = new ClockTimers(clock, noFault)
  const fired: number[] = []
  for (const ms of [20, 0, -1, NaN, -Infinity, Infinity, 10]) timers.after(ms, () => fired.push(ms))
  clock.advance(0)
  expect(fired).toEqual([0, -1, NaN, -Infinity])
  clock.advance(20)
  expect(fired.slice(4)).toEqual([10, 20])
  expect([timers.size, clock.pending]).toEqual([0, 0])
})

it('timers of a clock that does not measure may be longer than any timer of the host', () => {
  const clock = createSimulatedClock()
  const asked: number[] = []
  const host = {
    now: clock.now,
    after(ms: number, fire: () => void) {
      asked.push(ms)
      return clock.after(ms, fire)
    },
  }
  const timers = new ClockTimers(host, noFault)
  let fired = 0
  const month = 30 * 24 * 3_600_000
  timers.after(month, () => fired++)
  clock.advance(month - 1)
  expect(fired).toBe(0)
  clock.advance(1)
  expect(fired).toBe(1)
  expect(Math.max(...asked)).toBeLessThan(2 ** 31)
})

it('timers of a clock that does not measure never fire once they are cancelled or cleared', () => {
  const clock = createSimulatedClock()
  const timers = new ClockTimers(clock, noFault)
  const fired: string[] = []
  const cancel = timers.after(1, () => fired.push('cancelled'))
  timers.after(2, () => {
    fired.push('clears')
    timers.clear()
  })
  timers.after(2, () => fired.push('cleared'))
  cancel()
  cancel()
  expect(timers.size).toBe(2)
  clock.advance(10)
  expect(fired).toEqual(['clears'])
  expect([timers.size, clock.pending]).toEqual([0, 0])
})

it('timers of a clock that does not measure fire although another one throws, which is told', () => {
  const clock = createSimulatedClock()
  const told: unknown[] = []
  const timers = new ClockTimers(clock, error => told.push(error))
  let fired = 0
  timers.after(1, () => {
    throw new Error('boom')
  })
  timers.after(1, () => fired++)
  clock.advance(1)
  expect([fired, `${told}`]).toEqual([1, 'Error: boom'])
})
