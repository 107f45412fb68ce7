import { describe, expect, it } from 'vitest'
import { type RateLimit, RateMeter } from '../../src/bus/rate-meter.ts'

/** A meter that has counted an event at each of these moments. */
function after(limit: RateLimit, ...moments: readonly number[]): RateMeter {
  const meter = new RateMeter(limit)
  for (const moment of moments) meter.take(moment)
  return meter
}

describe('a limit for a span', () => {
  it.each([
    [{ perSecond: 2 }, 'second', 1_020],
    [{ perMinute: 2 }, 'minute', 61_200],
    [{ perHour: 2 }, 'hour', 3_672_000],
  ] as const)('%j has room when the fiftieth of the span that holds the oldest event is over', (limit, window, at) => {
    expect(after(limit, 0).full(0)).toBe(undefined)
    const meter = after(limit, 0, 0)
    expect(meter.full(0)).toEqual({ at, window })
    expect(meter.full(at - 1)).toEqual({ at, window })
    expect(meter.full(at)).toBe(undefined)
    meter.take(at)
    expect(meter.full(at)).toBe(undefined)
  })

  it('counts events above the limit, too', () => {
    expect(after({ perSecond: 2 }, 0, 200, 200).full(1_100)).toEqual({ at: 1_220, window: 'second' })
  })

  it('counts the events of the span only', () => {
    const meter = after({ perSecond: 2 }, 0, 500)
    expect(meter.full(500)).toEqual({ at: 1_020, window: 'second' })
    meter.take(1_020)
    expect(meter.full(1_020)).toEqual({ at: 1_520, window: 'second' })
  })

  it('forgets what came before a long silence', () => {
    const meter = after({ perSecond: 1 }, 0)
    expect(meter.full(5_000)).toBe(undefined)
    meter.take(5_000)
    expect(meter.full(5_100)).toEqual({ at: 6_020, window: 'second' })
  })

  it('counts before the moment 0, too', () => {
    expect(after({ perSecond: 1 }, -1_000).full(-1_000)).toEqual({ at: 20, window: 'second' })
  })

  it('holds for moments without an event in between', () => {
    const meter = after({ perSecond: 1 }, 0)
    for (let now = 0; now < 1_020; now += 10)
      expect(meter.full(now), String(now)).toEqual({ at: 1_020, window: 'second' })
    expect(meter.full(1_020)).toBe(undefined)
  })
})

describe('a limit for one moment', () => {
  it.each([
    [{ burst: 1 }, 1_000],
    [{ burst: 1, perSecond: 4 }, 250],
    [{ burst: 1, perMinute: 120 }, 500],
    [{ burst: 1, perHour: 3 }, 1_200_000],
    [{ burst: 1, perMinute: 120, perHour: 1_800 }, 500],
  ] as const)('%j lets the next event come after 1/rate', (limit, at) => {
    const meter = after(limit, 0)
    expect(meter.full(0)).toEqual({ at, window: 'burst' })
    expect(meter.full(at)).toBe(undefined)
  })

  it('is full of as many events as it says, and room comes evenly', () => {
    expect(after({ burst: 4 }, 0, 0, 0).full(0)).toBe(undefined)
    const meter = after({ burst: 4 }, 0, 0, 0, 0)
    expect(meter.full(0)).toEqual({ at: 250, window: 'burst' })
    expect(meter.full(125)).toEqual({ at: 250, window: 'burst' })
    meter.take(250)
    expect(meter.full(250)).toEqual({ at: 500, window: 'burst' })
  })

  it('saves no room from a long silence', () => {
    const meter = after({ burst: 2 }, 0)
    meter.take(100_000)
    expect(meter.full(100_000)).toBe(undefined)
    meter.take(100_000)
    expect(meter.full(100_000)).toEqual({ at: 100_500, window: 'burst' })
  })

  it('takes no room back when the clock is set back', () => {
    const meter = after({ burst: 1 }, 100)
    expect(meter.full(50)).toEqual({ at: 1_050, window: 'burst' })
  })
})

describe('several limits', () => {
  it('are full until the last of them has room', () => {
    expect(after({ perSecond: 1, perMinute: 1 }, 0).full(0)).toEqual({ at: 61_200, window: 'minute' })
    expect(after({ perMinute: 60, burst: 1 }, 0).full(0)).toEqual({ at: 1_000, window: 'burst' })
    expect(after({ perSecond: 1, burst: 1 }, 0).full(0)).toEqual({ at: 1_020, window: 'second' })
  })

  it('that have room at the same moment are named by the longer-lasting kind', () => {
    const meter = after({ perSecond: 2, burst: 1 }, 0, 520)
    expect(meter.full(520)).toEqual({ at: 1_020, window: 'second' })
  })

  it('count an event once each', () => {
    const meter = after({ perSecond: 1, perHour: 2 }, 0, 2_000)
    expect(meter.full(2_000)).toEqual({ at: 3_672_000, window: 'hour' })
  })
})
