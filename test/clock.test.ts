import { agentTypes, type Clock, createRuntime, defineAgent, defineEvent } from 'troupe'
import { createSimulatedClock, type SimulatedClock } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, runnerAgent } from './support/pets.ts'
import { settle, suiteJournal, suiteScheduler } from './support/runtime.ts'

const hour = 3_600_000
const wind = defineEvent('bell.wind', z.object({}))
const rung = defineEvent('bell.rung', z.object({}))
const broken = defineEvent('bell.broken', z.object({}))

/** Rings two hours after it is wound. */
const bell = defineAgent({
  name: 'bell',
  hears: [wind, broken],
  says: [rung],
  machine: setup({ types: agentTypes({ context: {}, hears: [wind, broken], says: [rung] }) }).createMachine({
    context: {},
    initial: 'off',
    on: {
      'bell.broken': {
        actions: assign(() => {
          throw new Error('broken')
        }),
      },
    },
    states: {
      off: { on: { 'bell.wind': 'on' } },
      on: { after: { [2 * hour]: { target: 'off', actions: emit(() => rung({})) } } },
    },
  }),
})

/** The clock of a user who wrote no more than has to be there. */
const plain = ({ now, after }: SimulatedClock): Clock => ({ now, after })
const whole = (clock: SimulatedClock): Clock => clock

async function live(clock: Clock) {
  const runtime = createRuntime({
    scheduler: suiteScheduler,
    agents: [bell],
    clock,
    journal: suiteJournal(),
    party: petsParty(dogAgent()),
    log: 'silent',
  })
  onTestFinished(() => runtime.stop({ timeout: 0 }))
  return runtime.start()
}

describe('a clock that is corrected', () => {
  it('leaves no trace: an event is said at the time that it is, also after an hour back and forth', async () => {
    const clock = createSimulatedClock()
    const runtime = await live(clock)
    for (let times = 0; times < 3; times++) {
      clock.set(clock.now() - hour)
      await runtime.bus.publish(wind({}))
      clock.set(clock.now() + hour)
      const { time } = await runtime.bus.publish(wind({}))
      expect(time).toBe(clock.now())
    }
  })

  it('takes no time back that is in the journal: events wait there until the clock has caught up', async () => {
    const clock = createSimulatedClock()
    const runtime = await live(clock)
    const { time } = await runtime.bus.publish(wind({}))
    const times: number[] = []
    for (const ms of [-hour, hour - 1, 2]) {
      clock.set(clock.now() + ms)
      times.push((await runtime.bus.publish(wind({}))).time - time)
    }
    expect(times).toEqual([0, 0, 1])
  })

  it('that was ahead for a while holds back the party alone that said something then', async () => {
    const clock = createSimulatedClock()
    const runtime = await live(clock)
    await runtime.parties.create({ id: 'early' })
    await runtime.parties.create({ id: 'other' })
    clock.set(clock.now() + hour)
    const { time } = await runtime.bus.publish(command({ word: 'sit' }), { party: 'early' })
    await runtime.parties.get('early').idle()
    clock.set(clock.now() - hour)
    const later = await runtime.bus.publish(command({ word: 'sit' }), { party: 'early' })
    const other = await runtime.bus.publish(command({ word: 'sit' }), { party: 'other' })
    expect([later.time, other.time]).toEqual([time, clock.now()])
  })

  it('does not change how long an effect took', async () => {
    const clock = createSimulatedClock()
    const runtime = createRuntime({
      scheduler: suiteScheduler,
      clock,
      party: petsParty(
        runnerAgent(() => {
          clock.advance(70)
          clock.set(clock.now() - hour)
          return 'back'
        }),
      ),
    })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    const took: number[] = []
    runtime.bus.subscribe('effect.completed', ({ data }) => {
      took.push(z.object({ durationMs: z.number() }).parse(data).durationMs)
    })
    await runtime.start()
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    expect(took).toEqual([70])
  })

  it('gives back no room in a rate limit, and takes none', async () => {
    const clock = createSimulatedClock()
    const runtime = createRuntime({ scheduler: suiteScheduler, clock, events: [wind], rateLimit: { perSecond: 1 } })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    await runtime.start()
    const said = () =>
      runtime.bus.publish(wind({})).then(
        () => 'said',
        () => 'refused',
      )
    expect(await said()).toBe('said')
    clock.set(clock.now() + hour)
    expect(await said()).toBe('refused')
    clock.set(clock.now() - 2 * hour)
    clock.advance(1_100)
    expect(await said()).toBe('said')
  })

  it('does not hide that an agent restarts too often, nor counts restarts that are long over', async () => {
    for (const { pause, jump, restarts } of [
      { pause: 0, jump: hour, restarts: 3 },
      { pause: 6_000, jump: -hour, restarts: 5 },
    ]) {
      const clock = createSimulatedClock()
      const runtime = await live(clock)
      let restarted = 0
      runtime.bus.subscribe('agent.restarted', () => void restarted++)
      for (let times = 0; times < 5; times++) {
        await runtime.bus.publish(broken({})).catch(() => {})
        await settle()
        clock.set(clock.now() + jump)
        clock.advance(pause)
        await settle()
      }
      expect(restarted).toBe(restarts)
    }
  })
})

describe.each([
  ['that measures', whole],
  ['that says no more than has to be there', plain],
] as const)('a timer on a clock %s', (_, clockOf) => {
  const wound = async () => {
    const clock = createSimulatedClock()
    const runtime = await live(clockOf(clock))
    let rings = 0
    runtime.bus.subscribe(rung, () => void rings++)
    await runtime.bus.publish(wind({}))
    await settle()
    const after = async (ms: number) => {
      clock.advance(ms)
      await settle()
      return rings
    }
    return { clock, runtime, after }
  }

  it('does not fire early when the clock is set forward, from 1970 too', async () => {
    const { clock, runtime, after } = await wound()
    clock.set(clock.now() + 50 * 365 * 24 * hour)
    await runtime.bus.publish(wind({}))
    expect(await after(2 * hour - 1)).toBe(0)
    expect(await after(1)).toBe(1)
  })

  it('does not stay when the clock is set back, be it twice', async () => {
    const { clock, runtime, after } = await wound()
    for (let times = 0; times < 2; times++) {
      clock.set(clock.now() - 3 * hour)
      await runtime.bus.publish(wind({}))
      await after(hour / 2)
    }
    expect(await after(hour - 1)).toBe(0)
    expect(await after(1)).toBe(1)
  })
})
