import {
  agentTypes,
  defineAgent,
  definePartitionKind,
  PartitionKindNameError,
  PartitionKindUnregisteredError,
  type Runtime,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { bookkeeper, held, hold, ledger, shop, settle as spend } from '../support/ledger.ts'
import { barked, command, dogAgent } from '../support/pets.ts'
import { atEveryAppend, createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const main = { id: 'main', amount: 30 }

const known: { ids: string[] } = { ids: [] }
const auditorTypes = agentTypes({ context: known, hears: [held], says: [] })

/** Hears outside the parties what is held anywhere. */
const auditor = defineAgent({
  name: 'auditor',
  types: auditorTypes,
  machine: setup({ types: auditorTypes }).createMachine({
    context: known,
    on: {
      'ledger.held': { actions: assign(({ context, event }) => ({ ids: [...context.ids, event.data.id] })) },
    },
  }),
})

const words: { words: string[] } = { words: [] }
const fragile = definePartitionKind({
  name: 'kennel',
  agents: [dogAgent()],
  events: [barked],
  state: { initial: words, on: { 'pets.barked': (state, { data }) => void state.words.push(data.word) } },
})

describe('a partition of a kind of its own', () => {
  it('is opened once, however often, and its agents are reached at its address', async () => {
    const { runtime } = await startRuntime({ kinds: [ledger] })
    const ledgers = runtime.partitions(ledger)
    const [one, other] = await Promise.all([ledgers.open('main'), ledgers.open('main')])
    expect(one).toBe(other)
    expect(await ledgers.open('main')).toBe(one)
    expect(await runtime.ask('ledger/main/bookkeeper', hold, main)).toEqual({ granted: true })
    expect(await runtime.ask('ledger/main/bookkeeper', hold, { id: 'much', amount: 71 })).toEqual({ granted: false })
    expect(await one.agent('bookkeeper').ask(spend, { id: 'main', amount: 25 })).toEqual({ spent: 25 })
    await one.idle()
    expect(one.state).toEqual({ holds: {}, spent: 25 })
    expect(Object.keys(one.state)).toEqual(['holds', 'spent'])
    expect(ledgers.list()).toEqual([one])
  })

  it('refuses an id that addresses cannot have, and names the kind', async () => {
    const { runtime } = await startRuntime({ kinds: [ledger] })
    await expect(runtime.partitions(ledger).open('a/b')).rejects.toMatchObject({
      code: 'ID_ILLEGAL',
      message: expect.stringContaining('"a/b" cannot name a partition of kind ledger'),
    })
  })

  it('is not reached before it is opened, and the error says how to open it', async () => {
    const { runtime } = await startRuntime({ kinds: [ledger] })
    await expect(runtime.ask('ledger/main/bookkeeper', hold, main)).rejects.toMatchObject({
      code: 'NO_ADDRESS',
      message: expect.stringContaining('Open the partition "ledger/main" with runtime.partitions(kind).open(id) first'),
    })
    expect(() => runtime.agent('bookkeeper')).toThrow('Spawn the agent first')
  })

  it('is no party, and its events say so', async () => {
    const { runtime } = await startRuntime({ party: shop, kinds: [ledger] })
    const seen: unknown[] = []
    runtime.bus.subscribe(held, ({ party, partition, source }) => seen.push([party, partition, source]))
    const one = await runtime.partitions(ledger).open('main')
    await one.agent('bookkeeper').ask(hold, main)
    await runtime.idle()
    expect(seen).toEqual([[undefined, 'ledger/main', 'ledger/main/bookkeeper']])
    expect(runtime.parties.list()).toEqual([])
    expect(runtime.parties.stats().parties).toBe(0)
  })

  it('answers the agents of parties, and never spends above its cap', async () => {
    const { runtime } = await startRuntime({ party: shop, kinds: [ledger] })
    const one = await runtime.partitions(ledger).open('main')
    const parties = await Promise.all(
      ['p1', 'p2', 'p3'].map(id => runtime.parties.create({ id, inputs: [{ inputId: `cake-${id}`, content: '40' }] })),
    )
    await runtime.idle()
    const refused = parties.flatMap(({ state }) => state.refused)
    const bought = parties.flatMap(({ state }) => Object.values(state.bought))
    expect(refused).toHaveLength(1)
    expect(bought).toEqual([40, 40])
    expect(one.state).toEqual({ holds: {}, spent: 80 })
  })

  it('and a party that asks it go on after a crash at any append: bought once, for as much as was spent', async () => {
    const options = { party: shop, kinds: [ledger] }
    const cake = { inputId: 'cake', content: '40' }
    let crashes = 0
    await atEveryAppend(async ending => {
      const program = createProgram()
      const started = () => program.start(options)
      const buy = async (runtime: Awaited<ReturnType<typeof started>>) => {
        const one = await runtime.partitions(ledger).open('main')
        const party = runtime.parties.list()[0] ?? (await runtime.parties.create({ id: 'p1' }))
        if (!party.state.inputs.has('cake')) await party.addInput(cake)
        await runtime.idle()
        return { one, party }
      }
      const isEnded = await program.until(ending, options, buy)
      const { one, party } = await buy(await started())
      expect(party.state).toMatchObject({ bought: { cake: 40 }, refused: [] })
      expect(one.state).toEqual({ holds: {}, spent: 40 })
      if (isEnded) crashes++
      return isEnded
    })
    expect(crashes).toBeGreaterThan(15)
  })

  it('is found by durable subscriptions in the next process, at its own positions', async () => {
    const program = createProgram()
    const options = { kinds: [ledger] }
    const seen: string[] = []
    const subscribe = (runtime: Pick<Runtime, 'bus'>) =>
      runtime.bus.subscribe(held, ({ data, partition }) => void seen.push(`${partition} ${data.id}`), {
        durable: 'audit',
      })
    const first = await program.start(options)
    subscribe(first)
    const one = await first.partitions(ledger).open('main')
    await one.agent('bookkeeper').ask(hold, { id: 'a', amount: 1 })
    await first.idle()
    await first.stop()
    const second = await program.start(options)
    await second.ask('ledger/main/bookkeeper', hold, { id: 'b', amount: 1 })
    await second.idle()
    await second.stop()
    const third = await program.start(options)
    subscribe(third)
    await third.idle()
    await settle()
    expect(seen).toEqual(['ledger/main a', 'ledger/main b'])
  })

  it('is heard by agents outside the parties, once', async () => {
    const program = createProgram()
    const options = { kinds: [ledger], agents: [auditor] }
    const first = await program.start(options)
    await first.partitions(ledger).open('main')
    await first.ask('ledger/main/bookkeeper', hold, { id: 'a', amount: 1 })
    await first.idle()
    program.crash()
    const second = await program.start(options)
    await second.idle()
    expect(second.agent('auditor').snapshot()?.context).toEqual({ ids: ['a'] })
    await second.partitions(ledger).delete('main')
    await second.partitions(ledger).open('main')
    await second.ask('ledger/main/bookkeeper', hold, { id: 'b', amount: 1 })
    await second.idle()
    program.crash()
    const third = await program.start(options)
    await third.idle()
    expect(third.agent('auditor').snapshot()?.context).toEqual({ ids: ['a', 'b'] })
  })

  it('fails when its supervisor gives up, and goes on when somebody retries it', async () => {
    const { runtime } = await startRuntime({ kinds: [fragile], intensity: { max: 0, within: 1_000 } })
    const one = await runtime.partitions(fragile).open('x')
    await one.publish(command({ word: 'boom' }))
    await expect(one.idle()).rejects.toMatchObject({ code: 'PARTITION_FAILED', partition: 'kennel/x' })
    await expect(one.publish(command({ word: 'sit' }))).rejects.toMatchObject({ code: 'PARTITION_FAILED' })
    expect(await runtime.partitions(fragile).retry('x')).toBe(one)
    await one.publish(command({ word: 'sit' }))
    await one.idle()
    expect(one.state).toEqual({ words: ['sit'] })
  })
})

describe('a kind that a program does not register', () => {
  it('keeps its partitions in the journal, which say why they are away', async () => {
    const program = createProgram()
    const first = await program.start({ kinds: [ledger], party: shop })
    await first.partitions(ledger).open('main')
    await first.ask('ledger/main/bookkeeper', hold, main)
    await first.stop()
    const frames = await program.frames('ledger/main')

    const stranger = await program.start({ party: shop })
    expect(stranger.parties.list()).toEqual([])
    expect(stranger.parties.quarantined()).toMatchObject([{ partyId: 'ledger/main', code: 'PARTITION_KIND_UNKNOWN' }])
    const [recovered] = stranger.bus.history({ type: 'system.recovered' })
    expect(recovered?.data).toMatchObject({ parties: 0, quarantined: 1 })
    await expect(stranger.ask('ledger/main/bookkeeper', hold, main)).rejects.toMatchObject({ code: 'NO_ADDRESS' })
    await stranger.stop()
    expect(await program.frames('ledger/main')).toEqual(frames)

    const third = await program.start({ kinds: [ledger], party: shop })
    expect(third.partitions(ledger).get('main').state).toEqual({ holds: { main: 30 }, spent: 0 })
  })

  it('is given up by its address', async () => {
    const program = createProgram()
    const first = await program.start({ kinds: [ledger] })
    await first.partitions(ledger).open('main')
    await first.stop()
    const stranger = await program.start({})
    await stranger.parties.delete('ledger/main')
    expect(stranger.parties.quarantined()).toEqual([])
    expect(await program.frames('ledger/main')).toEqual([])
  })

  it('is refused by `partitions`', async () => {
    const { runtime } = await startRuntime({})
    expect(() => runtime.partitions(ledger)).toThrow(PartitionKindUnregisteredError)
  })
})

describe('the name of a kind', () => {
  const named = (name: string) => definePartitionKind({ ...options, name })
  const options = { agents: [bookkeeper], events: [], state: { initial: {}, on: {} } }

  it.each(['party', 'runtime', 'outside'])('cannot be %s, which addresses use', name => {
    expect(() => named(name)).toThrow(PartitionKindNameError)
  })

  it('cannot be that of another kind', async () => {
    await expect(startRuntime({ kinds: [named('queue'), named('queue')] })).rejects.toBeInstanceOf(
      PartitionKindNameError,
    )
  })
})
