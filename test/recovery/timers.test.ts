import { type Agent, agentTypes, defineAgent, defineEvent, type Frame, type TimersAfterRestart } from 'troupe'
import { describe, expect, it } from 'vitest'
import {
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  cancel,
  createMachine,
  emit,
  raise,
  sendTo,
  setup,
} from 'xstate'
import * as z from 'zod'
import { barked, command, dogAgent, petsParty } from '../support/pets.ts'
import {
  atEveryAppend,
  atFrame,
  createProgram,
  type Ending,
  lost,
  nothingLost,
  type Program,
} from '../support/program.ts'
import { settle, turn } from '../support/runtime.ts'

const wind = defineEvent('clock.wind', z.object({ how: z.string() }))
const ring = defineEvent('clock.ring', z.object({ how: z.string() }))
const inP1 = { party: 'p1' }
const never: Ending = () => undefined
const hears = [wind, ring]
const says = [barked, ring]
const none: { rung: readonly string[] } = { rung: [] }

/** Rings a second after it was wound, by each kind of timer that machines have; `off` and `cancel` cancel it. */
const alarm = (timers: TimersAfterRestart = 'absolute', neighbour: { ref?: AnyActorRef } = {}): Agent => {
  const machine = setup({
    types: agentTypes({ context: none, hears, says }),
    actions: {
      ring: assign(({ context }, { how }: { how: string }) => ({ rung: [...context.rung, how] })),
      bark: emit((_, { how }: { how: string }) => barked({ word: how, count: 1 })),
    },
    guards: { is: (_, { how, wanted }: { how: string; wanted: string }) => how === wanted },
  }).createMachine({
    id: 'alarm',
    context: none,
    initial: 'off',
    on: {
      'clock.wind': [
        { guard: ({ event }) => event.data.how === 'after', target: '.on', reenter: true },
        { guard: ({ event }) => event.data.how === 'off', target: '.off' },
        { guard: ({ event }) => event.data.how === 'cancel', actions: cancel('raised') },
        { guard: ({ event }) => event.data.how === 'nothing' },
        {
          guard: ({ event }) => event.data.how === 'neighbour',
          actions: sendTo(() => neighbour.ref ?? '', ring({ how: 'neighbour' }), { delay: 1_000 }),
        },
        { actions: raise(({ event }) => ring({ how: event.data.how }), { delay: 1_000, id: 'raised' }) },
      ],
      'clock.ring': {
        actions: [
          { type: 'ring', params: ({ event }) => event.data },
          { type: 'bark', params: ({ event }) => event.data },
        ],
      },
    },
    states: {
      off: {},
      on: {
        after: {
          1_000: {
            target: 'off',
            actions: [
              { type: 'ring', params: { how: 'after' } },
              { type: 'bark', params: { how: 'after' } },
            ],
          },
        },
      },
    },
  })
  return defineAgent({ name: 'alarm', machine, hears, says, timers })
}

interface Running {
  readonly parties: {
    get(id: string): { agent(name: string): { snapshot(): { readonly context: unknown } | undefined } }
  }
}

/** The alarms that have rung, by the journal. */
async function rung(runtime: Running, name = 'alarm'): Promise<readonly string[]> {
  await settle()
  const { context } = runtime.parties.get('p1').agent(name).snapshot() ?? {}
  return z.object({ rung: z.array(z.string()) }).parse(context).rung
}

/** An alarm is wound. 400 ms later the journal gets its last frame, and 100 ms after that the process ends. */
async function wound(how: string, timers?: TimersAfterRestart) {
  const program = createProgram()
  const given = { party: petsParty(alarm(timers)) }
  const first = await program.start(given)
  await first.parties.create({ id: 'p1' })
  await first.bus.publish(wind({ how }), inP1)
  await first.idle()
  program.clock.advance(400)
  await first.bus.publish(wind({ how: 'nothing' }), inP1)
  await first.idle()
  program.clock.advance(100)
  program.crash()
  return { program, given }
}

/** Checks that the alarm rings after so many milliseconds, and not before. */
async function ringsAfter(ms: number, runtime: Running, { clock }: Pick<Program, 'clock'>, how: string) {
  if (ms > 0) {
    clock.advance(ms - 1)
    expect(await rung(runtime)).toEqual([])
  }
  clock.advance(ms > 0 ? 1 : 0)
  expect(await rung(runtime)).toEqual([how])
}

describe.each(['after', 'raised'])('a timer that was set by %s', how => {
  it.each<[string, TimersAfterRestart, number, number]>([
    ['at its original time', 'absolute', 100, 400],
    ['at once, if its original time is over', 'absolute', 60_000, 0],
    ['after the rest of its time', 'remaining', 100, 600],
    ['after the rest of its time, however long no process ran', 'remaining', 60_000, 600],
    ['after its whole time again', 'restart', 100, 1_000],
    ['after its whole time again, however long no process ran', 'restart', 60_000, 1_000],
  ])('rings %s: %s', async (_, timers, downtime, ms) => {
    const { program, given } = await wound(how, timers)
    program.clock.advance(downtime)
    const next = await program.start(given)
    await ringsAfter(ms, next, program, how)
    program.clock.advance(10_000)
    expect(await rung(next)).toEqual([how])
    expect(next.parties.get('p1').state).toMatchObject({ barks: 1 })
    expect(lost(next)).toEqual(nothingLost)
  })

  it.each<[TimersAfterRestart, number, number]>([
    ['absolute', 100, 200],
    ['remaining', 60_000, 500],
    ['restart', 60_000, 1_000],
  ])('rings once in the third process, by the rule "%s"', async (timers, downtime, ms) => {
    const { program, given } = await wound(how, timers)
    program.clock.advance(downtime)
    const second = await program.start(given)
    program.clock.advance(100)
    await second.bus.publish(wind({ how: 'nothing' }), inP1)
    await second.idle()
    program.crash()
    program.clock.advance(downtime)
    const third = await program.start(given)
    await ringsAfter(ms, third, program, how)
    const fourth = await program.start(given)
    program.clock.advance(10_000)
    expect(await rung(fourth)).toEqual([how])
  })

  it('rings before its party is idle, if its time was over when the process started', async () => {
    const { program, given } = await wound(how)
    program.clock.advance(60_000)
    const next = await program.start(given)
    const party = next.parties.get('p1')
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
    expect(party.state).toMatchObject({ barks: 1 })
    program.clock.advance(10_000)
    expect(await rung(next)).toEqual([how])
  })

  it('does not ring if it was cancelled before', async () => {
    const { program, given } = await wound(how)
    const second = await program.start(given)
    await second.bus.publish(wind({ how: how === 'after' ? 'off' : 'cancel' }), inP1)
    await second.idle()
    const third = await program.start(given)
    program.clock.advance(10_000)
    expect(await rung(third)).toEqual([])
    expect(await third.idle()).toMatchObject({ reason: 'settled' })
  })

  it('can be cancelled in the next process', async () => {
    const { program, given } = await wound(how)
    const next = await program.start(given)
    await next.bus.publish(wind({ how: how === 'after' ? 'off' : 'cancel' }), inP1)
    program.clock.advance(10_000)
    expect(await rung(next)).toEqual([])
  })

  it('rings once at the later time, if it was set again in the next process', async () => {
    const { program, given } = await wound(how)
    const next = await program.start(given)
    if (how === 'raised') await next.bus.publish(wind({ how: 'cancel' }), inP1)
    await next.bus.publish(wind({ how }), inP1)
    await next.idle()
    await ringsAfter(1_000, next, program, how)
    program.clock.advance(10_000)
    expect(await rung(next)).toEqual([how])
  })

  it.each(['cut', 'written', 'lost'] as const)('rings once, though the process ended when it rang: %s', async last => {
    const { program, given } = await wound(how)
    const hasFired = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'fired')
    const ends = await program.until(atFrame(hasFired, last), given, async () => {
      program.clock.advance(500)
      await new Promise(() => {})
    })
    expect(ends).toBe(true)
    const next = await program.start(given)
    program.clock.advance(10_000)
    expect(await rung(next)).toEqual([how])
    expect(next.parties.get('p1').state).toMatchObject({ barks: 1 })
  })

  it('keeps its party from being idle', async () => {
    const { program, given } = await wound(how)
    const next = await program.start(given)
    expect(await next.idle()).toMatchObject({
      reason: 'waiting',
      waitingFor: [{ agent: 'party/p1/alarm', what: 'timer' }],
    })
  })

  it('goes on after an orderly stop', async () => {
    const program = createProgram()
    const given = { party: petsParty(alarm()) }
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(wind({ how }), inP1)
    await first.stop()
    const next = await program.start(given)
    await ringsAfter(1_000, next, program, how)
  })

  it('rings once, wherever the process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const given = { party: petsParty(alarm()) }
      const isEnded = await program.until(ending, given, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(wind({ how }), inP1)
        await runtime.idle()
        program.clock.advance(1_000)
        await runtime.idle()
      })
      const next = await program.start(given)
      if (next.parties.list().length === 0) await next.parties.create({ id: 'p1' })
      await next.idle()
      program.clock.advance(1_000)
      const frames = await program.frames('party/p1')
      const isWound = frames.some(({ entries }) =>
        entries.some(one => one.kind === 'event' && one.envelope.type === wind.type),
      )
      expect(await rung(next)).toEqual(isWound ? [how] : [])
      return isEnded
    })
  })
})

it('timers whose time is over fire in the order of their times, not in the order in which they were set', async () => {
  const machine = setup({ types: agentTypes({ context: none, hears, says }) }).createMachine({
    context: none,
    initial: 'trying',
    states: {
      trying: {
        after: { 2_000: 'late' },
        initial: 'first',
        states: { first: { after: { 1_000: '#made' } } },
      },
      made: { id: 'made' },
      late: {},
    },
  })
  const given = { party: petsParty(defineAgent({ name: 'alarm', machine, hears, says })) }
  const program = createProgram()
  const first = await program.start(given)
  await first.parties.create({ id: 'p1' })
  await first.idle()
  program.crash()
  program.clock.advance(5_000)
  const next = await program.start(given)
  program.clock.advance(0)
  await turn()
  expect(next.parties.get('p1').agent('alarm').snapshot()).toMatchObject({ value: 'made' })
})

describe('a timer that goes on for the rest of its time', () => {
  const given = { party: petsParty(alarm('remaining')), agents: [dogAgent()] }

  /** An alarm is wound, and its party journals nothing for 700 ms. */
  async function quiet() {
    const program = createProgram()
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(wind({ how: 'after' }), inP1)
    await first.idle()
    program.clock.advance(700)
    return { program, first }
  }

  it('counts from the moment of an orderly stop', async () => {
    const { program, first } = await quiet()
    await first.stop()
    program.clock.advance(60_000)
    await ringsAfter(300, await program.start(given), program, 'after')
  })

  it('counts from the moment of an orderly stop in the third process too', async () => {
    const { program, first } = await quiet()
    await first.stop()
    program.clock.advance(60_000)
    const second = await program.start(given)
    program.clock.advance(200)
    await second.stop({ timeout: 0 })
    program.clock.advance(60_000)
    await ringsAfter(100, await program.start(given), program, 'after')
  })

  it('counts from the time of the newest frame in any partition, if the process crashed', async () => {
    const { program, first } = await quiet()
    await first.bus.publish(command({ word: 'sit' }))
    await first.idle()
    program.crash()
    program.clock.advance(60_000)
    await ringsAfter(300, await program.start(given), program, 'after')
  })

  it('counts the time that passed, also if the newest frame is of another partition, and of a clock that was ahead', async () => {
    const { program, first } = await quiet()
    program.clock.set(program.clock.now() + 3_600_000)
    await first.bus.publish(command({ word: 'sit' }))
    await first.idle()
    program.crash()
    program.clock.set(program.clock.now() - 3_600_000)
    await ringsAfter(300, await program.start(given), program, 'after')
  })
})

describe('an event that is sent to another agent after a while', () => {
  /** A second alarm, to which the first one has a reference. */
  function neighbours() {
    const neighbour: { ref?: AnyActorRef } = {}
    const other = alarm()
    const { config, implementations } = other.machine
    const entry = ({ self }: { self: AnyActorRef }) => void (neighbour.ref = self)
    const machine: AnyStateMachine = createMachine({ ...config, entry }, implementations)
    return petsParty({ ...other, name: 'other', machine }, alarm('absolute', neighbour))
  }

  it.each(['cut', 'written', 'lost', undefined] as const)('arrives once in the next process: %s', async last => {
    const program = createProgram()
    const given = { party: neighbours() }
    const hasFired = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'fired')
    await program.until(last ? atFrame(hasFired, last) : never, given, async runtime => {
      const p1 = await runtime.parties.create({ id: 'p1' })
      await p1.agent('alarm').send(wind({ how: 'neighbour' }))
      await runtime.idle()
      if (last) program.clock.advance(1_000)
      if (last) await new Promise(() => {})
    })
    const next = await program.start(given)
    program.clock.advance(1_000)
    await next.idle()
    expect(await rung(next, 'other')).toEqual(['neighbour'])
    expect(await rung(next)).toEqual([])
    expect(lost(next)).toEqual(nothingLost)
    const another = await program.start(given)
    program.clock.advance(10_000)
    expect(await rung(another, 'other')).toEqual(['neighbour'])
  })
})

describe('an after that has fired while its state goes on', () => {
  const said = emit(() => barked({ word: 'wake up', count: 1 }))
  const after = { 1_000: { actions: assign({ rung: ['once'] }) } }
  const machine = (config: object, actors = {}): AnyStateMachine =>
    createMachine({ context: none, ...config } as never, { actors }) as never
  const kid = machine({ initial: 'on', states: { on: { after } } })
  const isRung = ({ context }: { context: typeof none }) => context.rung.length > 0
  const onSnapshot = {
    guard: ({ event }: { event: { snapshot: { context: typeof none } } }) => isRung(event.snapshot),
    actions: said,
  }
  const machines: Readonly<Record<string, AnyStateMachine>> = {
    'of the agent itself': machine({ initial: 'on', states: { on: { after: { 1_000: { actions: said } } } } }),
    'of a machine inside': machine({ invoke: { src: 'kid', onSnapshot } }, { kid }),
    'that a guard refused': machine({
      initial: 'on',
      states: {
        on: {
          on: { 'clock.wind': { actions: assign({ rung: ['then'] }) } },
          after: { 1_000: { guard: isRung, actions: said } },
        },
      },
    }),
  }

  it.each([
    ['of the agent itself', 1],
    ['of a machine inside', 1],
    ['that a guard refused', 0],
  ])('does not fire again in later processes: a timer %s', async (what, count) => {
    const given = { agents: [defineAgent({ name: 'alarm', machine: machines[what] ?? kid, hears, says })] }
    const program = createProgram()
    const first = await program.start(given)
    program.clock.advance(1_000)
    await first.idle()
    await first.bus.publish(wind({ how: 'then' }))
    await first.idle()
    for (let process = 2; process < 5; process++) {
      const runtime = await program.start(given)
      program.clock.advance(1_000)
      await runtime.idle()
      expect(runtime.bus.history({ type: barked.type })).toHaveLength(count)
    }
  })
})
