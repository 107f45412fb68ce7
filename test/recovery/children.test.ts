import {
  type Agent,
  agentTypes,
  type ChildOptions,
  child,
  defineAgent,
  defineEvent,
  type Frame,
  type Migrations,
  migration,
  type Runtime,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { heat, oven, ring, smoke } from '../support/oven.ts'
import { petsParty, told } from '../support/pets.ts'
import { atEveryAppend, atFrame, createProgram, type LastAppend, lost, nothingLost } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const light = defineEvent('kitchen.light', z.object({}))
const leave = defineEvent('kitchen.leave', z.object({}))
const spill = defineEvent('kitchen.spill', z.object({}))
const inP1 = { party: 'p1' }
const ringing = ring({ cake: 'sacher' })

/** A cook lights an oven, leaves the kitchen, or spills something and crashes. It says how the oven ended. */
const cook = (options: ChildOptions = {}, migrations: Migrations = {}): Agent => {
  const hears = [light, leave, spill]
  const machine = setup({
    types: agentTypes({ context: {}, hears, says: [told] }),
    actors: { oven: child(oven(), options) },
    actions: {
      spill: assign(() => {
        throw new Error('spilt')
      }),
      tell: emit((_, { what }: { what: string }) => told({ what })),
    },
  }).createMachine({
    id: 'cook',
    version: `${Object.keys(migrations).length}`,
    context: {},
    initial: 'away',
    states: {
      away: { on: { 'kitchen.light': 'baking' } },
      baking: {
        on: { 'kitchen.leave': 'away', 'kitchen.spill': { actions: 'spill' } },
        invoke: {
          id: 'oven',
          src: 'oven',
          onDone: { target: 'away', actions: { type: 'tell', params: ({ event }) => ({ what: `${event.output}` }) } },
          onError: {
            target: 'away',
            actions: { type: 'tell', params: ({ event }) => ({ what: codeOf(event.error) }) },
          },
        },
      },
    },
  })
  return { ...defineAgent({ name: 'cook', machine, hears, says: [told] }), migrations }
}

const codeOf = (error: unknown): string => z.object({ code: z.string() }).parse(error).code

/** A cook in party `p1` has lit an oven, which has 200 degrees. Now the test may crash the process. */
async function baking(options: ChildOptions = {}) {
  const program = createProgram()
  const given = { party: petsParty(cook(options)) }
  const runtime = await program.start(given)
  const p1 = await runtime.parties.create({ id: 'p1' })
  await runtime.bus.publish(light({}), inP1)
  await p1.idle()
  for (let n = 0; n < 2; n++) await runtime.ask('party/p1/cook/oven', heat, {})
  return { program, given, runtime, p1 }
}

const at = ({ entries }: Frame, what: string) => entries.some(entry => entry.kind === 'agent' && entry.what === what)

describe('a child', () => {
  it('is restored with its parent, in its former state', async () => {
    const { program, given } = await baking()
    const next = await program.start(given)
    expect(await next.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 300 })
    expect(next.parties.get('p1').agent('cook/oven')).toMatchObject({ incarnation: 1 })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('goes on with the registered definition, although its parent has another one of that name', async () => {
    const { program } = await baking()
    const next = await program.start({ party: petsParty(cook()), registered: [oven()] })
    expect(await next.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 300 })
    await next.bus.publish(ringing, inP1)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['sacher'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('tells its parent in the next process how it ended', async () => {
    const { program, given } = await baking()
    const next = await program.start(given)
    await next.bus.publish(ringing, inP1)
    await next.idle()
    const p1 = next.parties.get('p1')
    expect(p1.state).toMatchObject({ said: ['sacher'] })
    expect(p1.agent('cook').snapshot()).toMatchObject({ value: 'away' })
    // It can be lit again.
    await next.bus.publish(light({}), inP1)
    await next.idle()
    expect(await next.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 100 })
  })

  it('that crashes in the next process is restarted without its parent', async () => {
    const { program, given } = await baking()
    const next = await program.start(given)
    await next.bus.publish(smoke({}), inP1)
    await next.idle()
    const p1 = next.parties.get('p1')
    expect(p1.agent('cook/oven')).toMatchObject({ incarnation: 2 })
    expect(p1.agent('cook').snapshot()).toMatchObject({ value: 'baking' })
    expect(p1.state).toMatchObject({ said: [] })
  })

  it('that crashes too often in the next process ends with an error for its parent', async () => {
    const { program, given } = await baking()
    const next = await program.start(given)
    for (let n = 0; n < 4; n++) {
      await next.bus.publish(smoke({}), inP1)
      await next.idle()
    }
    expect(next.parties.get('p1').state).toMatchObject({ said: ['CHILD_ENDED'] })
  })

  it('stops when its parent leaves its state in the next process', async () => {
    const { program, given } = await baking()
    const second = await program.start(given)
    await second.bus.publish(leave({}), inP1)
    await second.idle()
    expect(second.parties.get('p1').agent('cook/oven').snapshot()).toMatchObject({ status: 'stopped' })
    const third = await program.start(given)
    expect(third.parties.quarantined()).toEqual([])
    await expect(third.ask('party/p1/cook/oven', heat, {})).rejects.toMatchObject({ code: 'NO_ADDRESS' })
  })

  it('stops when its parent crashes in the next process, and a new one starts', async () => {
    const { program, given } = await baking()
    const next = await program.start(given)
    await next.bus.publish(spill({}), inP1)
    await next.idle()
    expect(next.parties.get('p1').agent('cook/oven').snapshot()).toMatchObject({ status: 'stopped' })
    await next.bus.publish(light({}), inP1)
    await next.idle()
    expect(await next.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 100 })
  })

  it('that its parent has left lives on, and its parent finds it again', async () => {
    const { program, given, runtime } = await baking({ orphan: 'adopt' })
    await runtime.bus.publish(leave({}), inP1)
    await runtime.idle()
    const second = await program.start(given)
    expect(await second.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 300 })
    await second.bus.publish(light({}), inP1)
    await second.idle()
    expect(await second.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 400 })
    await second.bus.publish(ringing, inP1)
    await second.idle()
    expect(second.parties.get('p1').state).toMatchObject({ said: ['sacher'] })
  })

  it('that ends while its parent does not want it does not change the next child, also after a crash', async () => {
    const { program, given, runtime } = await baking({ orphan: 'adopt' })
    await runtime.bus.publish(leave({}), inP1)
    await runtime.idle()
    const next = await program.start({ ...given, registered: [oven()] })
    await next.bus.publish(ringing, inP1)
    await next.idle()
    await next.bus.publish(light({}), inP1)
    await next.idle()
    expect(next.bus.history({ type: told.type })).toEqual([])
    expect(next.parties.get('p1').agent('cook').snapshot()?.value).toBe('baking')
    expect(await next.ask('party/p1/cook/oven', heat, {})).toEqual({ degrees: 100 })
  })

  it('that ended before its parent was spawned again is reported to its parent once', async () => {
    const program = createProgram()
    const options = { events: [light, leave, spill, ring, told], registered: [oven()] }
    const first = await program.start(options)
    await first.spawn(cook())
    await first.bus.publish(light({}))
    await first.idle()
    const next = await program.start(options)
    await next.bus.publish(ringing)
    await next.idle()
    await next.spawn(cook())
    await next.idle()
    expect(next.bus.history({ type: told.type })).toHaveLength(1)
    await next.bus.publish(light({}))
    await next.idle()
    expect(next.bus.history({ type: told.type })).toHaveLength(1)
    expect(await next.ask('runtime/cook/oven', heat, {})).toEqual({ degrees: 100 })
  })

  it('keeps its mail', async () => {
    const { program, given } = await baking()
    const isRinging = atFrame(
      ({ entries }) => entries.some(one => one.kind === 'event' && one.envelope.type === ring.type),
      'cut',
    )
    await program.until(isRinging, given, next => next.bus.publish(ringing, inP1))
    const next = await program.start(given)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['sacher'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it.each<[string, (frame: Frame) => boolean, LastAppend]>([
    ['after its end', ({ cause }) => cause.kind === 'step' && cause.type === ring.type, 'cut'],
    ['before its stop was written', frame => at(frame, 'stopped'), 'lost'],
    ['after its stop was written', frame => at(frame, 'stopped'), 'cut'],
  ])('that had ended is reported to its parent once, though its process ended %s', async (_, isLast, last) => {
    const { program, given } = await baking()
    await program.until(atFrame(isLast, last), given, async next => {
      await next.bus.publish(ringing, inP1)
      await new Promise(() => {})
    })
    const next = await program.start(given)
    await next.idle()
    const p1 = next.parties.get('p1')
    expect(p1.state).toMatchObject({ said: ['sacher'] })
    expect(p1.agent('cook').snapshot()).toMatchObject({ value: 'away' })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('that the application stopped is reported to its parent once, though the process ended too', async () => {
    const { program, given } = await baking()
    await program.until(
      atFrame(frame => at(frame, 'stopped'), 'cut'),
      given,
      async next => {
        await next.parties.get('p1').agent('cook/oven').stop()
      },
    )
    const next = await program.start(given)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['CHILD_ENDED'] })
  })

  it('starts, ends and is reported to its parent once, wherever its process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const given = { party: petsParty(cook()) }
      const isEnded = await program.until(ending, given, async runtime => {
        const p1 = await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(light({}), inP1)
        await runtime.idle()
        await p1.agent('cook/oven').send(ringing)
        await runtime.idle()
      })
      const next = await program.start(given)
      const [p1 = await next.parties.create({ id: 'p1' })] = next.parties.list()
      await next.idle()
      if (p1.state.said.length === 0) {
        if (p1.agent('cook').snapshot()?.value === 'away') await next.bus.publish(light({}), inP1)
        await next.idle()
        await p1.agent('cook/oven').send(ringing)
        await next.idle()
      }
      expect(p1.state).toMatchObject({ said: ['sacher'] })
      expect(p1.agent('cook')).toMatchObject({ incarnation: 1 })
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
  })

  it('is restored outside the parties too, and after an orderly stop', async () => {
    const program = createProgram()
    const first = await program.start({ agents: [cook()] })
    await first.bus.publish(light({}))
    await first.idle()
    await first.ask('runtime/cook/oven', heat, {})
    await first.stop()
    const second = await program.start({ agents: [cook()] })
    expect(await second.ask('runtime/cook/oven', heat, {})).toEqual({ degrees: 200 })
    await second.bus.publish(ringing)
    await settle()
    expect(second.bus.history({ type: told.type })).toMatchObject([{ data: { what: 'sacher' } }])
  })
})

/** The next version of the cook: the migration puts it into the state `away`. */
const movedCook = (options: ChildOptions): Agent =>
  cook(options, { '0': migration(z.object({}), () => ({ value: 'away', context: {} })) })

/** Crashes on a spill; the supervisor then gives up, and all its agents stop. */
const clumsy = { ...cook(), name: 'clumsy' }

describe.each([
  ['adopt', 'lives on', true],
  ['stop', 'stops', false],
] as const)('a child (%s) that its parent no longer wants in the next process %s', (orphan, _, lives) => {
  const options = { orphan }
  const isThere = (runtime: Runtime) =>
    runtime.ask('runtime/cook/oven', heat, {}).then(
      () => true,
      () => false,
    )

  it('because of a migration, and the journal holds no work of it', async () => {
    const program = createProgram()
    const first = await program.start({ agents: [cook(options)] })
    await first.bus.publish(light({}))
    await first.idle()
    for (let process = 0; process < 2; process++) {
      const next = await program.start({ agents: [movedCook(options)] })
      await next.idle()
      expect(await isThere(next)).toBe(lives)
    }
    const frames = await program.frames('runtime')
    const keysOf = (kind: string) =>
      frames.flatMap(({ entries }) => entries.flatMap(one => (one.kind === kind && 'key' in one ? [one.key] : [])))
    expect(keysOf('dropped')).toEqual(keysOf('child'))
  })

  it('because its parent begins anew after the supervisor gave up', async () => {
    const program = createProgram()
    const given = { agents: [cook(options), clumsy], intensity: { max: 0, within: 1_000 } }
    const first = await program.start(given)
    let gaveUp = false
    first.bus.errors(({ data }) => void (gaveUp ||= data.severity === 'critical'))
    await first.agent('cook').send(light({}))
    await first.idle()
    void first.agent('clumsy').send(light({}))
    void first.agent('clumsy').send(spill({}))
    await settle()
    expect(gaveUp).toBe(true)
    const next = await program.start(given)
    await next.idle()
    expect(next.agent('cook').snapshot()).toMatchObject({ value: 'away' })
    expect(await isThere(next)).toBe(lives)
    await next.agent('cook').send(light({}))
    await next.idle()
    expect(await isThere(next)).toBe(true)
  })
})
