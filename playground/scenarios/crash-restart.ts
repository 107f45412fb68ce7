import { deepEqual, equal } from 'node:assert/strict'
import { agentFailed, agentRestarted, agentTypes, defineAgent, defineEvent, defineSupervisor } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const asked = defineEvent('jokes.asked', z.object({ about: z.string() }), { description: 'Somebody wants a joke.' })
const told = defineEvent('jokes.told', z.object({ about: z.string(), told: z.int() }), {
  description: 'Somebody told a joke, and how many that makes.',
})

/** Tells jokes, and counts them. About taxes, the one called Pip knows none. */
const clown = (name: string) => {
  const context = { told: 0 }
  return defineAgent({
    name,
    hears: [asked],
    says: [told],
    machine: setup({
      types: agentTypes({ context, hears: [asked], says: [told] }),
      actions: {
        think: assign(({ context }, about: string) => {
          if (name === 'pip' && about === 'taxes') throw new Error('There is nothing funny about taxes.')
          return { told: context.told + 1 }
        }),
      },
    }).createMachine({
      id: name,
      context,
      on: {
        'jokes.asked': {
          actions: [
            { type: 'think', params: ({ event }) => event.data.about },
            emit(({ context, event }) => told({ ...event.data, told: context.told })),
          ],
        },
      },
    }),
  })
}

const themes = ['cats', 'taxes', 'dogs', 'taxes', 'fish']

export const scenario = defineScenario({
  id: 'crash-restart',
  title: 'A clown who cannot laugh about taxes',
  shows:
    'An agent that crashes is started again at the same address, with the mail that waits for it and without the event that it crashed on. Its siblings notice nothing.',
  seed: 1,
  runtime: {
    log: 'silent',
    agents: [defineSupervisor({ name: 'circus', strategy: 'one_for_one', agents: [clown('pip'), clown('pop')] })],
  },
  steps: [
    {
      does: 'The audience calls for five jokes at once, two of them about taxes.',
      run: ({ runtime }) => Promise.all(themes.map(about => runtime.bus.publish(asked({ about })))),
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Pip crashes twice, and is back twice, at the same address.',
      check: ({ said }) => {
        const crashed = said(agentFailed).map(({ data }) => data.address)
        deepEqual(crashed, ['runtime/pip', 'runtime/pip'])
        const back = said(agentRestarted).map(({ data }) => `${data.address} ${data.incarnation}`)
        deepEqual(back, ['runtime/pip 2', 'runtime/pip 3'])
      },
    },
    {
      that: 'Pip tells the other three jokes, and counts anew after each crash.',
      check: ({ said }) => {
        const jokes = said(told).filter(({ source }) => source === 'runtime/pip')
        deepEqual(
          jokes.map(({ data }) => `${data.about} ${data.told}`),
          ['cats 1', 'dogs 1', 'fish 1'],
        )
      },
    },
    {
      that: 'Pop tells all five, without a break.',
      check: ({ runtime, said }) => {
        const jokes = said(told).filter(({ source }) => source === 'runtime/pop')
        deepEqual(
          jokes.map(({ data }) => data.told),
          [1, 2, 3, 4, 5],
        )
        equal(runtime.agent('pop').incarnation, 1)
      },
    },
    {
      that: 'What Pip crashed on is kept as dead letters.',
      check: ({ runtime }) => {
        const lost = runtime.bus.deadLetters.list().map(({ envelope, reason }) => [envelope.data, reason])
        deepEqual(lost, [
          [{ about: 'taxes' }, 'failed'],
          [{ about: 'taxes' }, 'failed'],
        ])
      },
    },
  ],
})
