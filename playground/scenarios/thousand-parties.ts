import { deepEqual, equal, ok } from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { agentTypes, defineAgent, defineEvent, defineParty } from 'troupe'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from './scenario.ts'

const wished = defineEvent('picnic.wished', z.object({ inputId: z.string(), content: z.string() }), {
  description: 'Somebody brings something along.',
})
const withdrawn = defineEvent('picnic.withdrawn', z.object({ inputId: z.string() }), {
  description: 'Somebody does not bring it after all.',
})
const packed = defineEvent('picnic.packed', z.object({ what: z.string() }), { description: 'It is in the basket.' })
const left = defineEvent('picnic.left', z.object({}), { description: 'The basket is on its way.' })
// Of a heap no two runs are the same, and what is journalled has to be.
const measured = defineEvent('picnic.measured', z.object({ taken: z.int(), left: z.int() }), {
  persist: false,
  description: 'How many KiB the picnics took, and how many of them were left when they were over.',
})

const packer = defineAgent({
  name: 'packer',
  hears: [wished],
  says: [packed],
  machine: setup({ types: agentTypes({ context: {}, hears: [wished], says: [packed] }) }).createMachine({
    id: 'packer',
    context: {},
    on: { 'picnic.wished': { actions: emit(({ event }) => packed({ what: event.data.content })) } },
  }),
})
const carrier = defineAgent({
  name: 'carrier',
  hears: [packed],
  says: [left],
  machine: setup({ types: agentTypes({ context: {}, hears: [packed], says: [left] }) }).createMachine({
    id: 'carrier',
    context: {},
    on: { 'picnic.packed': { actions: emit(() => left({})) } },
  }),
})

const initial: { basket: string[]; isGone: boolean } = { basket: [], isGone: false }
const picnic = defineParty({
  name: 'picnic',
  agents: [packer, carrier],
  events: [packed, left],
  inputs: { added: wished, removed: withdrawn },
  state: {
    initial,
    on: {
      'picnic.packed': (state, { data }) => void state.basket.push(data.what),
      'picnic.left': state => void (state.isGone = true),
    },
    completed: ({ isGone }) => isGone,
    figures: ({ basket }) => ({ packed: basket.length }),
  },
})

const named = (name: string, many: number) => Array.from({ length: many }, (_, count) => `${name}-${count}`)
const names = named('picnic', 1_000)

/** KiB on the heap that are still in use. */
async function heap(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let round = 0; round < 2; round++) {
    await setImmediate()
    collect()
  }
  return Math.round(process.memoryUsage().heapUsed / 1_024)
}

export const scenario = defineScenario({
  id: 'thousand-parties',
  title: 'A thousand picnics on one afternoon',
  shows:
    'A thousand parties at once, each with agents, a state and a journal of its own; when they are deleted, nothing of them is left.',
  seed: 1,
  runtime: { party: picnic, events: [measured] },
  steps: [
    {
      // They fill what is bounded, such as the history.
      does: 'Two hundred picnics come and go, as on any day.',
      run: async ({ runtime }) => {
        const usual = named('usual', 200)
        await Promise.all(usual.map(id => runtime.parties.create({ id, inputs: [`apple of ${id}`] })))
        await runtime.idle()
        await Promise.all(usual.map(id => runtime.parties.delete(id)))
      },
      idle: true,
    },
    {
      does: 'A thousand picnics are planned at once, and all but ten are over.',
      run: async ({ runtime }) => {
        const before = await heap()
        await Promise.all(names.map(id => runtime.parties.create({ id, inputs: [`sandwich of ${id}`] })))
        await runtime.idle()
        const taken = (await heap()) - before
        await Promise.all(names.slice(10).map(id => runtime.parties.delete(id)))
        await runtime.idle()
        await runtime.bus.publish(measured({ taken, left: (await heap()) - before }))
      },
    },
  ],
  asserts: [
    {
      that: 'Each of those that are left has its own sandwich in its basket.',
      check: ({ runtime }) => {
        const baskets = runtime.parties.list().map(({ id, state }) => [id, ...state.basket])
        deepEqual(
          baskets,
          names.slice(0, 10).map(id => [id, `sandwich of ${id}`]),
        )
      },
    },
    {
      that: 'Two steps of agents were taken for each of the twelve hundred picnics, and none failed.',
      check: ({ runtime }) => {
        const { handled, failed, dead } = runtime.bus.metrics()
        deepEqual({ handled, failed, dead }, { handled: 2_400, failed: 0, dead: 0 })
      },
    },
    {
      that: 'Ten picnics are left, and nothing waits anywhere.',
      check: ({ runtime }) => {
        const { parties, statuses, figures } = runtime.parties.stats()
        deepEqual([parties, statuses.completed, figures], [10, 10, { packed: 10 }])
        equal(runtime.bus.metrics().waiting, 0)
      },
    },
    {
      that: 'The agents of those ten are the only ones that are left.',
      check: ({ runtime }) => {
        const there: string[] = []
        const stop = runtime.observe(one => {
          if (one.kind === 'actor' && one.role === 'agent') there.push(one.address)
        })
        stop()
        deepEqual(
          there,
          names.slice(0, 10).flatMap(id => [`party/${id}/packer`, `party/${id}/carrier`]),
        )
      },
    },
    {
      that: 'Of the memory that the thousand took, not a tenth is left.',
      check: ({ said }) => {
        const [memory, ...others] = said(measured).map(({ data }) => data)
        equal(others.length, 0)
        ok(memory && memory.taken > 1_000 && memory.left < memory.taken / 10, JSON.stringify(memory))
      },
    },
  ],
})
