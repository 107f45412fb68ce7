import { agentTypes, defineAgent, defineEvent, type Frame, type Runtime, type TimersAfterRestart } from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, parrotAgent, petsParty, trainerAgent, urgent } from '../support/pets.ts'
import { atFrame, createProgram, type Program } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const minute = 60_000
const hour = 60 * minute
const inP1 = { party: 'p1' }
const wind = defineEvent('bell.wind', z.object({}))
const polish = defineEvent('bell.polish', z.object({}))

/** Rings two hours after it was wound. */
const bell = (timers: TimersAfterRestart) =>
  defineAgent({
    name: 'bell',
    hears: [wind, polish],
    says: [],
    timers,
    machine: setup({ types: agentTypes({ context: {}, hears: [wind, polish], says: [] }) }).createMachine({
      context: {},
      initial: 'silent',
      states: {
        silent: { on: { 'bell.wind': 'wound' } },
        wound: { after: { [2 * hour]: 'rung' } },
        rung: {},
      },
    }),
  })

const jump = ({ clock }: Pick<Program, 'clock'>, ms: number) => clock.set(clock.now() + ms)

/** An event in the party of the bell, or outside, so that the journal has a frame of this moment. */
const saying = {
  here: (runtime: Pick<Runtime, 'bus'>) => runtime.bus.publish(polish({}), inP1),
  elsewhere: (runtime: Pick<Runtime, 'bus'>) => runtime.bus.publish(command({ word: 'sit' })),
} as const

/** A bell was wound a minute ago. */
async function wound(timers: TimersAfterRestart, more: { readonly snapshots?: { every: number; keep: number } } = {}) {
  const program = createProgram()
  const given = { party: petsParty(bell(timers)), agents: [dogAgent()], ...more }
  const first = await program.start(given)
  await first.parties.create({ id: 'p1' })
  await first.bus.publish(wind({}), inP1)
  await first.idle()
  program.clock.advance(minute)
  return { program, given, first }
}

interface Running {
  readonly parties: {
    get(id: string): { agent(name: string): { snapshot(): { readonly value?: unknown } | undefined } }
  }
}

async function ringsAfter(ms: number, runtime: Running, { clock }: Pick<Program, 'clock'>) {
  const state = () => runtime.parties.get('p1').agent('bell').snapshot()?.value
  clock.advance(ms - 1)
  await settle()
  expect(state()).toBe('wound')
  clock.advance(1)
  await settle()
  expect(state()).toBe('rung')
}

describe.each(['absolute', 'remaining'] as const)(
  'a timer (%s), after the clock was corrected and the process crashed,',
  timers => {
    it.each([
      ['set forward', 3 * hour, 'here'],
      ['set forward, and only agents outside said something', 3 * hour, 'elsewhere'],
      ['set back', -3 * hour, 'here'],
      ['set back, and only agents outside said something', -3 * hour, 'elsewhere'],
    ] as const)('rings after the rest of its time: the clock was %s', async (_, ms, where) => {
      const { program, given, first } = await wound(timers)
      jump(program, ms)
      await saying[where](first)
      await first.idle()
      await ringsAfter(2 * hour - minute, await program.start(given), program)
    })

    it.each(['here', 'elsewhere'] as const)(
      'rings after the rest of its time: the clock was set forward and back again, and something was said %s',
      async where => {
        const { program, given, first } = await wound(timers)
        jump(program, 3 * hour)
        await saying.here(first)
        await first.idle()
        program.clock.advance(minute)
        jump(program, -3 * hour)
        await saying[where](first)
        await first.idle()
        program.clock.advance(30 * minute)
        await saying.here(first)
        await first.idle()
        await ringsAfter(2 * hour - 32 * minute, await program.start(given), program)
      },
    )

    it.each([70, 90, 115])(
      'rings after the rest of its time: the clock was set back by %i s, 58 s after it was last read',
      async seconds => {
        const program = createProgram()
        const given = { party: petsParty(bell(timers)), agents: [dogAgent()] }
        const first = await program.start(given)
        await first.parties.create({ id: 'p1' })
        await first.idle()
        program.clock.advance(58_000)
        await saying.here(first)
        jump(program, -seconds * 1_000)
        await first.bus.publish(wind({}), inP1)
        for (let times = 0; times < 20; times++) {
          program.clock.advance(10_000)
          await saying.here(first)
          await first.idle()
        }
        await ringsAfter(2 * hour - 200_000, await program.start(given), program)
      },
    )

    it('rings less than a minute early, when the clock is set forward in small steps', async () => {
      const { program, given, first } = await wound(timers)
      for (let times = 0; times < 100; times++) {
        jump(program, minute / 2)
        await saying.here(first)
        await first.idle()
      }
      const next = await program.start(given)
      const state = () => next.parties.get('p1').agent('bell').snapshot()?.value
      program.clock.advance(2 * hour - 2 * minute)
      await settle()
      expect(state()).toBe('wound')
      program.clock.advance(minute)
      await settle()
      expect(state()).toBe('rung')
    })

    it('rings after the rest of its time in the third process too', async () => {
      const { program, given, first } = await wound(timers)
      jump(program, 3 * hour)
      await saying.here(first)
      await first.idle()
      const second = await program.start(given)
      program.clock.advance(minute)
      jump(program, 5 * hour)
      await saying.elsewhere(second)
      await second.idle()
      await ringsAfter(2 * hour - 2 * minute, await program.start(given), program)
    })

    it('rings after the rest of its time: the clock was set back again while no process ran', async () => {
      const { program, given, first } = await wound(timers)
      jump(program, 3 * hour)
      await saying.here(first)
      await first.idle()
      program.crash()
      jump(program, -3 * hour)
      const second = await program.start(given)
      program.clock.advance(minute)
      await saying.here(second)
      await second.idle()
      await ringsAfter(2 * hour - 2 * minute, await program.start(given), program)
    })

    it('rings after the rest of its time if the frames of the jump are only in snapshots', async () => {
      const { program, given, first } = await wound(timers, { snapshots: { every: 1, keep: 1 } })
      const sayMuch = async (runtime: typeof first) => {
        for (let times = 0; times < 100; times++) {
          await saying.here(runtime)
          await runtime.idle()
        }
        const [frame] = await program.frames('party/p1')
        return frame?.position
      }
      jump(program, 3 * hour)
      expect(await sayMuch(first)).toBeGreaterThan(100)
      program.crash()
      jump(program, -3 * hour)
      const second = await program.start(given)
      expect(await sayMuch(second)).toBeGreaterThan(300)
      await ringsAfter(2 * hour - minute, await program.start(given), program)
    })

    it('rings after the rest of its time: only an orderly stop followed', async () => {
      const { program, given, first } = await wound(timers)
      jump(program, 3 * hour)
      await first.stop()
      await ringsAfter(2 * hour - minute, await program.start(given), program)
    })

    it('rings after the rest of its time when its party is imported', async () => {
      const { program, given, first } = await wound(timers)
      jump(program, 3 * hour)
      await saying.elsewhere(first)
      await first.idle()
      const lines: string[] = []
      for await (const line of first.parties.export('p1')) lines.push(line)
      const elsewhere = createProgram()
      jump(elsewhere, program.clock.now() - elsewhere.clock.now())
      const other = await elsewhere.start(given)
      await other.parties.import(lines)
      await ringsAfter(2 * hour - minute, other, elsewhere)
    })
  },
)

describe('the journal', () => {
  it('holds each jump of the clock once in each partition', async () => {
    const { program, first } = await wound('absolute')
    const jumpsSaid = async () =>
      (await Promise.all(['runtime', 'party/p1'].map(program.frames))).map(frames =>
        frames.flatMap(one => one.clock ?? []),
      )
    await saying.here(first)
    await first.idle()
    expect(await jumpsSaid()).toEqual([[], []])
    jump(program, 3 * hour)
    for (let times = 0; times < 3; times++) {
      await saying.here(first)
      await saying.elsewhere(first)
      await first.idle()
    }
    const once = [{ date: program.clock.now(), jumped: 3 * hour }]
    expect(await jumpsSaid()).toEqual([once, once])
  })

  it('holds nothing about a clock that is corrected by seconds', async () => {
    const { program, first } = await wound('absolute')
    jump(program, 59_999)
    await saying.here(first)
    await first.idle()
    expect((await program.frames('party/p1')).flatMap(one => one.clock ?? [])).toEqual([])
  })
})

describe('while no process runs, time passes by the date', () => {
  it.each([
    ['absolute', 2 * hour - minute - hour],
    ['remaining', 2 * hour - minute],
  ] as const)('for a timer by its rule, also after the clock was corrected: %s', async (timers, ms) => {
    const { program, given, first } = await wound(timers)
    jump(program, 3 * hour)
    await saying.here(first)
    await first.idle()
    program.crash()
    program.clock.advance(hour)
    await ringsAfter(ms, await program.start(given), program)
  })

  it('a timer whose time passed meanwhile is over, also after the clock was corrected', async () => {
    const { program, given, first } = await wound('absolute')
    jump(program, 3 * hour)
    await saying.here(first)
    await first.idle()
    program.crash()
    program.clock.advance(2 * hour)
    const next = await program.start(given)
    program.clock.advance(0)
    await settle()
    expect(next.parties.get('p1').agent('bell').snapshot()).toMatchObject({ value: 'rung' })
  })
})

it.each([3 * hour, -3 * hour])(
  'an ask waits for the rest of its time if its process crashed after the clock was corrected: %i',
  async ms => {
    const program = createProgram()
    const given = { party: petsParty(trainerAgent('runtime/dog', 10 * minute)), agents: [dogAgent()] }
    const first = await program.start(given)
    const p1 = await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'rest' }))
    await p1.addInput('roll')
    await settle()
    program.clock.advance(2 * minute)
    jump(program, ms)
    await first.bus.publish(command({ word: 'sit' }))
    await settle()
    const next = await program.start(given)
    const said = () => next.parties.get('p1').state
    program.clock.advance(8 * minute - 1)
    await settle()
    expect(said()).toMatchObject({ said: [] })
    program.clock.advance(1)
    await settle()
    expect(said()).toMatchObject({ said: ['ASK_TIMEOUT'] })
  },
)

it.each([hour, -hour])(
  'a timer of an agent that is spawned later keeps its time in spite of a jump that was not noticed before: %i',
  async ms => {
    const program = createProgram()
    const given = { agents: [dogAgent()], events: [wind, polish] }
    const first = await program.start(given)
    await first.spawn(bell('absolute'))
    await first.bus.publish(wind({}))
    await first.idle()
    const second = await program.start(given)
    await second.idle()
    jump(program, ms)
    program.clock.advance(minute)
    await second.spawn(bell('absolute'))
    const outside = { parties: { get: () => second } }
    await ringsAfter(2 * hour - minute, outside, program)
  },
)

describe('an agent outside the parties that was spawned after the clock had been ahead for a while', () => {
  it.each([
    ['outside', 'elsewhere'],
    ['in the party', 'here'],
  ] as const)(
    'hears in the next process the events after its spawn, and no older ones; meanwhile an event was published %s',
    async (_, where) => {
      const program = createProgram()
      const given = { agents: [bell('absolute')], registered: [parrotAgent()], party: petsParty(dogAgent()) }
      const says = ({ bus }: Pick<Runtime, 'bus'>, word: string) => bus.publish(command({ word }), inP1)
      const barksNew = ({ cause, entries }: Frame) => cause.kind === 'step' && JSON.stringify(entries).includes('"new"')
      const isEnded = await program.until(atFrame(barksNew, 'cut'), given, async first => {
        await first.parties.create({ id: 'p1' })
        jump(program, 3 * hour)
        await (where === 'here' ? first.bus.publish(urgent({ word: 'up' }), inP1) : first.bus.publish(polish({})))
        jump(program, -3 * hour)
        await says(first, 'old')
        await first.idle()
        program.clock.advance(minute)
        await first.spawn(parrotAgent())
        program.clock.advance(minute)
        await says(first, 'new')
        await settle()
      })
      expect(isEnded).toBe(true)
      const next = await program.start(given)
      await next.idle()
      expect(next.agent('parrot').snapshot()?.context).toEqual({ words: ['new'] })
    },
  )
})

describe('mail with a time to live', () => {
  const given = { party: petsParty(dogAgent()) }

  it.each([
    [3 * hour, 'in the same process', false],
    [3 * hour, 'in the next process', true],
    [-3 * hour, 'in the same process', false],
    [-3 * hour, 'in the next process', true],
  ] as const)('expires after that time, though the clock was corrected by %i ms, %s', async (ms, _, crashes) => {
    const program = createProgram()
    let runtime = await program.start(given)
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'rest' }), inP1)
    for (const minutes of [2, 4]) await runtime.bus.publish(command({ word: 'a' }), { ...inP1, ttl: minutes * minute })
    await runtime.idle()
    program.clock.advance(minute)
    jump(program, ms)
    await runtime.bus.publish(command({ word: 'b' }), { ...inP1, ttl: 2 * minute })
    await runtime.idle()
    if (crashes) runtime = await program.start(given)
    program.clock.advance(minute + 1)
    await runtime.bus.publish(urgent({ word: 'up' }), inP1)
    await runtime.idle()
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'expired', envelope: { data: { word: 'a' } } }])
    expect(runtime.parties.get('p1').state).toMatchObject({ barks: 3 })
  })

  it('has its whole time again when it is redriven after the clock was corrected', async () => {
    const program = createProgram()
    const runtime = await program.start(given)
    await runtime.parties.create({ id: 'p1' })
    const says = async (event: ReturnType<typeof command | typeof urgent>, ttl?: number) => {
      await runtime.bus.publish(event, { ...inP1, ...(ttl !== undefined && { ttl }) })
      await runtime.idle()
    }
    await says(command({ word: 'rest' }))
    await says(command({ word: 'a' }), 2 * minute)
    jump(program, 3 * hour)
    program.clock.advance(2 * minute)
    await says(urgent({ word: 'up' }))
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'expired' }])
    await says(command({ word: 'rest' }))
    await runtime.bus.deadLetters.redrive()
    jump(program, 3 * hour)
    program.clock.advance(2 * minute - 1)
    await says(urgent({ word: 'up' }))
    expect(runtime.parties.get('p1').state).toMatchObject({ barks: 3 })
  })
})

it('dead letters are kept for their retention, though the clock was wrong for a while', async () => {
  const program = createProgram()
  const given = { agents: [dogAgent()], deadLetters: { retention: hour } }
  const runtime = await program.start(given)
  await runtime.bus.publish(command({ word: 'boom' })).catch(() => {})
  await runtime.idle()
  jump(program, 24 * hour)
  const letters = () => runtime.bus.deadLetters.list({ reason: 'failed' })
  expect(letters()).toHaveLength(1)
  jump(program, -48 * hour)
  program.clock.advance(hour - 1)
  expect(letters()).toHaveLength(1)
  program.clock.advance(1)
  expect(letters()).toEqual([])
})
