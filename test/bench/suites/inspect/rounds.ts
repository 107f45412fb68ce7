import { type AgentRef, createRuntime, type Observation, type Runtime } from 'troupe'
import { counting, countOf } from '../../agents.ts'
import { batchSize, checkCount, rate } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'

const agents = 10_000

/** Begins to look, or does not; the returned function is called after the first batch, and the one it returns at the end. */
type Look = (runtime: Runtime, all: readonly AgentRef[]) => () => (events: number) => void

const round =
  (look: Look, persist: boolean): Round =>
  async (scale, tell) => {
    const { tick, counter } = counting(persist)
    const runtime = await createRuntime().start()
    const all = await Promise.all(
      Array.from({ length: agents }, (_, place) => runtime.spawn(counter, { name: `counter-${place}` })),
    )
    const publish = async (first: number, size: number) => {
      const sent = Array.from({ length: size }, (_, n) => all[(first + n) % agents]?.send(tick({ n: first })))
      await Promise.all(sent)
      await runtime.idle()
    }
    const begun = look(runtime, all)
    await publish(0, batchSize)
    const check = begun()
    const { perSecond, done } = await rate(scale, (first, size) => publish(first + batchSize, size))
    const events = done + batchSize
    checkCount(
      'events',
      all.reduce((sum, one) => sum + countOf(one), 0),
      events,
    )
    check(events)
    tell({ 'per second': perSecond })
    await runtime.stop({ timeout: 0 })
  }

const casesOf = (look: Look): Cases => ({
  'events to 10,000 agents': round(look, false),
  'events to 10,000 agents, journalled': round(look, true),
})

export const neverObserved = casesOf(() => () => () => {})

export const observedNoMore = casesOf(runtime => {
  const told: Observation['kind'][] = []
  const stop = runtime.observe(({ kind }) => void told.push(kind))
  return () => {
    stop()
    return () => checkCount('steps told', told.filter(kind => kind === 'step').length, batchSize)
  }
})

export const tenObserved = casesOf((runtime, all) => {
  const wanted = new Set(all.slice(0, 10).map(({ address }) => address))
  let steps = 0
  let others = 0
  runtime.observe(
    ({ kind, address }) => {
      if (!wanted.has(address)) others++
      else if (kind === 'step') steps++
    },
    { only: address => wanted.has(address) },
  )
  return () => events => {
    const rounds = Math.floor(events / agents)
    checkCount('steps told', steps, rounds * 10 + Math.min(10, events % agents))
    checkCount('told of others', others, 0)
  }
})
