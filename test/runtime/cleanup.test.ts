import {
  agentTypes,
  CleanupError,
  type Clock,
  createRuntime,
  defineAgent,
  defineEvent,
  type MailboxOptions,
} from 'troupe'
import { createSimulatedClock, type SimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { enqueueActions, setup } from 'xstate'
import * as z from 'zod'
import { held } from '../support/heap.ts'
import { command, dogAgent, petsParty, spray, trick, urgent } from '../support/pets.ts'
import { settle, startRuntime, suiteScheduler } from '../support/runtime.ts'

const minute = 60_000

const whistle = defineEvent('pets.whistle', z.object({}), { ttl: 1_000 })

/** Whistles as often as it is told to. */
const whistler = defineAgent({
  name: 'whistler',
  hears: [spray],
  says: [whistle],
  machine: setup({ types: agentTypes({ context: {}, hears: [spray], says: [whistle] }) }).createMachine({
    on: {
      'pets.spray': {
        actions: enqueueActions(({ enqueue, event: { data } }) => {
          for (let n = 0; n < data.count; n++) enqueue.emit(whistle({}))
        }),
      },
    },
  }),
})

/** Sleeps until something is urgent. */
const sleeper = (mailbox: MailboxOptions) =>
  defineAgent({
    name: 'sleeper',
    mailbox,
    hears: [whistle, urgent],
    says: [],
    machine: setup({ types: agentTypes({ context: {}, hears: [whistle, urgent], says: [] }) }).createMachine({
      initial: 'asleep',
      states: { asleep: { tags: 'busy', on: { 'pets.urgent': 'awake' } }, awake: {} },
    }),
  })

/** A simulated clock that counts the timers which keep no process alive. */
function backgroundTimers() {
  const clock = createSimulatedClock()
  const pending = new Set<object>()
  const after: Clock['after'] = (ms, fn, options = {}) => {
    const timer = {}
    if (options.background) pending.add(timer)
    const cancel = clock.after(ms, () => {
      pending.delete(timer)
      fn()
    })
    return () => {
      pending.delete(timer)
      cancel()
    }
  }
  return { clock: { ...clock, after }, pending: () => pending.size }
}

/** A dog that rests behind a small mailbox, and whatever is said to it. */
async function restingDog({
  capacity = 1_000,
  clock = createSimulatedClock(),
  ...options
}: {
  capacity?: number
  cleanup?: number
  clock?: SimulatedClock
} = {}) {
  const { runtime } = await startRuntime({ party: petsParty(dogAgent({ mailbox: { capacity } })), clock, ...options })
  const party = await runtime.parties.create({ id: 'p1' })
  const dog = party.agent('dog')
  const say = (word: string, options = {}) => runtime.bus.publish(command({ word }), { party: 'p1', ...options })
  const wake = async () => {
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
  }
  await say('rest')
  await party.idle()
  const dead = () => runtime.bus.deadLetters.list().map(({ envelope: { data }, reason }) => ({ data, reason }))
  return { runtime, clock, party, dog, say, wake, dead }
}

describe('the clean-up of mailboxes', () => {
  it('makes dead letters of events whose time is over, also behind an agent that stays busy', async () => {
    const { runtime, clock, dog, say, wake, party, dead } = await restingDog()
    await say('soon', { ttl: 1_000 })
    await say('later', { ttl: 20 * minute })
    await say('whenever')
    clock.advance(5 * minute - 1)
    expect(dog.mailbox.depth).toBe(3)
    clock.advance(1)
    expect(dog.mailbox.depth).toBe(2)
    expect(dead()).toEqual([{ data: { word: 'soon' }, reason: 'expired' }])
    expect(runtime.bus.metrics()).toMatchObject({ dead: 1, waiting: 2 })
    await wake()
    expect(party.state.barks).toBe(3)
  })

  it('gives the places to publishers who wait for room', async () => {
    const { clock, dog, say, dead } = await restingDog({ capacity: 2, cleanup: 1_000 })
    for (const word of ['a', 'b']) await say(word, { ttl: 100 })
    const waiting = Promise.all([say('c'), say('d')])
    clock.advance(1_000)
    await waiting
    expect(dog.mailbox).toMatchObject({ depth: 2, spilled: 0 })
    expect(dead().map(({ reason }) => reason)).toEqual(['expired', 'expired'])
  })

  it('makes dead letters of requests that nobody waits for any more', async () => {
    const { runtime, clock, dog, dead } = await restingDog({ cleanup: 1_000 })
    const patient = dog.ask(trick, { name: 'roll' })
    const failure = expect(dog.ask(trick, { name: 'sit' }, { deadline: 100 })).rejects.toMatchObject({
      code: 'ASK_TIMEOUT',
    })
    await settle()
    expect(dog.mailbox.depth).toBe(2)
    clock.advance(100)
    await failure
    clock.advance(1_000)
    expect(dead()).toEqual([{ data: { name: 'sit' }, reason: 'stale' }])
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    expect(await patient).toEqual({ done: 'roll' })
  })

  it('leaves mail that only the journal holds to the turn of the agent', async () => {
    const mailbox = { capacity: 1 }
    const { runtime, clock } = await startRuntime({ party: petsParty(sleeper(mailbox), whistler), cleanup: 5_000 })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(spray({ from: 0, count: 3 }), { party: 'p1' })
    await party.idle()
    expect(party.agent('sleeper').mailbox).toMatchObject({ depth: 3, spilled: 2 })
    clock.advance(5_000)
    expect(party.agent('sleeper').mailbox).toMatchObject({ depth: 2, spilled: 2 })
    expect(runtime.bus.metrics()).toMatchObject({ dead: 1, waiting: 2 })
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'expired' })).toHaveLength(3)
    expect(runtime.bus.metrics()).toMatchObject({ dead: 3, waiting: 0 })
  })

  it('keeps nothing of parties that are deleted', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const parties: WeakRef<object>[] = []
    const live = async (id: string) => {
      const party = await runtime.parties.create({ id })
      parties.push(new WeakRef(party))
      await runtime.bus.publish(command({ word: 'rest' }), { party: id })
      await runtime.bus.publish(command({ word: 'soon' }), { party: id, ttl: minute })
      const giveUp = new AbortController()
      const asked = party.agent('dog').ask(trick, { name: 'sit' }, giveUp)
      await settle()
      expect(party.agent('dog').mailbox.depth).toBe(2)
      giveUp.abort()
      await asked.catch(() => {})
      await runtime.parties.delete(id)
    }
    for (let n = 0; n < 10; n++) await live(`p${n}`)
    expect(await held(parties)).toBeLessThan(2)
  })

  it('happens again and again as long as there may be something to clean up', async () => {
    const { clock, say, dead } = await restingDog({ cleanup: 1_000 })
    await say('a', { ttl: 2_500 })
    clock.advance(3_000)
    await say('b', { ttl: 500 })
    clock.advance(1_000)
    expect(dead().map(({ data }) => data)).toEqual([{ word: 'a' }, { word: 'b' }])
  })

  it('wakes up only while there may be something to clean up', async () => {
    const background = backgroundTimers()
    const { runtime, clock, say, wake } = await restingDog({ cleanup: 1_000, clock: background.clock })
    await say('for ever')
    expect(background.pending()).toBe(0)
    await say('soon', { ttl: 10_000 })
    expect(background.pending()).toBe(1)
    clock.advance(5_000)
    expect(background.pending()).toBe(1)
    await wake()
    clock.advance(1_000)
    expect(background.pending()).toBe(0)
    await say('rest')
    await say('soon', { ttl: 10_000 })
    await runtime.stop({ timeout: 0 })
    expect(background.pending()).toBe(0)
  })

  it('does not keep the process alive', async () => {
    const runtime = await createRuntime({ scheduler: suiteScheduler, agents: [dogAgent()] }).start()
    const before = process.getActiveResourcesInfo().filter(one => one === 'Timeout').length
    await runtime.bus.publish(command({ word: 'sit' }), { ttl: 10 * minute })
    expect(process.getActiveResourcesInfo().filter(one => one === 'Timeout')).toHaveLength(before)
    await runtime.stop()
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('cannot happen every %d ms', cleanup => {
    expect(() => createRuntime({ cleanup })).toThrow(CleanupError)
  })
})
