import { agentTypes, ask, createRuntime, defineAgent, defineEvent, defineRequest } from 'troupe'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { record } from './recorder.ts'

// An agent asks another one, which answers at once.

const call = defineEvent('pets.call', z.object({}))
const trick = defineRequest('pets.trick', {
  input: z.object({ name: z.string() }),
  output: z.object({ done: z.string() }),
})

const dog = defineAgent({
  name: 'dog',
  hears: [trick],
  says: [trick],
  machine: setup({ types: agentTypes({ context: undefined, hears: [trick], says: [trick] }) }).createMachine({
    initial: 'here',
    states: {
      here: { on: { 'pets.trick': { actions: emit(({ event }) => trick.reply(event, { done: event.data.name })) } } },
    },
  }),
})

const girl = defineAgent({
  name: 'girl',
  hears: [call],
  says: [],
  machine: setup({
    types: agentTypes({ context: undefined, hears: [call], says: [] }),
    actors: { askForTrick: ask(trick) },
  }).createMachine({
    initial: 'quiet',
    states: {
      quiet: { on: { 'pets.call': 'asking' } },
      asking: {
        tags: 'busy',
        invoke: { src: 'askForTrick', input: { name: 'roll' }, onDone: 'quiet' },
      },
    },
  }),
})

const runtime = await createRuntime({ agents: [dog, girl] }).start()
const calls = await record(async () => {
  await runtime.bus.publish(call({}))
  await runtime.idle()
})
await runtime.stop()
console.log(JSON.stringify(calls))
