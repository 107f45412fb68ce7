import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  agentEscalated,
  agentFailed,
  agentRestarted,
  agentTypes,
  defineAgent,
  defineEvent,
  defineParty,
  defineSupervisor,
} from 'troupe'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const wished = defineEvent('band.wished', z.object({ inputId: z.string(), content: z.string() }), {
  description: 'Somebody wishes for a song.',
})
const withdrawn = defineEvent('band.withdrawn', z.object({ inputId: z.string() }), {
  description: 'Somebody takes a wish back.',
})
const drummed = defineEvent('band.drummed', z.object({}), { description: 'A beat of the drums.' })

/** Drums once a second. */
const drummer = defineAgent({
  name: 'drummer',
  hears: [],
  says: [drummed],
  machine: setup({ types: agentTypes({ context: {}, hears: [], says: [drummed] }) }).createMachine({
    id: 'drummer',
    context: {},
    initial: 'drumming',
    states: {
      drumming: { after: { 1_000: { target: 'drumming', reenter: true, actions: emit(() => drummed({})) } } },
    },
  }),
})

/** Has a guitar of which a string breaks with every song. */
const guitarist = defineAgent({
  name: 'guitarist',
  hears: [wished],
  says: [],
  machine: setup({
    types: agentTypes({ context: {}, hears: [wished], says: [] }),
    actions: {
      play: () => {
        throw new Error('A string broke.')
      },
    },
  }).createMachine({ id: 'guitarist', context: {}, on: { 'band.wished': { actions: 'play' } } }),
})

const band = defineSupervisor({ name: 'band', intensity: { max: 2, within: 5_000 }, agents: [drummer, guitarist] })
const concert = defineParty({
  name: 'concert',
  agents: [band],
  events: [],
  inputs: { added: wished, removed: withdrawn },
  supervision: { intensity: { max: 0, within: 5_000 } },
  state: { initial: {}, on: {} },
})

export const scenario = defineScenario({
  id: 'restart-storm',
  title: 'A guitar that breaks with every song',
  shows:
    'Starting an agent again does not always help. Above a number of restarts its supervisor gives up, stops the others, and lets the one above decide; at the top the party fails, and other parties go on.',
  seed: 1,
  runtime: { party: concert, log: 'silent' },
  steps: [
    {
      does: 'Two concerts begin.',
      run: async ({ runtime, pass }) => {
        await runtime.parties.create({ id: 'loud' })
        await runtime.parties.create({ id: 'quiet' })
        await pass(3_000)
      },
    },
    {
      does: 'In one of them, three songs are wished for.',
      run: ({ runtime }) => runtime.parties.get('loud').update({ add: ['a waltz', 'a tango', 'a polka'] }),
    },
    { does: 'Five seconds pass.', run: ({ pass }) => pass(5_000) },
  ],
  asserts: [
    {
      that: 'The guitarist is started again twice, and crashes a third time.',
      check: ({ said }) => {
        const crashes = said(agentFailed).filter(({ data }) => data.address === 'party/loud/guitarist')
        const restarts = said(agentRestarted).filter(({ data }) => data.address === 'party/loud/guitarist')
        deepEqual([crashes.length, restarts.length], [3, 2])
      },
    },
    {
      that: 'Then the band gives up, and with it the concert.',
      check: ({ runtime, said }) => {
        ok(said(agentEscalated).length > 0)
        equal(runtime.parties.get('loud').state.status, 'error')
      },
    },
    {
      that: 'The drummer of that band drums no more, and no timer is left.',
      check: ({ said }) => {
        const beats = said(drummed).filter(({ party }) => party === 'loud')
        equal(beats.length, 3)
      },
    },
    {
      that: 'The other concert goes on.',
      check: ({ runtime, said }) => {
        equal(said(drummed).filter(({ party }) => party === 'quiet').length, 8)
        equal(runtime.parties.get('quiet').state.status, 'planning')
      },
    },
  ],
})
