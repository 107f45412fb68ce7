import { deepEqual } from 'node:assert/strict'
import { createRuntime } from 'troupe'
import { allHeard, counting, countOf, doubling, talkers } from '../../agents.ts'
import { checkCount, inFlight, rate, sequential } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'

const events =
  (persist: boolean): Round =>
  async (scale, tell) => {
    const { tick, counter } = counting(persist)
    const runtime = await createRuntime().start()
    const one = await runtime.spawn(counter)
    const { perSecond, done } = await rate(scale, async (first, size) => {
      await Promise.all(Array.from({ length: size }, (_, place) => runtime.bus.publish(tick({ n: first + place }))))
      await runtime.idle()
    })
    checkCount('events', countOf(one), done)
    tell({ 'per second': perSecond })
    await runtime.stop()
  }

const agentsInTurn = 1_000

const inTurn: Round = async (scale, tell) => {
  const { tick, counter } = counting(false)
  const runtime = await createRuntime().start()
  const all = await Promise.all(
    Array.from({ length: agentsInTurn }, (_, place) => runtime.spawn(counter, { name: `counter-${place}` })),
  )
  const { perSecond, done } = await rate(scale, async (first, size) => {
    await Promise.all(Array.from({ length: size }, (_, place) => all[place % agentsInTurn]?.send(tick({ n: first }))))
    await runtime.idle()
  })
  checkCount(
    'events',
    all.reduce((sum, one) => sum + countOf(one), 0),
    done,
  )
  tell({ 'per second': perSecond })
  await runtime.stop()
}

const pair =
  (persist: boolean): Round =>
  async (scale, tell) => {
    const { go, asker, answerer } = talkers(persist)
    const runtime = await createRuntime({ agents: [answerer] }).start()
    const asking = await runtime.spawn(asker)
    const { perSecond, done } = await rate(scale, async (first, size) => {
      await Promise.all(Array.from({ length: size }, (_, place) => runtime.bus.publish(go({ id: first + place }))))
      await runtime.idle()
    })
    deepEqual(asking.snapshot()?.context, allHeard(done))
    tell({ 'per second': perSecond })
    await runtime.stop()
  }

const ask =
  (how: typeof sequential, persist: boolean): Round =>
  async (scale, tell) => {
    const { twice, doubler } = doubling(persist)
    const runtime = await createRuntime({ agents: [doubler] }).start()
    const { perSecond } = await rate(
      scale,
      how(async n => (await runtime.ask('runtime/doubler', twice, { n })).doubled),
    )
    tell({ 'per second': perSecond })
    await runtime.stop()
  }

export const troupe: Cases = {
  'event to one agent': events(false),
  'event to one agent, journalled': events(true),
  'events to 1,000 agents in turn': inTurn,
  'agent asks agent by events': pair(false),
  'agent asks agent by events, journalled': pair(true),
  'ask, one at a time': ask(sequential, false),
  'ask, one at a time, journalled': ask(sequential, true),
  'ask, 1,000 in flight': ask(inFlight, false),
}
