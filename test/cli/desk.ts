import { agentTypes, ask, defineAgent, defineEvent, defineParty, defineRequest, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

/** An application, a support desk of four agents: with an ask, outside work, a crash and a timer. */

const added = defineEvent('desk.ticket.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('desk.ticket.removed', z.object({ inputId: z.string() }))
const drafted = defineEvent('desk.answer.drafted', z.object({ text: z.string() }))
const filed = defineEvent('desk.ticket.filed', z.object({ content: z.string() }))
const tone = defineRequest('desk.tone', { input: z.object({}), output: z.object({ tone: z.string() }) })

/** Answers which tone to use. */
const stylist = defineAgent({
  name: 'stylist',
  hears: [tone],
  says: [tone],
  machine: setup({ types: agentTypes({ context: {}, hears: [tone], says: [tone] }) }).createMachine({
    context: {},
    on: { 'desk.tone': { actions: emit(({ event }) => tone.reply(event, { tone: 'friendly' })) } },
  }),
})

/** Asks for the tone, and lets an effect write an answer. */
const context = { content: '' }
const writer = defineAgent({
  name: 'writer',
  hears: [added],
  says: [drafted],
  machine: setup({
    types: agentTypes({ context, hears: [added], says: [drafted] }),
    actors: { tone: ask(tone), draft: effect('draft', async (content: string) => `About "${content}": we see to it.`) },
  }).createMachine({
    context,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'desk.ticket.added': { target: 'asking', actions: assign(({ event }) => ({ content: event.data.content })) },
        },
      },
      asking: {
        tags: 'busy',
        invoke: { id: 'tone', src: 'tone', input: {}, onDone: 'writing', onError: 'idle' },
      },
      writing: {
        tags: 'busy',
        invoke: {
          id: 'draft',
          src: 'draft',
          input: ({ context }) => context.content,
          onDone: { target: 'idle', actions: emit(({ event }) => drafted({ text: event.output })) },
          onError: 'idle',
        },
      },
    },
  }),
})

/** Files tickets, and crashes on hot ones. */
const clerk = defineAgent({
  name: 'clerk',
  hears: [added],
  says: [filed],
  machine: setup({ types: agentTypes({ context: {}, hears: [added], says: [filed] }) }).createMachine({
    context: {},
    on: {
      'desk.ticket.added': {
        actions: emit(({ event }) => {
          if (event.data.content.includes('hot')) throw new Error('It burned my fingers.')
          return filed({ content: event.data.content })
        }),
      },
    },
  }),
})

/** Waits for a day after each answer. */
const reminder = defineAgent({
  name: 'reminder',
  hears: [drafted],
  says: [],
  machine: setup({ types: agentTypes({ context: {}, hears: [drafted], says: [] }) }).createMachine({
    context: {},
    initial: 'resting',
    states: {
      resting: { on: { 'desk.answer.drafted': 'waiting' } },
      waiting: { after: { 86_400_000: 'resting' } },
    },
  }),
})

const initial: { filed: string[]; answers: string[] } = { filed: [], answers: [] }

export const party = defineParty({
  name: 'desk',
  agents: [stylist, writer, clerk, reminder],
  events: [drafted, filed],
  inputs: { added, removed },
  state: {
    initial,
    on: {
      'desk.answer.drafted': (state, { data }) => void state.answers.push(data.text),
      'desk.ticket.filed': (state, { data }) => void state.filed.push(data.content),
    },
  },
})
