import {
  type Agent,
  type AgentRef,
  agentRecovered,
  agentTypes,
  defineAgent,
  defineEvent,
  defineParty,
  type Frame,
  MachineChangedError,
  MachineForeignError,
  type Migrations,
  migration,
  NoAddressError,
  PartyQuarantinedError,
  partyQuarantined,
  type Runtime,
  type Upcasters,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, createMachine, raise, sendParent, setup } from 'xstate'
import * as z from 'zod'
import { atOnce, firstCook, fromFirst, kitchen, never, order, secondCook, served } from '../support/kitchens.ts'
import { barked, command, dogAgent, inputAdded, inputRemoved, petsParty } from '../support/pets.ts'
import { atAppend, atFrame, createProgram, type LastAppend, lost, nothingLost } from '../support/program.ts'

type Orders = Pick<Runtime, 'bus'>

interface Parties {
  readonly parties: { get(id: string): { agent(name: string): AgentRef } }
}

const orderIn = (runtime: Orders, party: string, ...dishes: readonly string[]) =>
  Promise.all(dishes.map(dish => runtime.bus.publish(order({ dish }), { party })))

/** A program whose first version has served one dish in party `p1`, has another in the oven, and a third is ordered. */
async function firstVersion() {
  const program = createProgram()
  const before = await program.start({ party: kitchen(firstCook()) })
  const p1 = await before.parties.create({ id: 'p1' })
  await orderIn(before, 'p1', 'soup')
  await p1.idle()
  const runtime = await program.start({ party: kitchen(firstCook(never)) })
  await orderIn(runtime, 'p1', 'pie', 'cake')
  await until(runtime, 'p1', 'cooking')
  return { program, runtime }
}

/** Checks the state of the cook, and that its party is not quarantined. */
function until(runtime: Parties, party: string, state: string): Promise<void> {
  const cook = runtime.parties.get(party).agent('cook')
  return new Promise(resolve => {
    const check = () => void (cook.snapshot()?.value === state && resolve())
    cook.watch(check)
    check()
  })
}

describe('a party that began with version 1 of its cook', () => {
  it.each([
    ['a crash', async () => {}],
    ['an orderly stop', (runtime: Pick<Runtime, 'stop'>) => runtime.stop({ timeout: 0 })],
  ])('goes on with version 2 after %s, and a new party starts with version 2', async (_, end) => {
    const { program, runtime } = await firstVersion()
    await end(runtime)
    const next = await program.start({ party: kitchen(secondCook({ '1': fromFirst })) })
    const p1 = next.parties.get('p1')
    await next.parties.create({ id: 'p2' })
    await orderIn(next, 'p2', 'tea')
    await next.idle()
    expect(p1.state).toMatchObject({ served: ['soup! none', 'pie! CHF', 'cake! CHF'] })
    expect(p1.agent('cook').snapshot()?.context).toMatchObject({ dishes: 3, currency: 'CHF' })
    expect(next.parties.get('p2').state).toMatchObject({ served: ['tea! EUR'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it.each([
    ['also if it has handled nothing since', never],
    ['once it has handled something', atOnce],
  ])('is migrated once: a later process needs no migration, %s', async (_, oven) => {
    const { program } = await firstVersion()
    const second = await program.start({ party: kitchen(secondCook({ '1': fromFirst }, oven)) })
    if (oven === atOnce) await second.idle()
    // This program has no migration from version 1.
    const last = await program.start({ party: kitchen(secondCook()) })
    await last.idle()
    expect(last.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! CHF', 'cake! CHF'] })
  })

  it('is kept unchanged by a version that cannot go on with it, while other parties go on', async () => {
    const { program } = await firstVersion()
    const second = await program.start({ party: kitchen(secondCook()) })
    await second.parties.create({ id: 'p2' })
    await orderIn(second, 'p2', 'tea')
    await second.idle()

    const third = await program.start({ party: kitchen(secondCook()) })
    expect(third.parties.quarantined()).toEqual([
      { partyId: 'p1', code: 'MACHINE_VERSION', reason: expect.stringContaining('Declare a migration from "1"') },
    ])
    expect(() => third.parties.get('p1')).toThrow(PartyQuarantinedError)
    expect(() => third.parties.get('p1')).toThrow(/Version "1" of agent "cook" was saved/)
    expect(third.bus.history({ type: partyQuarantined.type })).toMatchObject([{ data: { partyId: 'p1' } }])
    expect(third.parties.list().map(({ id }) => id)).toEqual(['p2'])
    await orderIn(third, 'p2', 'toast')
    await third.idle()
    expect(third.parties.get('p2').state).toMatchObject({ served: ['tea! EUR', 'toast! EUR'] })

    const fourth = await program.start({ party: kitchen(secondCook({ '1': fromFirst })) })
    await fourth.idle()
    expect(fourth.parties.quarantined()).toEqual([])
    expect(fourth.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! CHF', 'cake! CHF'] })
  })

  it('refuses all calls while it is quarantined, and keeps its id', async () => {
    const { program } = await firstVersion()
    const next = await program.start({ party: kitchen(secondCook()) })
    await expect(orderIn(next, 'p1', 'tea')).rejects.toThrow(PartyQuarantinedError)
    await expect(next.parties.create({ id: 'p1' })).rejects.toThrow(PartyQuarantinedError)
    await expect(next.parties.retry('p1')).rejects.toThrow(PartyQuarantinedError)
    await next.parties.delete('p1')
    const p1 = await next.parties.create({ id: 'p1' })
    await orderIn(next, 'p1', 'tea')
    await p1.idle()
    expect(p1.state).toMatchObject({ served: ['tea! EUR'] })
  })

  it.each<LastAppend>(['written', 'lost', 'cut'])(
    'is migrated to the end though a process ended meanwhile: %s',
    async last => {
      const { program } = await firstVersion()
      const party = kitchen(secondCook({ '1': fromFirst }))
      const isMigration = atFrame(
        ({ entries }) => entries.some(entry => entry.kind === 'agent' && entry.what === 'migrated'),
        last,
      )
      expect(await program.until(isMigration, { party }, () => new Promise(() => {}))).toBe(true)
      const next = await program.start({ party })
      await next.idle()
      expect(next.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! CHF', 'cake! CHF'] })
    },
  )

  it.each(['written' as const, 'lost' as const])(
    'is migrated to the end, whenever the next process ends: an append is %s',
    async last => {
      let isEnded = true
      for (let n = 1; isEnded; n++) {
        const { program } = await firstVersion()
        const party = kitchen(secondCook({ '1': fromFirst }))
        isEnded = await program.until(atAppend(n, last), { party }, next => next.idle())
        const next = await program.start({ party })
        await next.idle()
        expect(next.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! CHF', 'cake! CHF'] })
        expect(lost(next)).toEqual(nothingLost)
      }
    },
  )

  it('keeps the old machine while that is registered', async () => {
    const { program } = await firstVersion()
    const options = { party: kitchen(secondCook()), registered: [firstCook()] }
    const second = await program.start(options)
    await second.parties.create({ id: 'p2' })
    await second.idle()
    expect(second.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! none', 'cake! none'] })

    const third = await program.start(options)
    await orderIn(third, 'p1', 'toast')
    await orderIn(third, 'p2', 'toast')
    await third.idle()
    expect(third.parties.get('p1').state.served.at(-1)).toBe('toast! none')
    expect(third.parties.get('p2').state.served.at(-1)).toBe('toast! EUR')
  })

  it('prefers the old machine to a migration, if the program has both', async () => {
    const { program } = await firstVersion()
    const next = await program.start({
      party: kitchen(secondCook({ '1': fromFirst })),
      registered: [firstCook()],
    })
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! none', 'cake! none'] })
  })

  it('starts a cook that crashed in version 2 with the machine of version 2', async () => {
    const { program } = await firstVersion()
    const burning = () => {
      throw new Error('burnt')
    }
    const next = await program.start({ party: kitchen(secondCook({ '1': fromFirst }, burning)) })
    const p1 = next.parties.get('p1')
    await p1.idle()
    // The first oven fails, and the cook does not handle that. So it is restarted, and takes the next order.
    expect(p1.agent('cook').incarnation).toBeGreaterThan(1)
  })

  it('stays unchanged in an older program', async () => {
    const { program } = await firstVersion()
    const second = await program.start({ party: kitchen(secondCook({ '1': fromFirst })) })
    await second.idle()
    const older = await program.start({ party: kitchen(firstCook()) })
    expect(older.parties.quarantined()).toEqual([
      { partyId: 'p1', code: 'MACHINE_VERSION', reason: expect.stringContaining('run the program that saved it') },
    ])
    const newer = await program.start({ party: kitchen(secondCook()) })
    await newer.idle()
    expect(newer.parties.get('p1').state).toMatchObject({ served: ['soup! none', 'pie! CHF', 'cake! CHF'] })
  })
})

describe('a party whose agents are not those of the program', () => {
  const waiter = defineAgent({
    name: 'waiter',
    machine: setup({
      types: agentTypes({ context: {}, hears: [served], says: [] }),
    }).createMachine({ id: 'waiter', version: '3', context: {}, on: { 'kitchen.served': {} } }),
    hears: [served],
    says: [],
  })

  it('is quarantined if one of its agents is unknown', async () => {
    const program = createProgram()
    const before = await program.start({ party: kitchen(firstCook(), waiter) })
    await before.parties.create({ id: 'p1' })
    const after = await program.start({ party: kitchen(firstCook()) })
    expect(after.parties.quarantined()).toEqual([
      { partyId: 'p1', code: 'MACHINE_UNKNOWN', reason: expect.stringContaining('agent "waiter"') },
    ])
  })

  it('keeps an agent that is only registered, and new parties start without it', async () => {
    const program = createProgram()
    const before = await program.start({ party: kitchen(firstCook(), waiter) })
    await before.parties.create({ id: 'p1' })
    const after = await program.start({ party: kitchen(firstCook()), registered: [waiter] })
    const p2 = await after.parties.create({ id: 'p2' })
    await orderIn(after, 'p1', 'tea')
    await after.idle()
    expect(after.parties.get('p1').agent('waiter').snapshot()).toMatchObject({ status: 'active' })
    expect(() => p2.agent('waiter')).toThrow(NoAddressError)
  })

  it('goes on without an agent that was stopped before', async () => {
    const program = createProgram()
    const before = await program.start({ party: kitchen(firstCook(), waiter) })
    const p1 = await before.parties.create({ id: 'p1' })
    await p1.agent('waiter').stop()
    const after = await program.start({ party: kitchen(firstCook()) })
    await orderIn(after, 'p1', 'tea')
    await after.idle()
    expect(after.parties.get('p1').state).toMatchObject({ served: ['tea! none'] })
  })

  it('gets a new agent, which hears the events from then on', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(dogAgent()) })
    const p1 = await before.parties.create({ id: 'p1' })
    await before.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await p1.idle()
    const puppy: Agent = { ...dogAgent(), name: 'puppy' }
    const options = { party: petsParty(dogAgent(), puppy) }
    const after = await program.start(options)
    await after.bus.publish(command({ word: 'b' }), { party: 'p1' })
    await after.idle()
    expect(contextOf(after, 'dog')).toMatchObject({ count: 2 })
    expect(contextOf(after, 'puppy')).toMatchObject({ count: 1 })
    const last = await program.start(options)
    expect(contextOf(last, 'puppy')).toMatchObject({ count: 1 })
  })

  it('is quarantined if a machine was changed without a new version', async () => {
    const program = createProgram()
    const host = (...states: readonly string[]): Agent => {
      const machine: AnyStateMachine = createMachine({
        id: 'host',
        version: '1',
        initial: states[0],
        states: Object.fromEntries(states.map(one => [one, {}])),
      })
      return defineAgent({ name: 'host', machine, hears: [], says: [] })
    }
    const before = await program.start({ party: petsParty(host('idle', 'busy')) })
    await before.parties.create({ id: 'p1' })
    const after = await program.start({ party: petsParty(host('idle', 'busy', 'gone')), development: false })
    expect(after.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MACHINE_CHANGED' }])
    const again = await program.start({ party: petsParty(host('idle', 'busy')) })
    expect(again.parties.get('p1').agent('host').snapshot()).toMatchObject({ value: 'idle' })
  })

  it('is quarantined in a program without parties', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(dogAgent()) })
    await before.parties.create({ id: 'p1' })
    const after = await program.start({})
    expect(after.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'NO_PARTY_DEFINITION' }])
  })
})

const contextOf = (runtime: Parties, agent: string) => runtime.parties.get('p1').agent(agent).snapshot()?.context

describe('timers of a state that is renamed in the next version', () => {
  const context = { naps: 0 }
  const fromNap = migration(z.object({ naps: z.int() }), ({ value, context }) => ({
    value: value === 'napping' ? 'dozing' : value,
    context,
  }))
  const sleeper = (version: string, nap: string, migrations: Migrations = {}): Agent => {
    const machine: AnyStateMachine = createMachine({
      id: 'sleeper',
      version,
      context,
      initial: 'awake',
      states: {
        awake: { on: { 'pets.command': nap } },
        [nap]: { after: { 1_000: { target: 'awake', actions: assign({ naps: 1 }) } } },
      },
    })
    return defineAgent({ name: 'sleeper', machine, hears: [command], says: [], migrations })
  }

  it('fire at their original time', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(sleeper('1', 'napping')) })
    await before.parties.create({ id: 'p1' })
    await before.bus.publish(command({ word: 'nap' }), { party: 'p1' })
    await before.idle()
    const migrations = { '1': fromNap }
    const after = await program.start({ party: petsParty(sleeper('2', 'dozing', migrations)) })
    expect(after.parties.get('p1').agent('sleeper').snapshot()).toMatchObject({ value: 'dozing' })
    program.clock.advance(1_000)
    await after.idle()
    expect(after.parties.get('p1').agent('sleeper').snapshot()).toMatchObject({ value: 'awake', context: { naps: 1 } })
  })

  it('fire once in all processes, though their state is not left then', async () => {
    const staying = (version: string, nap: string): Agent => {
      const doze = assign(({ context }: { context: { naps: number } }) => ({ naps: context.naps + 1 }))
      const machine: AnyStateMachine = createMachine({
        id: 'sleeper',
        version,
        context,
        initial: nap,
        states: { [nap]: { after: { 1_000: { actions: doze } } } },
      })
      return defineAgent({
        name: 'sleeper',
        machine,
        hears: [],
        says: [],
        migrations: version === '1' ? {} : { '1': fromNap },
      })
    }
    const program = createProgram()
    const before = await program.start({ party: petsParty(staying('1', 'napping')) })
    await before.parties.create({ id: 'p1' })
    await before.idle()
    const party = petsParty(staying('2', 'dozing'))
    for (const naps of [0, 0, 1, 1, 1]) {
      program.clock.advance(400)
      const after = await program.start({ party })
      program.clock.advance(0)
      await after.idle()
      expect(contextOf(after, 'sleeper')).toEqual({ naps })
    }
  })
})

describe('timers of the same delay, of several states that are renamed in the next version', () => {
  const nothing = z.object({})
  const cook = (version: string, bake: string, cool: string, migrations: Migrations = {}): Agent => {
    const machine: AnyStateMachine = createMachine({
      id: 'cook',
      version,
      context: {},
      type: 'parallel',
      states: {
        oven: {
          initial: 'off',
          states: { off: { on: { 'pets.command': bake } }, [bake]: { after: { 1_000: 'done' } }, done: {} },
        },
        shelf: { initial: cool, states: { [cool]: { after: { 1_000: 'done' } }, done: {} } },
      },
    })
    return defineAgent({ name: 'cook', machine, hears: [command], says: [], migrations })
  }

  it('fire each at its original time', async () => {
    const program = createProgram()
    const before = await program.start({ agents: [cook('1', 'baking', 'cooling')] })
    program.clock.advance(600)
    await before.bus.publish(command({ word: 'bake' }))
    await before.idle()
    const value = { oven: 'roasting', shelf: 'resting' }
    const migrations = { '1': migration(nothing, ({ context }) => ({ value, context })) }
    const after = await program.start({ agents: [cook('2', 'roasting', 'resting', migrations)] })
    const states: unknown[] = []
    for (const ms of [399, 1, 599, 1]) {
      program.clock.advance(ms)
      await after.idle()
      states.push(after.agent('cook').snapshot()?.value)
    }
    const [shelf, both] = [
      { ...value, shelf: 'done' },
      { oven: 'done', shelf: 'done' },
    ]
    expect(states).toEqual([value, shelf, shelf, both])
  })
})

describe('a timer that is new in the next version', () => {
  const sleeper = (version: string, after: object): Agent => {
    const config = { id: 'sleeper', context: { naps: 0 }, initial: 'napping', states: { napping: { after } } }
    const keep = migration(z.object({ naps: z.int() }), ({ value, context }) => ({ value, context }))
    const machine: AnyStateMachine = createMachine({ ...config, version })
    return defineAgent({
      name: 'sleeper',
      machine,
      hears: [],
      says: [],
      migrations: version === '1' ? {} : { '1': keep },
    })
  }
  const nap = { actions: assign(({ context }: { context: { naps: number } }) => ({ naps: context.naps + 1 })) }

  it('starts with that version, goes on in later processes, and fires once', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(sleeper('1', {})) })
    await before.parties.create({ id: 'p1' })
    await before.idle()
    const party = petsParty(sleeper('2', { 1_000: nap }))
    for (const naps of [0, 0, 0, 1, 1]) {
      program.clock.advance(400)
      const after = await program.start({ party })
      program.clock.advance(0)
      await after.idle()
      expect(contextOf(after, 'sleeper')).toEqual({ naps })
    }
  })
})

describe('a machine that an agent spawned', () => {
  const context: { ref: unknown; rung: boolean } = { ref: undefined, rung: false }
  const bell: AnyStateMachine = createMachine({
    initial: 'still',
    states: { still: { after: { 1_000: { target: 'rung', actions: sendParent({ type: 'rang' }) } } }, rung: {} },
  })
  const ringer = (version: string, actors: Record<string, AnyStateMachine>, migrations: Migrations = {}): Agent => {
    const machine: AnyStateMachine = createMachine(
      {
        id: 'ringer',
        version,
        context,
        entry: assign({ ref: ({ spawn }) => spawn('bell', { id: 'bell' }) }),
        on: { rang: { actions: assign({ rung: true }) } },
      },
      { actors },
    )
    return defineAgent({ name: 'ringer', machine, hears: [], says: [], migrations })
  }
  const refOnly = z.object({ ref: z.unknown() })

  async function upgraded(next: Agent) {
    const program = createProgram()
    const before = await program.start({ party: petsParty(ringer('1', { bell })) })
    await before.parties.create({ id: 'p1' })
    await before.idle()
    const after = await program.start({ party: petsParty(next) })
    program.clock.advance(1_000)
    await after.idle()
    return after
  }

  it('goes on with the next version if its context holds it', async () => {
    const keep = migration(refOnly, ({ context: { ref } }) => ({ context: { ref, rung: false } }))
    const after = await upgraded(ringer('2', { bell }, { '1': keep }))
    expect(contextOf(after, 'ringer')).toMatchObject({ rung: true, ref: expect.objectContaining({ id: 'bell' }) })
  })

  it('ends with the old version if the context of the next version does not hold it', async () => {
    const drop = migration(refOnly, () => ({ context }))
    const after = await upgraded(ringer('2', { bell }, { '1': drop }))
    expect(contextOf(after, 'ringer')).toEqual(context)
  })

  it('that the next version does not know quarantines its party, if the context holds it', async () => {
    const keep = migration(refOnly, ({ context: { ref } }) => ({ context: { ref, rung: false } }))
    const after = await upgraded(ringer('2', {}, { '1': keep }))
    expect(after.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MIGRATION' }])
  })
})

describe('an event of an older version', () => {
  const parcel = 'post.parcel'
  const first = defineEvent(parcel, z.object({ to: z.string() }))
  const upcast: Upcasters = { 1: old => ({ ...old, weight: 7 }) }
  const second = defineEvent(parcel, z.object({ to: z.string(), weight: z.int() }), { version: 2, upcast })
  const free = defineEvent('post.free', z.object({}))
  const none: { weights: readonly unknown[] } = { weights: [] }

  /** Takes no parcels while it is busy. */
  const postman = (definition: typeof first | typeof second): Agent => {
    const machine = setup({
      types: agentTypes({ context: none, hears: [first, free], says: [] }),
    }).createMachine({
      id: 'postman',
      context: none,
      initial: 'away',
      states: {
        away: { tags: 'busy', on: { 'post.free': 'there' } },
        there: {
          on: {
            'post.parcel': {
              actions: assign(({ context, event: { data } }) => ({
                weights: [...context.weights, 'weight' in data ? data.weight : 'none'],
              })),
            },
          },
        },
      },
    })
    const agent = defineAgent({ name: 'postman', machine, hears: [first, free], says: [] })
    return { ...agent, hears: [definition, free] }
  }

  /** A party in which a parcel waits for its postman when the process ends. */
  async function expired(definition: typeof first | typeof second) {
    const program = createProgram()
    const runtime = await program.start({ party: petsParty(postman(definition)) })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish({ type: parcel, data: { to: 'Ada', weight: 1 } }, { party: 'p1', ttl: 1_000 })
    program.clock.advance(1_000)
    await runtime.bus.publish(free({}), { party: 'p1' })
    await runtime.idle()
    return { program, letters: runtime.bus.deadLetters.list() }
  }

  it('is lifted when a program with a newer version delivers it', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(postman(first)) })
    await before.parties.create({ id: 'p1' })
    await before.bus.publish(first({ to: 'Ada' }), { party: 'p1' })
    const after = await program.start({ party: petsParty(postman(second)) })
    await after.bus.publish(free({}), { party: 'p1' })
    await after.idle()
    expect(contextOf(after, 'postman')).toEqual({ weights: [7] })
  })

  it('is lifted when a schedule of an older program publishes it, and the schedule goes on if it is set again', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(postman(first)) })
    await before.parties.create({ id: 'p1' })
    await before.bus.publish(free({}), { party: 'p1' })
    await before.schedules.set('post', { every: 1_000 }, first({ to: 'Ada' }), { party: 'p1' })
    program.clock.advance(500)
    const after = await program.start({ party: petsParty(postman(second)) })
    await after.schedules.set('post', { every: 1_000 }, second({ to: 'Ada', weight: 7 }), { party: 'p1' })
    program.clock.advance(500)
    await after.idle()
    expect(contextOf(after, 'postman')).toEqual({ weights: [7] })
  })

  it.each(['before it is due', 'when it was due'])('is lifted when a timer sends it, %s', async when => {
    const timed = (definition: typeof first | typeof second): Agent => {
      const agent = postman(definition)
      const { config, implementations } = agent.machine
      const machine: AnyStateMachine = createMachine(
        {
          ...config,
          on: { 'pets.command': { actions: raise(first({ to: 'Ada' }), { delay: 1_000 }) } },
        },
        implementations,
      )
      return { ...agent, machine, hears: [...agent.hears, command] }
    }
    const program = createProgram()
    const hasFired = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'fired')
    await program.until(atFrame(hasFired, 'cut'), { party: petsParty(timed(first)) }, async before => {
      await before.parties.create({ id: 'p1' })
      await before.bus.publish(free({}), { party: 'p1' })
      await before.bus.publish(command({ word: 'later' }), { party: 'p1' })
      await before.idle()
      if (when === 'when it was due') program.clock.advance(1_000)
      if (when === 'when it was due') await new Promise(() => {})
    })
    const after = await program.start({ party: petsParty(timed(second)) })
    program.clock.advance(1_000)
    await after.idle()
    expect(contextOf(after, 'postman')).toEqual({ weights: [7] })
  })

  it('is lifted when it was a first input of a party that was being created', async () => {
    const { schema } = inputAdded
    const withPlace: Upcasters = { 1: old => ({ ...old, content: `${old['content']} at home` }) }
    const newer = defineEvent(inputAdded.type, schema, { version: 2, upcast: withPlace })
    const partyOf = (added: typeof inputAdded) =>
      defineParty({
        name: 'pets',
        agents: [],
        events: [],
        inputs: { added, removed: inputRemoved },
        state: { initial: {}, on: {} },
      })
    const program = createProgram()
    const isCreated = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'party')
    await program.until(atFrame(isCreated, 'cut'), { party: partyOf(inputAdded) }, before =>
      before.parties.create({ id: 'p1', inputs: ['sit'] }),
    )
    const after = await program.start({ party: partyOf(newer) })
    await after.idle()
    expect([...after.parties.get('p1').state.inputs].map(({ content }) => content)).toEqual(['sit at home'])
  })

  it('is lifted when it is redriven as a dead letter', async () => {
    const { program } = await expired(first)
    const after = await program.start({ party: petsParty(postman(second)) })
    expect(await after.bus.deadLetters.redrive()).toBe(1)
    await after.idle()
    expect(contextOf(after, 'postman')).toEqual({ weights: [7] })
  })

  it('stays a dead letter in a program that cannot lift it, and quarantines no party', async () => {
    const { program, letters } = await expired(second)
    const older = { party: petsParty(postman(first)) }
    const after = await program.start(older)
    await expect(after.bus.deadLetters.redrive()).rejects.toMatchObject({ code: 'EVENT_VERSION' })
    expect(after.bus.deadLetters.list()).toEqual(letters)
    expect(lost(after)).toEqual(nothingLost)
    const next = await program.start(older)
    expect(next.parties.quarantined()).toEqual([])
    expect(next.bus.deadLetters.list()).toEqual(letters)
  })

  it('quarantines its party in a program that cannot lift it', async () => {
    const program = createProgram()
    const before = await program.start({ party: petsParty(postman(second)) })
    await before.parties.create({ id: 'p1' })
    await before.bus.publish(second({ to: 'Ada', weight: 1 }), { party: 'p1' })
    const older = await program.start({ party: petsParty(postman(first)) })
    expect(older.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'EVENT_VERSION' }])
    const newer = await program.start({ party: petsParty(postman(second)) })
    await newer.bus.publish(free({}), { party: 'p1' })
    await newer.idle()
    expect(contextOf(newer, 'postman')).toEqual({ weights: [1] })
  })
})

describe('an agent outside the parties that was spawned while the program ran', () => {
  /** A dog at `runtime/rex` that has heard `a`, and rests with `b` in its mailbox. */
  async function resting() {
    const program = createProgram()
    const runtime = await program.start({})
    const rex = await runtime.spawn(dogAgent(), { name: 'rex' })
    for (const word of ['a', 'rest', 'b']) await runtime.bus.publish(command({ word }))
    await runtime.idle()
    return { program, rex }
  }

  const up = { type: 'pets.urgent', data: { word: 'up' } }

  function barksIn(runtime: Orders): readonly string[] {
    const words: string[] = []
    runtime.bus.subscribe(barked, ({ data }) => words.push(data.word))
    return words
  }

  it('is restored at the start if it is registered, with its mail', async () => {
    const { program, rex } = await resting()
    const next = await program.start({ registered: [dogAgent()] })
    const words = barksIn(next)
    expect(next.agent('rex').snapshot()).toMatchObject({ value: 'resting', context: { count: 1 } })
    await next.bus.publish(up)
    await next.idle()
    expect(words).toEqual(['up', 'b'])
    expect(next.agent('rex')).toMatchObject({ address: rex.address, incarnation: 1 })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('is found again when it is spawned again', async () => {
    const { program } = await resting()
    const next = await program.start({ registered: [dogAgent()] })
    const rex = await next.spawn(dogAgent(), { name: 'rex' })
    expect(rex.incarnation).toBe(1)
    expect(rex.snapshot()).toMatchObject({ value: 'resting', context: { count: 1 } })
    await expect(next.spawn(dogAgent(), { name: 'rex' })).rejects.toThrow('runtime/rex')
  })

  it('waits until it is spawned again if it is not registered, with its mail', async () => {
    const { program } = await resting()
    const next = await program.start({})
    expect(() => next.agent('rex')).toThrow(NoAddressError)
    const words = barksIn(next)
    const rex = await next.spawn(dogAgent(), { name: 'rex' })
    expect(rex).toMatchObject({ incarnation: 1 })
    await next.bus.publish(up)
    await next.idle()
    expect(words).toEqual(['up', 'b'])
    expect(next.bus.history({ type: agentRecovered.type })).toMatchObject([{ data: { address: 'runtime/rex' } }])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('waits through several processes', async () => {
    const { program } = await resting()
    await program.start({})
    await program.start({})
    const last = await program.start({})
    const words = barksIn(last)
    await last.spawn(dogAgent(), { name: 'rex' })
    await last.bus.publish(up)
    await last.idle()
    expect(words).toEqual(['up', 'b'])
  })

  it('hears each event from its absence once, whenever it is restored', async () => {
    const { program } = await resting()
    const second = await program.start({ events: [command, barked] })
    await second.bus.publish(command({ word: 'c' }))
    const third = await program.start({})
    const words = barksIn(third)
    await third.spawn(dogAgent(), { name: 'rex' })
    await third.bus.publish(up)
    await third.idle()
    expect(words).toEqual(['up', 'b', 'c'])
    const fourth = await program.start({ registered: [dogAgent()] })
    await fourth.idle()
    expect(fourth.agent('rex').snapshot()).toMatchObject({ context: { count: 3 } })
  })

  it('hears each event of the same process once, from before it was restored', async () => {
    const { program } = await resting()
    const second = await program.start({ events: [command, barked] })
    const words = barksIn(second)
    await second.bus.publish(command({ word: 'c' }))
    await second.spawn(dogAgent(), { name: 'rex' })
    await second.bus.publish(up)
    await second.idle()
    expect(words).toEqual(['up', 'b', 'c'])
    const third = await program.start({ registered: [dogAgent()] })
    await third.idle()
    expect(third.agent('rex').snapshot()).toMatchObject({ context: { count: 3 } })
  })

  it('is not restored after it was stopped', async () => {
    const { program } = await resting()
    const second = await program.start({ registered: [dogAgent()] })
    await second.agent('rex').stop()
    const third = await program.start({ registered: [dogAgent()] })
    expect(() => third.agent('rex')).toThrow(NoAddressError)
    const rex = await third.spawn(dogAgent(), { name: 'rex' })
    await third.idle()
    expect(rex.snapshot()).toMatchObject({ value: 'awake', context: { count: 0 } })
  })

  it('keeps its address: another agent is refused there', async () => {
    const { program } = await resting()
    const next = await program.start({})
    const machine: AnyStateMachine = createMachine({ id: 'cat' })
    const cat = defineAgent({ name: 'cat', machine, hears: [], says: [] })
    await expect(next.spawn(cat, { name: 'rex' })).rejects.toThrow(MachineForeignError)
    const rex = await next.spawn(dogAgent(), { name: 'rex' })
    expect(rex.snapshot()).toMatchObject({ value: 'resting' })
  })

  it('is migrated when a newer version of it is spawned', async () => {
    const program = createProgram()
    const first = await program.start({})
    const before = await first.spawn(firstCook())
    await before.send(order({ dish: 'soup' }))
    await first.idle()
    const second = await program.start({})
    const after = await second.spawn(secondCook({ '1': fromFirst }))
    expect(after.snapshot()?.context).toMatchObject({ dishes: 1, currency: 'CHF' })
    await after.send(order({ dish: 'tea' }))
    await second.idle()
    const third = await program.start({ registered: [secondCook()] })
    expect(third.agent('cook').snapshot()?.context).toMatchObject({ dishes: 2, currency: 'CHF' })
  })
})

describe('an agent that was spawned into a running party', () => {
  const puppy: Agent = { ...dogAgent(), name: 'puppy' }
  const party = petsParty(dogAgent())

  async function joined() {
    const program = createProgram()
    const runtime = await program.start({ party })
    await runtime.parties.create({ id: 'p1' })
    await runtime.spawn(puppy, { party: 'p1' })
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await runtime.idle()
    return program
  }

  it('is restored with its party if it is registered', async () => {
    const program = await joined()
    const next = await program.start({ party, registered: [puppy] })
    expect(contextOf(next, 'puppy')).toMatchObject({ count: 1 })
    const met = await next.spawn(puppy, { party: 'p1' })
    expect(met.snapshot()?.context).toMatchObject({ count: 1 })
  })

  it('quarantines its party if it is not registered', async () => {
    const program = await joined()
    const next = await program.start({ party })
    expect(next.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MACHINE_UNKNOWN' }])
  })
})

describe('agents that are started with the runtime', () => {
  it('keep the runtime from starting if they cannot go on, and leave the journal unchanged', async () => {
    const program = createProgram()
    const first = await program.start({ agents: [firstCook()] })
    await first.bus.publish(order({ dish: 'soup' }))
    await first.idle()
    const machine: AnyStateMachine = createMachine({ id: 'cook', version: '1', on: { 'kitchen.order': {} } })
    const other = defineAgent({ name: 'cook', machine, hears: [order], says: [] })
    await expect(program.start({ agents: [other] })).rejects.toThrow(MachineChangedError)
    const third = await program.start({ agents: [firstCook()] })
    expect(third.agent('cook').snapshot()?.context).toMatchObject({ dishes: 1 })
  })
})

describe('a machine inside an agent with other states in the new version of the program', () => {
  const kidIn = (state: string) => createMachine({ initial: state, states: { [state]: {} } })
  const types = agentTypes({ context: {}, hears: [], says: [] })

  it.each([
    [
      'by a name',
      (kid: AnyStateMachine) =>
        setup({ types, actors: { kid } }).createMachine({ context: {}, invoke: { id: 'kid', src: 'kid' } as never }),
    ],
    [
      'in its place',
      (kid: AnyStateMachine) =>
        setup({ types }).createMachine({ context: {}, invoke: { id: 'kid', src: kid } as never }),
    ],
  ])('quarantines its party if its state is gone: invoked %s', async (_, machineWith) => {
    const partyWith = (state: string) =>
      petsParty(defineAgent({ name: 'mother', machine: machineWith(kidIn(state) as never), hears: [], says: [] }))
    const program = createProgram()
    const before = await program.start({ party: partyWith('asleep') })
    await before.parties.create({ id: 'p1' })
    const after = await program.start({ party: partyWith('awake') })
    expect(after.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'SNAPSHOT_SHAPE' }])
  })
})
