import { closeBus, DefaultBusError, defineEvent, getBus, initBus, RateLimitError } from 'troupe'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { command, urgent } from '../support/pets.ts'
import { settle } from '../support/runtime.ts'

const init = async (options = {}) => {
  onTestFinished(() => closeBus({ timeout: 0 }))
  return initBus({ events: [command, urgent], ...options })
}

describe('the one bus of a process', () => {
  it('is the same wherever it is asked for', async () => {
    const bus = await init()
    const words: string[] = []
    bus.subscribe(command, ({ data }) => void words.push(data.word))
    await getBus().publish(command({ word: 'sit' }))
    expect(words).toEqual(['sit'])
    expect(getBus()).toBe(bus)
  })

  it('begins with the options that it is given', async () => {
    await init({ rateLimit: { perMinute: 1 } })
    await getBus().publish(command({ word: 'sit' }))
    await expect(getBus().publish(command({ word: 'stay' }))).rejects.toBeInstanceOf(RateLimitError)
  })

  it('is there once: a second beginning is refused, and harms nobody', async () => {
    await init()
    await expect(initBus()).rejects.toBeInstanceOf(DefaultBusError)
    await getBus().publish(urgent({ word: 'up' }))
    expect(getBus().metrics()).toMatchObject({ accepted: 1 })
  })

  it('is not there before its beginning, nor after its end, and can begin anew', async () => {
    expect(() => getBus()).toThrow(DefaultBusError)
    const bus = await init()
    await closeBus()
    expect(() => getBus()).toThrow(DefaultBusError)
    await expect(bus.publish(command({ word: 'late' }))).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    await closeBus()
    expect(await init()).not.toBe(bus)
  })

  it('that cannot begin is not there', async () => {
    await expect(init({ rateLimit: { perMinute: 0 } })).rejects.toMatchObject({ code: 'RATE_LIMIT_OPTIONS' })
    expect(() => getBus()).toThrow(DefaultBusError)
  })
})

it('a bus that is closed and started again while it starts is there in the end', async () => {
  onTestFinished(() => closeBus({ timeout: 0 }))
  const first = initBus().catch(() => 'ended')
  const closing = closeBus({ timeout: 0 })
  const second = initBus()
  await Promise.all([first, closing, second])
  expect(() => getBus()).not.toThrow()
})

it('a bus that a subscriber tries to close stays open', async () => {
  onTestFinished(() => closeBus({ timeout: 0 }))
  const done = defineEvent('x.done', z.object({}))
  const bus = await initBus({ events: [done] })
  let code = ''
  bus.subscribe(done, async () => {
    await closeBus().catch(error => (code = error.code))
  })
  await bus.publish(done({}))
  await settle()
  expect(code).toBe('WAIT_INSIDE')
  expect(() => getBus()).not.toThrow()
})
