import { deepEqual, equal } from 'node:assert/strict'
import { agentStarted, agentTypes, child, defineAgent, defineEvent } from 'troupe'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const unplugged = defineEvent('dance.unplugged', z.object({}), { description: 'Somebody pulled the plug.' })
const beat = defineEvent('dance.beat', z.object({}), { description: 'The music plays.' })
const silence = defineEvent('dance.silence', z.object({ seconds: z.int() }), {
  description: 'No beat was heard for too long.',
})

/** Plays a beat every second. Without power it neither plays nor crashes, so no supervisor notices anything. */
const dj = defineAgent({
  name: 'dj',
  hears: [unplugged],
  says: [beat],
  machine: setup({ types: agentTypes({ context: {}, hears: [unplugged], says: [beat] }) }).createMachine({
    id: 'dj',
    context: {},
    initial: 'playing',
    states: {
      playing: {
        on: { 'dance.unplugged': 'hanging' },
        after: { 1_000: { target: 'playing', reenter: true, actions: emit(() => beat({})) } },
      },
      hanging: {},
    },
  }),
})

/** Has a DJ of its own; after three seconds without a beat it tells of that and starts the DJ again. */
const host = defineAgent({
  name: 'host',
  hears: [beat],
  says: [silence],
  machine: setup({
    types: agentTypes({ context: {}, hears: [beat], says: [silence] }),
    actors: { dj: child(dj) },
  }).createMachine({
    id: 'host',
    context: {},
    initial: 'dancing',
    states: {
      dancing: {
        invoke: { id: 'dj', src: 'dj' },
        initial: 'listening',
        states: {
          listening: {
            on: { 'dance.beat': { target: 'listening', reenter: true } },
            after: { 3_000: { target: '#host.dancing', reenter: true, actions: emit(() => silence({ seconds: 3 })) } },
          },
        },
      },
    },
  }),
})

export const scenario = defineScenario({
  id: 'watchdog',
  title: 'A DJ who goes silent',
  shows:
    'An agent that hangs does not crash, so its supervisor cannot know. Another one expects its heartbeats, and starts it again when they stay away.',
  seed: 1,
  runtime: { agents: [host] },
  steps: [
    { does: 'The DJ plays for ten seconds.', run: ({ pass }) => pass(10_000) },
    {
      does: 'Somebody stumbles over the cable of the DJ.',
      run: ({ runtime }) => runtime.bus.publish(unplugged({})),
      idle: true,
    },
    { does: 'Ten more seconds pass.', run: ({ pass }) => pass(10_000) },
  ],
  asserts: [
    {
      that: 'The silence is told once, three seconds after the last beat.',
      check: ({ said }) => {
        const [told, ...others] = said(silence)
        equal(others.length, 0)
        const last = said(beat).findLast(({ seq }) => told && seq < told.seq)
        equal(told && last && told.time - last.time, 3_000)
      },
    },
    {
      that: 'The DJ is started again.',
      check: ({ said }) => {
        const starts = said(agentStarted).filter(({ data }) => data.address === 'runtime/host/dj')
        equal(starts.length, 2)
      },
    },
    {
      that: 'The music plays on after ten beats, with seven more.',
      check: ({ said }) => {
        const [told] = said(silence)
        const before = said(beat).filter(({ time }) => told && time < told.time).length
        deepEqual([before, said(beat).length - before], [10, 7])
      },
    },
  ],
})
