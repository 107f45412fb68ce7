import { agentTypes, ask, defineAgent, defineEvent, defineRequest } from 'troupe'
import { createTestRuntime, why } from 'troupe/testing'
import { beforeEach, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'

const nothing = z.object({})
const wanted = defineEvent('tea.wanted', nothing)
const ticked = defineEvent('tea.ticked', nothing, { persist: false })
const made = defineEvent('tea.made', nothing)
const water = defineRequest('tea.water', { input: nothing, output: nothing })

/** Asks for water, and makes tea when it has it, or at each tick. */
const cook = defineAgent({
  name: 'cook',
  hears: [wanted, ticked],
  says: [made],
  machine: setup({
    types: agentTypes({ context: {}, hears: [wanted, ticked], says: [made] }),
    actors: { water: ask(water, { to: 'runtime/tap', deadline: 5_000 }) },
  }).createMachine({
    id: 'cook',
    context: {},
    initial: 'free',
    on: { 'tea.ticked': { actions: emit(made({})) } },
    states: {
      free: { on: { 'tea.wanted': 'asking' } },
      asking: {
        invoke: {
          src: 'water',
          input: {},
          onDone: { target: 'free', actions: emit(made({})) },
          onError: { target: 'free', actions: emit(made({})) },
        },
      },
    },
  }),
})

const tapTypes = agentTypes({ context: {}, hears: [water], says: [water] })
const tap = defineAgent({
  name: 'tap',
  types: tapTypes,
  machine: setup({ types: tapTypes }).createMachine({
    id: 'tap',
    context: {},
    initial: 'closed',
    states: {
      closed: { after: { 1_000: 'open' } },
      open: { on: { 'tea.water': { actions: emit(({ event }) => water.reply(event, {})) } } },
    },
  }),
})

let test: Awaited<ReturnType<typeof createTestRuntime>>

beforeEach(async () => {
  test = await createTestRuntime({ agents: [cook, tap], log: 'silent' })
  return () => test.stop()
})

/** The chain without times and positions. */
const chain = (text: string) => text.split('\n').filter(line => !line.startsWith(' '))

it('why leads from an event through an answer to the caller outside', async () => {
  await test.pass('1 s')
  await test.runtime.bus.publish(wanted({}))
  await test.settle()
  expect(chain(why(test, made))).toEqual([
    'runtime/cook says tea.made {}',
    'because runtime/tap answers {}',
    'because runtime/cook asks runtime/tap tea.water {}',
    'because somebody outside says tea.wanted {}',
  ])
})

it('why leads through a crash', async () => {
  await test.runtime.bus.publish(wanted({}))
  await test.settle()
  test.crash()
  await test.restart()
  await test.pass('5 s')
  const lines = chain(why(test, 'tea.made'))
  expect(lines[0]).toBe('runtime/cook says tea.made {}')
  expect(lines.at(-1)).toBe('because somebody outside says tea.wanted {}')
  expect(lines.length).toBeGreaterThan(2)
})

it('why takes the last event if none is named, and the id of an event', async () => {
  await test.runtime.bus.publish(wanted({}))
  await test.settle()
  const first = test.record.events.find(({ type }) => type === wanted.type)
  expect(why(test.record)).toBe(why(test, made))
  expect(chain(why(test, first?.id))).toEqual(['somebody outside says tea.wanted {}'])
})

it('why shows an event that is not journalled', async () => {
  await test.runtime.bus.publish(ticked({}))
  await test.settle()
  expect(chain(why(test, ticked))).toEqual(['runtime says tea.ticked {}'])
  expect(chain(why(test, made))).toEqual([
    'runtime/cook says tea.made {}',
    'because runtime/cook hears tea.ticked, which is not journalled',
  ])
})

it('why refuses an event that the run does not have, and names those that there are', async () => {
  expect(() => why(test)).toThrow('No event was published, but those of the runtime; there are: system.starting, ')
  await test.runtime.bus.publish(wanted({}))
  expect(() => why(test, 'tea.maid')).toThrow(/^The run has no event "tea.maid"; there are: .*tea\.wanted\. /)
})
