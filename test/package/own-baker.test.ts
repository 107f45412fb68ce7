import { createTestRuntime, given, probe, script } from 'troupe/testing'
import 'troupe/testing/vitest'
import { expect, it } from 'vitest'
import { bake, baked, baker, cancelled, flourWanted, ordered } from './own-baker.ts'

const lemon = { flavour: 'lemon' }
const photo = 'https://example.com/a.jpg'

/** A runtime with the baker, whose store and whose oven the test plays. */
async function bakery(oven = script(bake).returns(photo)) {
  const store = probe(flourWanted)
  const test = await createTestRuntime({ agents: [baker], standIns: [store, oven] })
  await test.runtime.bus.publish(ordered(lemon))
  return { test, store, oven }
}

it('asks for flour when a cake is ordered', () => {
  const step = given(baker).when(ordered(lemon)) // no runtime: one step, as data
  expect(step).toMatchObject({ state: 'asking', asks: [{ name: 'flour.wanted', input: { grams: 500 } }] })
})

it('bakes when there is flour', async () => {
  const { test, store } = await bakery()
  const asked = await store.expect(flourWanted, { grams: 500 })
  await asked.reply({ bags: 1 })
  expect(test).toHavePublished(baked, { ...lemon, photo })
  await test.stop()
})

it('cancels the order when the store does not answer', async () => {
  const { test, store } = await bakery()
  await store.expect(flourWanted) // and stay silent
  await test.pass('1 min')
  expect(test).toHavePublished(cancelled, lemon)
  expect(test).not.toHaveRun('bake')
  await test.stop()
})

it('bakes again when the oven fails', async () => {
  const { test, store, oven } = await bakery(script(bake).fails(new Error('too cold')).returns(photo, { after: '1 h' }))
  await (await store.expect(flourWanted)).reply({ bags: 1 })
  await test.pass('2 h')
  expect(test).toHavePublished(baked, { ...lemon, photo })
  expect(oven.calls).toHaveLength(2)
  await test.stop()
})

it('bakes under the same key when the process ends meanwhile', async () => {
  const { test, store, oven } = await bakery(script(bake).hangs().returns(photo))
  await (await store.expect(flourWanted)).reply({ bags: 1 })
  test.crash()
  await test.restart()
  await test.settle()
  expect(test).toHavePublished(baked, { ...lemon, photo })
  expect(oven.calls[1]?.key).toBe(oven.calls[0]?.key)
  await test.stop()
})
