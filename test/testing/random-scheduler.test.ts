import { randomScheduler, seededRandom, settlingScheduler } from 'troupe/testing'
import { expect, it } from 'vitest'
import { turn, turns } from '../support/runtime.ts'

/** The order in which a scheduler calls 10 microtasks, 10 turns, and the choices of 10 agents, by name. */
async function orderOf(seed: number): Promise<string> {
  const scheduler = randomScheduler(seededRandom(seed))
  const called: string[] = []
  const { microtask, turn, settle } = settlingScheduler({ inner: scheduler })
  for (let n = 0; n < 10; n++) {
    microtask(() => called.push(`m${n}`))
    turn(() => called.push(`t${n}`))
  }
  await settle()
  const ready = called.map(address => ({ address }))
  return [...called, ...ready.map(() => scheduler.next(ready))].join()
}

it('the same seed gives the same order, other seeds give other orders', async () => {
  const orders = new Set<string>()
  for (let seed = 1; seed <= 100; seed++) {
    const order = await orderOf(seed)
    expect(await orderOf(seed)).toBe(order)
    orders.add(order)
  }
  expect(orders.size).toBe(100)
})

it('a random scheduler says how many microtasks and turns wait', async () => {
  const scheduler = randomScheduler(seededRandom(1))
  scheduler.microtask(() => {})
  scheduler.turn(() => {})
  expect(scheduler.held).toBe(2)
  await Promise.resolve()
  expect(scheduler.held).toBe(1)
  await turn()
  expect(scheduler.held).toBe(0)
})

it('nothing is called while a random scheduler stands still', async () => {
  const scheduler = randomScheduler(seededRandom(1))
  const called: string[] = []
  const answer = Promise.withResolvers<void>()
  scheduler.microtask(() => called.push('microtask'))
  scheduler.turn(() => called.push('turn'))
  const goesOn = scheduler.standStill(answer.promise)
  await turns(2)
  expect(called).toEqual([])
  answer.resolve()
  await goesOn
  await turns(2)
  expect(called).toEqual(['microtask', 'turn'])
})

it('a random scheduler that stands still for several promises waits for all of them', async () => {
  const scheduler = randomScheduler(seededRandom(1))
  const called: string[] = []
  const late = Promise.withResolvers<void>()
  scheduler.turn(() => called.push('turn'))
  const both = [scheduler.standStill(Promise.reject(new Error('refused'))), scheduler.standStill(late.promise)]
  await both[0]
  await turn()
  expect(called).toEqual([])
  late.resolve()
  await both[1]
  await turn()
  expect(called).toEqual(['turn'])
})
