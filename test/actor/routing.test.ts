import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashed, leastLoaded } from '../../src/actor/routing.ts'

describe('the least loaded', () => {
  it.each([
    { loads: [0], from: 0, least: 0 },
    { loads: [2, 1, 3], from: 0, least: 1 },
    { loads: [1, 1, 1], from: 0, least: 0 },
    { loads: [1, 1, 1], from: 2, least: 2 },
    { loads: [1, 1, 1], from: 3, least: 0 },
    { loads: [0, 5, 0], from: 1, least: 2 },
  ])('of $loads from $from is $least', ({ loads, from, least }) => {
    expect(leastLoaded(loads, from)).toBe(least)
  })
})

const names = (count: number) => Array.from({ length: count }, (_, place) => `bakers/${place + 1}`)

describe('the member that a key belongs to', () => {
  it('stays the same, or is the new one, when a member joins', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 30 }), (key, count) => {
        const [before, after] = [hashed(key, names(count)), hashed(key, names(count + 1))]
        expect([before, count]).toContain(after)
      }),
    )
  })

  it('is each member about as often', () => {
    const counts = [0, 0, 0, 0]
    for (let key = 0; key < 10_000; key++) {
      const place = hashed(`customer-${key}`, names(4))
      counts[place] = (counts[place] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 2_500)).toBeLessThan(250)
  })
})
