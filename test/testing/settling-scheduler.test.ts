import { agentTypes, defineAgent, defineEvent, memoryJournal } from 'troupe'
import { seededRandom, settlingScheduler, slowJournal } from 'troupe/testing'
import { expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const party = petsParty(dogAgent())

it('settles when all runtimes that have the scheduler are at rest and durable, and no earlier', async () => {
  const scheduler = settlingScheduler()
  const journal = () => slowJournal(seededRandom(3), memoryJournal(), scheduler)
  const both = [
    await startRuntime({ scheduler, party, journal: journal() }),
    await startRuntime({ scheduler, party, journal: journal() }),
  ]
  const parties = await Promise.all(both.map(({ runtime }) => runtime.parties.create({ id: 'p1' })))
  for (const { runtime } of both)
    for (const word of ['a', 'b', 'c']) void runtime.bus.publish(command({ word }), { party: 'p1' })
  expect(parties.map(({ state }) => state.barks)).not.toEqual([3, 3])
  expect(scheduler.waiting).toBeGreaterThan(0)
  await scheduler.settle()
  expect(parties.map(({ state }) => state.barks)).toEqual([3, 3])
  expect(scheduler.waiting).toBe(0)
})

it('settles only after what is outside the runtimes, and what they do with its answer', async () => {
  const answer = Promise.withResolvers<void>()
  let pending: Promise<void> | undefined = answer.promise
  const scheduler = settlingScheduler({ outside: () => pending })
  const done: string[] = []
  void answer.promise.then(() => {
    pending = undefined
    scheduler.turn(() => scheduler.microtask(() => void done.push('work')))
  })
  const settled = scheduler.settle().then(() => done.push('settled'))
  answer.resolve()
  await settled
  expect(done).toEqual(['work', 'settled'])
})

it('leaves the choice of the next agent to the scheduler that it stands on', async () => {
  const next = () => 1
  const inner = { microtask: queueMicrotask, turn: (task: () => void) => void setImmediate(task), next }
  expect(settlingScheduler({ inner }).next?.([{ address: 'a' }, { address: 'b' }])).toBe(1)
  expect(settlingScheduler().next).toBeUndefined()
})

it('refuses a program that goes on for ever', async () => {
  const ping = defineEvent('kit.ping', z.object({}), { persist: false })
  const types = agentTypes({ context: {}, hears: [ping], says: [ping] })
  const machine = setup({ types }).createMachine({ context: {}, on: { 'kit.ping': { actions: emit(() => ping({})) } } })
  const scheduler = settlingScheduler()
  const { runtime } = await startRuntime({ scheduler, agents: [defineAgent({ name: 'echo', machine, types })] })
  await runtime.bus.publish(ping({}))
  await expect(scheduler.settle({ most: 1_000 })).rejects.toMatchObject({ code: 'NEVER_SETTLES', turns: 1_000 })
})
