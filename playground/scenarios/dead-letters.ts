import { deepEqual, equal } from 'node:assert/strict'
import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const invited = defineEvent('guests.invited', z.object({ guest: z.string() }), {
  description: 'Somebody is to get an invitation.',
})
const written = defineEvent('guests.written', z.object({ guest: z.string() }), {
  description: 'An invitation is written.',
})

/** Writes one invitation a second, and has a desk with room for two more. */
const scribe = defineAgent({
  name: 'scribe',
  hears: [invited],
  says: [written],
  mailbox: { capacity: 2, overflow: 'drop-newest' },
  machine: setup({ types: agentTypes({ context: { guest: '' }, hears: [invited], says: [written] }) }).createMachine({
    id: 'scribe',
    context: { guest: '' },
    initial: 'ready',
    states: {
      ready: { on: { 'guests.invited': { target: 'writing', actions: assign(({ event }) => event.data) } } },
      writing: {
        tags: 'busy',
        after: { 1_000: { target: 'ready', actions: emit(({ context }) => written(context)) } },
      },
    },
  }),
})

/** Carries one letter at a time, and is away for long. */
const messenger = defineAgent({
  name: 'messenger',
  hears: [written],
  says: [],
  machine: setup({ types: agentTypes({ context: {}, hears: [written], says: [] }) }).createMachine({
    id: 'messenger',
    context: {},
    initial: 'here',
    states: {
      here: { on: { 'guests.written': 'away' } },
      away: { tags: 'busy', after: { 60_000: 'here' } },
    },
  }),
})

const guests = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve']

export const scenario = defineScenario({
  id: 'dead-letters',
  title: 'Invitations that nobody could take',
  shows:
    'What cannot be delivered is neither lost nor an error for whoever sent it: it is a dead letter with its reason, counted, and delivered again on demand, once.',
  seed: 1,
  runtime: { agents: [scribe, messenger] },
  steps: [
    {
      does: 'Five invitations come at once; the scribe can take three.',
      run: async ({ runtime, pass }) => {
        for (const guest of guests) await runtime.agent('scribe').send(invited({ guest }))
        await pass(500)
      },
    },
    {
      does: 'The messenger is away with the first one, and is sent home when the others are written.',
      run: async ({ runtime, pass }) => {
        await pass(5_000)
        await runtime.agent('messenger').stop()
      },
      idle: true,
    },
    {
      does: 'What the scribe had no room for is handed over again.',
      run: async ({ runtime, pass }) => {
        await runtime.bus.deadLetters.redrive({ reason: 'overflow' })
        await pass(5_000)
      },
      idle: true,
    },
    {
      does: 'And once more, though nothing is left.',
      run: async ({ runtime, pass }) => {
        await runtime.bus.deadLetters.redrive({ reason: 'overflow' })
        await pass(5_000)
      },
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Every invitation is written, and each of them once.',
      check: ({ said }) =>
        deepEqual(
          said(written).map(({ data }) => data.guest),
          guests,
        ),
    },
    {
      that: 'Those that waited for the messenger are dead letters: nobody is there to carry them.',
      check: ({ runtime }) => {
        const letters = runtime.bus.deadLetters.list().map(({ envelope, reason }) => [reason, envelope.data])
        deepEqual(letters, [
          ['stopped', { guest: 'Ben' }],
          ['stopped', { guest: 'Cleo' }],
        ])
      },
    },
    {
      that: 'The counts add up.',
      check: ({ runtime }) => {
        const { created, handled, ignored, failed, dead, coalesced, waiting } = runtime.bus.metrics()
        equal(created, handled + ignored + failed + dead + coalesced + waiting)
        deepEqual([handled, waiting], [6, 0])
      },
    },
  ],
})
