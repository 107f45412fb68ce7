import { soleOwnership } from 'troupe'
import { createSimulatedClock, ownershipContract, sharedOwnership } from 'troupe/testing'
import { describe, expect, it } from 'vitest'

describe('the ownership of a single runtime', () => {
  for (const { name, run } of ownershipContract(() => ({ join: soleOwnership }), { shared: false })) it(name, run)
})

describe('an ownership that runtimes of one process share', () => {
  const create = () => {
    const clock = createSimulatedClock()
    const shared = sharedOwnership({ clock, lease: 3_000 })
    const lose = (name: string) => {
      shared.pause(name)
      clock.advance(3_000)
      shared.resume(name)
    }
    return { ...shared, lose }
  }
  for (const { name, run } of ownershipContract(create)) it(name, run)

  it('keeps a lease that its runtime renews, and ends it only after its whole time', async () => {
    const clock = createSimulatedClock()
    const shared = sharedOwnership({ clock, lease: 3_000 })
    const one = shared.join('one')
    const { lost } = await one.claim('p', 0)
    clock.advance(60_000)
    shared.pause('one')
    clock.advance(2_999)
    expect(one.ownerOf('p')).toBe('one')
    clock.advance(1)
    expect(one.ownerOf('p')).toBeUndefined()
    expect(lost.aborted).toBe(false)
    shared.resume('one')
    expect(lost.aborted).toBe(true)
  })
})
