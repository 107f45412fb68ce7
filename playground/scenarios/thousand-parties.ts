import { deepEqual, equal } from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { agentTypes, defineAgent, defineEvent, defineParty } from 'troupe'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const wished = defineEvent('picnic.wished', z.object({ inputId: z.string(), content: z.string() }), {
  description: 'Somebody brings something along.',
})
const withdrawn = defineEvent('picnic.withdrawn', z.object({ inputId: z.string() }), {
  description: 'Somebody does not bring it after all.',
})
const packed = defineEvent('picnic.packed', z.object({ what: z.string() }), { description: 'It is in the basket.' })
const left = defineEvent('picnic.left', z.object({}), { description: 'The basket is on its way.' })
const counted = defineEvent('picnic.counted', z.object({ kept: z.int() }), {
  persist: false,
  description: 'How much of the picnics that are over is still in memory.',
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

const names = Array.from({ length: 1_000 }, (_, count) => `picnic-${count}`)

/** How many of these are still in memory, when what nobody holds has been collected. */
async function kept(things: readonly WeakRef<object>[]): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const isThere = (thing: WeakRef<object>) => thing.deref() !== undefined
  for (let round = 0; round < 10 && things.some(isThere); round++) {
    // What was looked at stays until the turn is over.
    await setImmediate()
    collect()
  }
  return things.filter(isThere).length
}

export const scenario = defineScenario({
  id: 'thousand-parties',
  title: 'A thousand picnics on one afternoon',
  shows:
    'A thousand parties at once, each with agents, a state and a journal of its own; when they are deleted, nothing of them is left.',
  seed: 1,
  runtime: { party: picnic, events: [counted] },
  steps: [
    {
      does: 'A thousand picnics are planned at once.',
      run: ({ runtime }) => Promise.all(names.map(id => runtime.parties.create({ id, inputs: [`sandwich of ${id}`] }))),
      idle: true,
    },
    {
      does: 'All but ten are over, and somebody counts what is left of them.',
      run: async ({ runtime }) => {
        const over = names.slice(10)
        const things = over.flatMap(id => {
          const party = runtime.parties.get(id)
          const snapshots = ['packer', 'carrier'].map(name => party.agent(name).snapshot() ?? party)
          return [party, party.state, ...snapshots].map(thing => new WeakRef(thing))
        })
        await Promise.all(over.map(id => runtime.parties.delete(id)))
        await runtime.idle()
        await runtime.bus.publish(counted({ kept: await kept(things) }))
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
      that: 'Two thousand steps of agents were taken for a thousand picnics, and none failed.',
      check: ({ runtime }) => {
        const { handled, failed, dead } = runtime.bus.metrics()
        deepEqual({ handled, failed, dead }, { handled: 2_000, failed: 0, dead: 0 })
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
      that: 'Of the others neither a party, a state nor an agent is left in memory.',
      check: ({ said }) =>
        deepEqual(
          said(counted).map(({ data }) => data),
          [{ kept: 0 }],
        ),
    },
  ],
})
