import { type AgentRef, createRuntime, type Observation, type Runtime } from 'troupe'
import { statelySource } from 'troupe/inspect'
import { counting, countOf } from '../../agents.ts'
import { batchSize, checkCount, rate } from '../../rate.ts'
import { spreadOf } from '../../statistics.ts'
import type { Cases, Round } from '../../suite.ts'

const agents = 10_000

/** Begins to look, or does not; the returned function is called after the first batch, and the one it returns at the end. */
type Look = (runtime: Runtime, all: readonly AgentRef[]) => () => (events: number) => void

const nobody: Look = () => () => () => {}

type Tick = ReturnType<typeof counting>['tick']

/** A runtime with its agents, which are told one event after the other; how long that took, and how many were told. */
class Crowd {
  readonly #runtime: Runtime
  readonly #all: readonly AgentRef[]
  readonly #tick: Tick
  #events = 0

  constructor(runtime: Runtime, all: readonly AgentRef[], tick: Tick) {
    this.#runtime = runtime
    this.#all = all
    this.#tick = tick
  }

  look(look: Look): ReturnType<Look> {
    return look(this.#runtime, this.#all)
  }

  /** Tells a thousand events, and says how many milliseconds that took. */
  async tell(): Promise<number> {
    const begin = performance.now()
    const n = this.#events
    const sent = Array.from({ length: batchSize }, (_, place) =>
      this.#all[(n + place) % agents]?.send(this.#tick({ n })),
    )
    await Promise.all(sent)
    await this.#runtime.idle()
    this.#events += batchSize
    return performance.now() - begin
  }

  async check(): Promise<number> {
    checkCount(
      'events',
      this.#all.reduce((sum, one) => sum + countOf(one), 0),
      this.#events,
    )
    await this.#runtime.stop({ timeout: 0 })
    return this.#events
  }
}

async function gather(persist: boolean): Promise<Crowd> {
  const { tick, counter } = counting(persist)
  const runtime = await createRuntime().start()
  const all = Array.from({ length: agents }, (_, place) => runtime.spawn(counter, { name: `counter-${place}` }))
  return new Crowd(runtime, await Promise.all(all), tick)
}

/** Two crowds in turn, batch by batch, so that whatever else the machine does slows both: one looked at, and one never. */
const round =
  (look: Look, persist: boolean): Round =>
  async (scale, tell) => {
    const looked = await gather(persist)
    const never = await gather(persist)
    const begun = looked.look(look)
    await looked.tell()
    await never.tell()
    const check = begun()
    let pairs: (readonly [looked: number, never: number])[] = []
    const turns = async () => {
      if (pairs.length % 2 === 0) pairs.push([await looked.tell(), await never.tell()])
      else {
        const ms = await never.tell()
        pairs.push([await looked.tell(), ms])
      }
    }
    // The first time warms up.
    await rate(scale, turns)
    pairs = []
    await rate(scale, turns)
    check(await looked.check())
    await never.check()
    // The median of the pairs: whatever else the machine does for a moment is in few of them.
    const ms = spreadOf(pairs.map(([one]) => one))?.median ?? 0
    const kept = spreadOf(pairs.map(([one, other]) => other / one))?.median ?? 0
    tell({ 'per second': (batchSize / ms) * 1_000, kept })
  }

const casesOf = (look: Look): Cases => ({
  'events to 10,000 agents': round(look, false),
  'events to 10,000 agents, journalled': round(look, true),
})

export const neverObserved = casesOf(nobody)

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
  const only = (address: string) => wanted.has(address)
  statelySource(runtime, { only })(told => {
    if (!wanted.has(told.sessionId)) others++
    else if (told.type === '@xstate.snapshot' && told.event.type === 'bench.tick') steps++
    return true
  })
  return () => events => {
    checkCount('steps told', steps, Math.floor(events / agents) * 10 + Math.min(10, events % agents))
    checkCount('told of others', others, 0)
  }
})
