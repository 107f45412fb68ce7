import { agentTypes, defineAgent, defineEvent, type Scheduler, systemScheduler } from 'troupe'
import { expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'

const word = defineEvent('parrots.word', z.object({ text: z.string() }))

/** Agents that hear the same three words; who had a turn with which word, in order. */
async function turnsOf(names: readonly string[], next: Scheduler['next'] & object) {
  const turns: string[] = []
  const agents = names.map(name =>
    defineAgent({
      name,
      hears: [word],
      says: [],
      machine: setup({ types: agentTypes({ context: {}, hears: [word], says: [] }) }).createMachine({
        context: {},
        on: { 'parrots.word': { actions: ({ event }) => void turns.push(`${name} ${event.data.text}`) } },
      }),
    }),
  )
  const { runtime } = await startRuntime({ agents, scheduler: { ...systemScheduler, next } })
  await Promise.all(['a', 'b', 'c'].map(text => runtime.bus.publish(word({ text }))))
  await runtime.idle()
  return { turns: turns.join(', '), errors: runtime.bus.history({ type: 'system.error' }).map(({ data }) => data) }
}

const usual = 'ann a, bob a, ann b, bob b, ann c, bob c'

it('a scheduler may prefer an agent', async () => {
  const { turns } = await turnsOf(['ann', 'bob'], ready =>
    Math.max(
      0,
      ready.findIndex(({ address }) => address === 'runtime/bob'),
    ),
  )
  expect(turns).toBe('bob a, bob b, bob c, ann a, ann b, ann c')
})

it('a scheduler may let the event loop turn before each turn of an agent', async () => {
  let hasTurned = false
  let isPause = false
  const seen: boolean[] = []
  const { turns } = await turnsOf(['ann', 'bob'], () => {
    isPause = !isPause
    if (!isPause) {
      seen.push(hasTurned)
      return 0
    }
    hasTurned = false
    setImmediate(() => (hasTurned = true))
    return undefined
  })
  expect(turns).toBe(usual)
  expect(seen).toEqual(Array.from({ length: 6 }, () => true))
})

it.each<[how: string, next: () => number, what: string]>([
  ['has no such agent in its list', () => 7, 'gave 7'],
  ['is no index', () => 0.5, 'gave 0.5'],
  ['is the name of a method of its list', () => 'push' as unknown as number, 'gave push'],
  [
    'throws',
    () => {
      throw new Error('no idea')
    },
    'threw',
  ],
])(
  'a scheduler whose choice %s is reported once, and agents have their turns in the usual order',
  async (_, next, what) => {
    const { turns, errors } = await turnsOf(['ann', 'bob'], next)
    expect(turns).toBe(usual)
    expect(errors).toMatchObject([
      {
        severity: 'error',
        code: 'SCHEDULER',
        message: expect.stringContaining(`The method next of the scheduler ${what}`),
      },
    ])
  },
)
