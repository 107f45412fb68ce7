import { type Agent, agentTypes, ask, askMany, defineAgent, type TimersAfterRestart } from 'troupe'
import { describe, expect, it } from 'vitest'
import { raise, setup } from 'xstate'
import { command, dogAgent, trick, urgent } from '../support/pets.ts'
import { createProgram, type Program } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const day = 24 * 60 * 60 * 1_000

/** The state of an agent: in this process, after a crash, and after another month. */
async function states(program: Program, agents: readonly Agent[], name: string): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  const first = await program.start({ agents, events: [command] })
  const look = async (runtime: typeof first) => {
    await settle()
    seen.push(runtime.agent(name).snapshot()?.value)
  }
  await first.bus.publish(command({ word: 'rest' }))
  await first.idle()
  await first.bus.publish(urgent({ word: 'start' }))
  await settle()
  program.clock.advance(1)
  await look(first)
  program.crash()
  const next = await program.start({ agents })
  program.clock.advance(1)
  await look(next)
  program.clock.advance(30 * day)
  await look(next)
  return seen
}

const hears = [urgent]
const waits = ['waits', 'waits', 'waits']
const isOver = ['over', 'over', 'over']

const cases = [
  ['Infinity', Infinity, waits],
  ['1e18 milliseconds', 1e18, waits],
  ['40 days', 40 * day, waits],
  ['NaN', NaN, isOver],
  ['a negative number', -5, isOver],
] as const

/** Waits by one of the timers that machines have. */
const waiter = (how: 'after' | 'raise', delay: number, timers: TimersAfterRestart) =>
  defineAgent({
    name: 'waiter',
    hears,
    says: [],
    timers,
    machine: setup({ types: agentTypes({ context: {}, hears, says: [] }), delays: { so: () => delay } }).createMachine({
      context: {},
      initial: 'idle',
      states: {
        idle: {
          on: {
            'pets.urgent': [
              { guard: ({ event }) => event.data.word === 'start', target: how === 'after' ? 'waits' : 'raises' },
            ],
          },
        },
        raises: { entry: raise(urgent({ word: 'rung' }), { delay, id: 'own' }), always: 'waits' },
        waits: {
          after: how === 'after' ? { so: 'over' } : {},
          on: { 'pets.urgent': { guard: ({ event }) => event.data.word === 'rung', target: 'over' } },
        },
        over: {},
      },
    }),
  })

describe.each(['absolute', 'remaining', 'restart'] as const)('a timer (%s)', timers => {
  it.each(cases)('of %s is the same before and after a crash', async (_, delay, expected) => {
    for (const how of ['after', 'raise'] as const)
      expect(await states(createProgram(), [waiter(how, delay, timers)], 'waiter')).toEqual(expected)
  })
})

/** Asks the dog, which rests. */
const asker = (how: 'ask' | 'askMany', deadline: number) =>
  defineAgent({
    name: 'asker',
    hears,
    says: [],
    machine: setup({
      types: agentTypes({ context: {}, hears, says: [] }),
      actors: { ask: ask(trick, { deadline }), askMany: askMany(trick, { deadline }) },
    }).createMachine({
      context: {},
      initial: 'idle',
      states: {
        idle: { on: { 'pets.urgent': 'waits' } },
        waits: { invoke: { id: 'trick', src: how, input: { name: 'sit' }, onDone: 'answered', onError: 'over' } },
        answered: {},
        over: {},
      },
    }),
  })

describe('the deadline of an ask', () => {
  it.each(cases)('of %s is the same before and after a crash', async (_, deadline, expected) => {
    for (const how of ['ask', 'askMany'] as const) {
      const dog = defineAgent({ ...dogAgent(), hears: [command, trick] })
      expect(await states(createProgram(), [dog, asker(how, deadline)], 'asker')).toEqual(expected)
    }
  })
})

it('an ask with an infinite deadline is answered in the next process', async () => {
  const program = createProgram()
  const agents = [dogAgent(), asker('ask', Infinity)]
  const first = await program.start({ agents })
  await first.bus.publish(command({ word: 'rest' }))
  await first.bus.publish(urgent({ word: 'start' }), {})
  program.crash()
  program.clock.advance(day)
  const next = await program.start({ agents })
  await next.agent('dog').send(urgent({ word: 'up' }))
  await next.idle()
  expect(next.agent('asker').snapshot()?.value).toBe('answered')
})
