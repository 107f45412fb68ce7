import {
  agentTypes,
  createRuntime,
  defineAgent,
  defineEvent,
  defineRequest,
  type Frame,
  type Journal,
  memoryJournal,
  type RuntimeOptions,
  TroupeError,
} from 'troupe'
import { definePartyPlanner } from 'troupe/agents'
import { createSimulatedClock, randomScheduler, seededRandom, slowJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { outcomeOf, sample } from '../agents/support.ts'
import { runs } from '../support/runs.ts'

/** The seeds from 1 on. */
const seeds = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

/** Options by which a seed chooses the order in which work runs, and in which frames become durable. */
function chosenBy(seed: number, journal: Journal) {
  const random = seededRandom(seed)
  const scheduler = randomScheduler(random)
  const clock = createSimulatedClock()
  return {
    scheduler,
    journal: slowJournal(random, journal, scheduler),
    clock,
    random: seededRandom(1),
    log: 'silent',
  } satisfies RuntimeOptions
}

async function framesOf({ read }: Pick<Journal, 'read'>, partition: string): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for await (const frame of read(partition)) frames.push(frame)
  return frames
}

describe('parties of the planner, whatever the order', () => {
  /** Plans the sample party in the order that a seed chooses. */
  async function planned(seed: number) {
    const journal = memoryJournal()
    const runtime = await createRuntime({ party: definePartyPlanner(), ...chosenBy(seed, journal) }).start()
    const party = await runtime.parties.create({ id: 'p1', inputs: sample })
    await party.idle()
    const run = { outcome: outcomeOf(party.state), frames: JSON.stringify(await framesOf(journal, 'party/p1')) }
    await runtime.stop()
    return run
  }

  it('end in the same plan, and have the same journal with the same seed, to the byte', async () => {
    const usual = await planned(0)
    const journals = new Set<string>()
    for (const seed of seeds(runs(10))) {
      const { outcome, frames } = await planned(seed)
      expect(outcome, `with the seed ${seed}`).toEqual(usual.outcome)
      expect((await planned(seed)).frames, `with the seed ${seed}`).toBe(frames)
      journals.add(frames)
    }
    expect(journals.size).toBe(runs(10))
  })
})

const begin = defineEvent('chat.begin', z.object({}))
const line = defineEvent('chat.line', z.object({ by: z.string(), n: z.int() }))

const names = ['ann', 'bob', 'cleo', 'dan', 'eve']
const lines = 12
const nothing: { heard: string[] } = { heard: [] }

/** Keeps the lines that it hears, and says line n + 1 when it has heard line n of its neighbour. */
const talkers = names.map((name, place) => {
  const neighbour = names.at(place - 1)
  const hears = [begin, line]
  const machine = setup({
    types: agentTypes({ context: nothing, hears, says: [line] }),
    actions: { keep: assign(({ context }, what: string) => ({ heard: [...context.heard, what] })) },
  }).createMachine({
    context: nothing,
    on: {
      'chat.begin': { actions: emit(() => line({ by: name, n: 0 })) },
      'chat.line': [
        {
          guard: ({ event: { data } }) => data.by === neighbour && data.n + 1 < lines,
          actions: [
            { type: 'keep', params: ({ event: { data } }) => `${data.by} ${data.n}` },
            emit(({ event: { data } }) => line({ by: name, n: data.n + 1 })),
          ],
        },
        { actions: { type: 'keep', params: ({ event: { data } }) => `${data.by} ${data.n}` } },
      ],
    },
  })
  return defineAgent({ name, machine, hears, says: [line] })
})

describe('agents that talk, whatever the order', () => {
  /** Lets them talk in the order that a seed chooses. */
  async function talked(seed: number) {
    const inner = memoryJournal()
    let durable = 0
    const journal: Journal = {
      ...inner,
      async append(...given) {
        await inner.append(...given)
        durable = given[3].at(-1)?.position ?? durable
      },
    }
    const runtime = await createRuntime({ agents: talkers, ...chosenBy(seed, journal) }).start()
    const told: { readonly seq: number; readonly what: string; readonly isDurable: boolean }[] = []
    runtime.bus.subscribe(line, ({ seq, data }) => {
      told.push({ seq, what: `${data.by} ${data.n}`, isDurable: seq <= durable })
    })
    await runtime.bus.publish(begin({}))
    await runtime.idle()
    const heard = names.map(
      name => z.object({ heard: z.array(z.string()) }).parse(runtime.agent(name).snapshot()?.context).heard,
    )
    const frames = await framesOf(inner, 'runtime')
    await runtime.stop()
    return { told, heard, frames }
  }

  const count = runs(50)
  const linesOf = (name: string) => Array.from({ length: lines }, (_, n) => `${name} ${n}`)
  let all: ReturnType<typeof talkedBySeed> | undefined
  const talks = () => (all ??= talkedBySeed())

  async function talkedBySeed() {
    const talks = new Map<number, Awaited<ReturnType<typeof talked>>>()
    for (const seed of seeds(count)) talks.set(seed, await talked(seed))
    return talks
  }

  it('handle every event once', async () => {
    for (const [seed, { frames }] of await talks()) {
      const steps = frames.flatMap(({ cause }) => (cause.kind === 'step' ? [`${cause.agent} ${cause.handled}`] : []))
      // Each agent has its start, the beginning, and all lines.
      expect(steps, `with the seed ${seed}`).toHaveLength(names.length * (2 + names.length * lines))
      expect(new Set(steps).size).toBe(steps.length)
    }
  })

  it('hear every line once, in the order of its speaker', async () => {
    for (const [seed, { heard }] of await talks()) {
      for (const [log, name] of heard.flatMap(log => names.map(name => [log, name] as const)))
        expect(
          log.filter(what => what.startsWith(name)),
          `with the seed ${seed}`,
        ).toEqual(linesOf(name))
    }
  })

  it('hear the lines in the order in which they were said, also those of others', async () => {
    for (const [seed, { heard, told }] of await talks()) {
      for (const log of heard) expect(log, `with the seed ${seed}`).toEqual(told.map(({ what }) => what))
    }
  })

  it('are heard by subscribers once, in the order of the journal, and only when the journal has the line', async () => {
    for (const [seed, { told }] of await talks()) {
      const places = told.map(({ seq }) => seq)
      expect(places, `with the seed ${seed}`).toEqual(places.toSorted((a, b) => a - b))
      expect(new Set(places).size).toBe(names.length * lines)
      expect(told.filter(({ isDurable }) => !isDurable)).toEqual([])
    }
  })

  it('have as many orders as there are seeds', async () => {
    const orders = new Set<string>()
    for (const { told } of (await talks()).values()) orders.add(told.map(({ what }) => what).join())
    expect(orders.size).toBe(count)
  })
})

it('an ask ends once, with its answer or at its deadline, whenever time moves', async () => {
  const guess = defineRequest('riddles.guess', { input: z.object({}), output: z.object({ word: z.string() }) })
  const riddler = defineAgent({
    name: 'riddler',
    hears: [guess],
    says: [guess],
    machine: setup({ types: agentTypes({ context: {}, hears: [guess], says: [guess] }) }).createMachine({
      context: {},
      on: { 'riddles.guess': { actions: emit(({ event }) => guess.reply(event, { word: 'egg' })) } },
    }),
  })
  const ends = new Map<string, number>()
  for (const seed of seeds(runs(50))) {
    const options = chosenBy(seed, memoryJournal())
    const { scheduler, clock } = options
    const runtime = await createRuntime({ agents: [riddler], ...options }).start()
    const asking = runtime.ask('runtime/riddler', guess, {}, { deadline: 1_000 }).then(
      ({ word }) => word,
      (error: unknown) => (TroupeError.is(error) ? error.code : 'UNEXPECTED'),
    )
    const letTimePass = (steps: number) => {
      clock.advance(100)
      if (steps > 1) scheduler.turn(() => letTimePass(steps - 1))
    }
    letTimePass(10)
    const end = await asking
    await runtime.idle()
    ends.set(end, (ends.get(end) ?? 0) + 1)
    const told = runtime.bus.history({ type: 'ask.*' }).map(({ type }) => type)
    expect(told, `with the seed ${seed}`).toEqual([end === 'egg' ? 'ask.succeeded' : 'ask.failed'])
    expect(runtime.bus.metrics()).toMatchObject({ pendingAsks: 0, waiting: 0 })
    await runtime.stop()
  }
  expect([...ends.keys()].toSorted()).toEqual(['ASK_TIMEOUT', 'egg'])
})
