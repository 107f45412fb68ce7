import { type Agent, agentTypes, defineAgent, defineEvent, effect } from 'troupe'
import { createTestRuntime, script } from 'troupe/testing'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import 'troupe/testing/vitest'

const wanted = defineEvent('coat.wanted', z.object({ city: z.string() }))
const advised = defineEvent('coat.advised', z.object({ advice: z.string() }))

const forecast = effect('forecast', async ({ city }: { city: string }): Promise<{ rain: number }> => {
  throw new Error(`the function was called for ${city}`)
})
const patient = effect('forecast', async (_: { city: string }): Promise<{ rain: number }> => ({ rain: 0 }), {
  retries: 1,
  backoff: { initial: 1_000, jitter: 0 },
  timeout: 5_000,
})

/** Says whether a coat is needed, or that nobody knows. */
function adviser(weather = forecast) {
  const types = agentTypes({ context: { city: '' }, hears: [wanted], says: [advised] })
  return defineAgent({
    name: 'adviser',
    types,
    machine: setup({ types, actors: { weather } }).createMachine({
      id: 'adviser',
      context: { city: '' },
      initial: 'idle',
      states: {
        idle: {
          on: { 'coat.wanted': { target: 'asking', actions: assign(({ event }) => ({ city: event.data.city })) } },
        },
        asking: {
          tags: 'busy',
          invoke: {
            src: 'weather',
            input: ({ context }) => context,
            onDone: {
              target: 'idle',
              actions: emit(({ event }) => advised({ advice: event.output.rain > 0.5 ? 'a coat' : 'no coat' })),
            },
            onError: { target: 'idle', actions: emit(() => advised({ advice: 'nobody knows' })) },
          },
        },
      },
    }),
  })
}

const bystander = defineAgent({
  name: 'bystander',
  hears: [],
  says: [],
  machine: setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({ id: 'b', context: {} }),
})

async function asking(
  weather: ReturnType<typeof script<{ city: string }, { rain: number }>>,
  agent: Agent = adviser(),
) {
  const test = await createTestRuntime({ agents: [agent], standIns: [weather], log: 'silent' })
  onTestFinished(() => test.stop())
  const ask = async (city: string) => void (await test.runtime.bus.publish(wanted({ city })))
  const advice = () => test.record.events.flatMap(one => (one.type === 'coat.advised' ? [one.data] : []))
  return { test, ask, advice }
}

describe('a script', () => {
  it('gives the calls of an effect its results in order, and shows what the effect was called with', async () => {
    const weather = script(forecast).returns({ rain: 0.9 }).fails(new Error('no network')).returns({ rain: 0.1 })
    const { test, ask, advice } = await asking(weather)
    for (const city of ['Oslo', 'Rome', 'Cairo']) await ask(city)
    await test.settle()
    expect(advice()).toEqual([{ advice: 'a coat' }, { advice: 'nobody knows' }, { advice: 'no coat' }])
    expect(weather.calls.map(({ input }) => input.city)).toEqual(['Oslo', 'Rome', 'Cairo'])
    expect(weather.calls[0]).toMatchObject({ key: expect.stringContaining('runtime/adviser@'), attempt: 1 })
    expect(new Set(weather.calls.map(({ key }) => key)).size).toBe(3)
    expect(test).toHaveRun('forecast', { city: 'Oslo' })
  })

  it('is found by the name of an effect, too', async () => {
    const weather = script<{ city: string }, { rain: number }>('forecast').returns({ rain: 1 })
    const { test, ask, advice } = await asking(weather)
    await ask('Oslo')
    await test.settle()
    expect(advice()).toEqual([{ advice: 'a coat' }])
  })

  it('takes time on the clock of the test', async () => {
    const { test, ask, advice } = await asking(script(forecast).returns({ rain: 1 }, { after: '2 s' }))
    await ask('Oslo')
    await test.pass('1999 ms')
    expect(advice()).toEqual([])
    await test.pass('1 ms')
    expect(advice()).toEqual([{ advice: 'a coat' }])
  })

  it('gives each attempt the next result, and a call that hangs ends at its timeout', async () => {
    const weather = script(patient).hangs().returns({ rain: 1 })
    const { test, ask, advice } = await asking(weather, adviser(patient))
    await ask('Oslo')
    await test.pass('5 s')
    expect(advice()).toEqual([])
    await test.pass('1 s')
    expect(advice()).toEqual([{ advice: 'a coat' }])
    expect(weather.calls.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(weather.calls[1]?.key).toBe(weather.calls[0]?.key)
  })

  it('goes on after a crash: the call that is repeated has the same key and gets the next result', async () => {
    const weather = script(forecast).hangs().returns({ rain: 1 })
    const { test, ask, advice } = await asking(weather)
    await ask('Oslo')
    await test.settle()
    test.crash()
    await test.restart()
    await test.settle()
    expect(advice()).toEqual([{ advice: 'a coat' }])
    expect(weather.calls).toHaveLength(2)
    expect(weather.calls[1]?.key).toBe(weather.calls[0]?.key)
  })

  it('fails the test when its effect is called after the last result, also if the agent hides that', async () => {
    const { test, ask, advice } = await asking(script(forecast).returns({ rain: 1 }))
    await ask('Oslo')
    await ask('Rome')
    await expect(test.settle()).rejects.toMatchObject({ code: 'SCRIPT_OVER', effect: 'forecast', results: 1 })
    expect(advice()).toEqual([{ advice: 'a coat' }, { advice: 'nobody knows' }])
    await test.settle()
  })

  it('leaves all further calls to a function, if it has one', async () => {
    const weather = script(forecast)
      .returns({ rain: 1 })
      .otherwise(({ city }) => ({ rain: city === 'Rome' ? 0 : 1 }))
    const { test, ask, advice } = await asking(weather)
    for (const city of ['Rome', 'Rome', 'Oslo']) await ask(city)
    await test.settle()
    expect(advice()).toEqual([{ advice: 'a coat' }, { advice: 'no coat' }, { advice: 'a coat' }])
  })

  it('replaces the effect of an agent that is spawned, too', async () => {
    const weather = script(forecast).returns({ rain: 1 })
    const { test, advice } = await asking(weather, bystander)
    await test.runtime.spawn(adviser())
    await test.runtime.agent('adviser').send(wanted({ city: 'Bonn' }))
    await test.settle()
    expect(advice()).toEqual([{ advice: 'a coat' }])
  })

  it('belongs to one test', async () => {
    const weather = script(forecast)
    const { test } = await asking(weather)
    await expect(createTestRuntime({ standIns: [weather] })).rejects.toMatchObject({ code: 'STAND_IN_TAKEN' })
    await test.settle()
  })

  it('is the only script of its effect', async () => {
    const twice = createTestRuntime({ standIns: [script(forecast), script('forecast')] })
    await expect(twice).rejects.toMatchObject({ code: 'STAND_IN_TWICE', standsFor: 'the effect "forecast"' })
  })

  it('has the types of its effect', () => {
    const weather = script(forecast)
    // @ts-expect-error: another output
    weather.returns({ snow: 1 })
    expectTypeOf(weather.calls[0]?.input).toEqualTypeOf<{ city: string } | undefined>()
  })
})
