import {
  agentTypes,
  createRuntime,
  defineAgent,
  defineParty,
  definePool,
  defineSupervisor,
  type EnvelopeOf,
  type Frame,
  memoryJournal,
  type Runtime,
  type RuntimeOptions,
  type Supervised,
} from 'troupe'
import { type SimulatedClock, seededRandom } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, sendParent, sendTo, setup } from 'xstate'
import { held } from '../support/heap.ts'
import {
  barked,
  command,
  dogAgent,
  inputAdded,
  inputRemoved,
  parrotAgent,
  petsParty,
  trainerAgent,
  urgent,
} from '../support/pets.ts'
import { atFrame, createProgram, goesOn, type Program } from '../support/program.ts'
import { settle, startRuntime, suiteScheduler, turn } from '../support/runtime.ts'

const never = { max: 0, within: 1_000 }
const given = { party: petsParty(dogAgent()), intensity: never }
const inP1 = { party: 'p1' }

interface Story extends Pick<Runtime, 'bus'> {
  readonly parties: {
    get(id: string): { readonly state: { readonly status: string }; idle(): Promise<unknown> }
  }
}

/** Says these words in a party. */
async function bark({ bus, parties }: Story, ...words: readonly string[]) {
  for (const word of words) await bus.publish(command({ word }), inP1)
  await parties.get('p1').idle()
}

/** Makes a party fail. */
async function fail({ bus, parties }: Story) {
  await bus.publish(command({ word: 'boom' }), inP1)
  await settle()
  expect(parties.get('p1').state.status).toBe('error')
  await settle()
}

/** Subscribes durably under a name, and collects the barked words. */
function diary({ bus }: Pick<Runtime, 'bus'>, received: string[], options: { from?: 'start'; limit?: number } = {}) {
  const receive = ({ data }: EnvelopeOf<typeof barked>) => void received.push(data.word)
  return bus.subscribe(barked, receive, { durable: 'diary', ...options })
}

describe('a durable subscription', () => {
  it('gets in the next process the events that a party said before it failed', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    diary(first, received, { from: 'start' }).unsubscribe()
    await first.parties.create({ id: 'p1' })
    await bark(first, 'a', 'b', 'c')
    await fail(first)
    const second = await program.start(given)
    diary(second, received)
    await settle()
    expect(received).toEqual(['a', 'b', 'c'])
    await second.parties.retry('p1')
    await bark(second, 'd')
    await settle()
    expect(received).toEqual(['a', 'b', 'c', 'd'])
    expect(await second.bus.durableNames()).toEqual([{ name: 'diary', isSubscribed: true, behind: 0 }])
  })

  it('misses no event, whenever it goes on while the party is retried', async () => {
    for (let ticks = 0; ticks <= 40; ticks++) {
      const program = createProgram()
      const received: string[] = []
      const runtime = await program.start(given)
      const subscription = diary(runtime, received, { from: 'start', limit: 2 })
      await settle()
      await runtime.parties.create({ id: 'p1' })
      subscription.pause()
      await bark(runtime, 'a', 'b', 'c', 'd')
      await fail(runtime)
      const retried = runtime.parties.retry('p1')
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      subscription.resume()
      await retried
      await bark(runtime, 'e')
      await settle()
      expect(received).toEqual(['a', 'b', 'c', 'd', 'e'])
    }
  })

  it.each([
    ['gets the events from before', 'start', ['a', 'b', 'c']],
    ['gets no events from before a later subscribe call', undefined, ['c']],
  ] as const)('of a party that is quarantined and retried %s', async (_, from, expected) => {
    const program = createProgram()
    const received: string[] = []
    let isBroken = false
    const party = defineParty({
      name: 'pets',
      agents: [dogAgent()],
      events: [barked],
      inputs: { added: inputAdded, removed: inputRemoved },
      state: {
        initial: { barks: 0 },
        on: {
          'pets.barked': state => {
            if (isBroken) throw new Error('it cannot be counted')
            state.barks++
          },
        },
      },
    })
    const first = await program.start({ party })
    await first.parties.create({ id: 'p1' })
    await bark(first, 'a', 'b')
    isBroken = true
    const second = await program.start({ party })
    expect(second.parties.quarantined()).toHaveLength(1)
    diary(second, received, from && { from })
    await settle()
    isBroken = false
    await second.parties.retry('p1')
    await bark(second, 'c')
    await settle()
    expect(received).toEqual(expected)
  })
})

describe('a party that failed in an earlier process', () => {
  async function failedBefore(options: Pick<RuntimeOptions, 'agents' | 'snapshots'> = {}): Promise<Program> {
    const program = createProgram()
    const first = await program.start({ ...given, ...options })
    await first.parties.create({ id: 'p1' })
    await bark(first, 'a', 'b')
    await fail(first)
    return program
  }

  it('can be exported and replayed, and its dead letters are listed', async () => {
    const program = await failedBefore()
    const next = await program.start(given)
    const lines: string[] = []
    for await (const line of next.parties.export('p1')) lines.push(line)
    expect(lines.length).toBeGreaterThan(5)
    expect((await next.bus.replay({ ...inP1, type: barked }, () => {})).replayed).toBe(2)
    expect(next.bus.deadLetters.list().map(({ reason }) => reason)).toEqual(['failed'])
  })

  it('goes on after its dead letters were purged and its snapshot was taken', async () => {
    const options = { ...given, snapshots: { every: 1 } }
    const program = await failedBefore(options)
    const second = await program.start(options)
    expect(second.bus.deadLetters.purge()).toBe(1)
    await settle()
    const third = await program.start(options)
    expect(third.bus.deadLetters.list()).toEqual([])
    const party = await third.parties.retry('p1')
    await bark(third, 'c')
    expect(party.state).toMatchObject({ status: 'planning', barks: 3 })
  })

  it('has the entry of its retry in the journal, with positions in order', async () => {
    const program = await failedBefore()
    const next = await program.start(given)
    await next.parties.retry('p1')
    const retried = (await program.frames('party/p1')).findLast(({ cause }) => cause.kind === 'recovery')
    const positions = retried?.entries.map(entry => ('seq' in entry ? entry.seq : 0))
    expect(positions).toHaveLength(2)
    expect(positions).toEqual(positions?.toSorted((one, other) => one - other))
  })

  it('is replayed completely while it is retried', async () => {
    const program = await failedBefore()
    const next = await program.start(given)
    for (let ticks = 0; ticks < 20; ticks++) {
      const retried = next.parties.retry('p1')
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      expect((await next.bus.replay({ ...inP1, type: barked }, () => {})).replayed).toBe(2)
      await retried
      await fail(next)
    }
  })

  it('is not replayed during a retry that fails: the replay fails with the reason', async () => {
    const journal = memoryJournal()
    let isBroken = false
    const breaking = {
      ...journal,
      async saved(partition: string) {
        if (isBroken) await turn()
        if (isBroken) throw new Error('it cannot be read')
        return journal.saved(partition)
      },
    }
    const { runtime } = await startRuntime({ ...given, journal: breaking })
    await runtime.parties.create({ id: 'p1' })
    await bark(runtime, 'a')
    await fail(runtime)
    isBroken = true
    const retried = expect(runtime.parties.retry('p1')).rejects.toMatchObject({ code: 'PARTY_QUARANTINED' })
    await expect(runtime.bus.replay(inP1, () => {})).rejects.toMatchObject({ code: 'PARTY_QUARANTINED' })
    await retried
  })

  it('keeps its dead letters after a retry that fails because another partition cannot be read', async () => {
    const journal = memoryJournal()
    let readsLeft = Number.POSITIVE_INFINITY
    const breaking = {
      ...journal,
      saved: (partition: string) => {
        if (partition === 'runtime' && readsLeft-- <= 0) throw new Error('it cannot be read')
        return journal.saved(partition)
      },
    }
    const party = petsParty(trainerAgent('runtime/dog', 60_000), { ...dogAgent(), name: 'pup' })
    const { runtime } = await startRuntime({ party, agents: [dogAgent()], intensity: never, journal: breaking })
    const pets = await runtime.parties.create({ id: 'p1', inputs: ['silence'] })
    await settle()
    await pets.agent('pup').send(command({ word: 'boom' }))
    await settle()
    expect(pets.state.status).toBe('error')
    await settle()
    const letters = runtime.bus.deadLetters.list()
    expect(letters.length).toBeGreaterThan(0)
    // Recovery reads the partition of the agents outside twice: for what they heard, and for what they were asked.
    readsLeft = 1
    await expect(runtime.parties.retry('p1')).rejects.toMatchObject({ code: 'PARTY_QUARANTINED' })
    expect(readsLeft).toBeLessThan(0)
    expect(runtime.bus.deadLetters.list()).toEqual(letters)
  })

  it('and is deleted leaves no answers for the next party with its id', async () => {
    const program = createProgram()
    const options = {
      party: petsParty(trainerAgent('runtime/dog'), { ...dogAgent(), name: 'pup' }),
      agents: [dogAgent()],
      intensity: never,
    }
    const first = await program.start(options)
    const old = await first.parties.create({ id: 'p1', inputs: ['old'] })
    await old.idle()
    await old.agent('pup').send(command({ word: 'boom' }))
    await settle()
    expect(old.state.status).toBe('error')
    await settle()
    const asks = atFrame(({ partition, entries }) => partition === 'party/p1' && entries[0]?.kind === 'ask', 'written')
    await program.until(asks, options, async runtime => {
      await runtime.parties.delete('p1')
      const party = await runtime.parties.create({ id: 'p1', inputs: ['new'] })
      await party.idle()
    })
    const last = await program.start(options)
    await last.idle()
    expect(last.parties.get('p1').state).toMatchObject({ said: ['new'] })
  })

  it('and is deleted leaves no positions behind: agents outside hear the next party with its id', async () => {
    const options = { ...given, agents: [parrotAgent()] }
    const program = await failedBefore(options)
    const barksNew = atFrame(
      ({ partition, entries }) =>
        partition === 'party/p1' &&
        entries.some(one => one.kind === 'event' && barked.schema.safeParse(one.envelope.data).data?.word === 'new'),
      'written',
    )
    await program.until(barksNew, options, async runtime => {
      await runtime.parties.delete('p1')
      await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(command({ word: 'new' }), inP1)
      await runtime.idle()
    })
    const last = await program.start(options)
    await last.idle()
    expect(last.agent('parrot').snapshot()?.context).toMatchObject({ words: ['a', 'b', 'new'] })
  })
})

describe('a party whose supervisor gives up while it is restored', () => {
  it('is heard completely by agents outside the parties', async () => {
    const program = createProgram()
    const options = { ...given, agents: [parrotAgent()] }
    const isFailure = ({ cause }: Frame) => cause.kind === 'step' && cause.outcome === 'failed'
    await program.until(atFrame(isFailure, 'written'), options, async first => {
      await first.parties.create({ id: 'p1' })
      for (const word of ['a', 'b', 'boom']) void first.bus.publish(command({ word }), inP1)
      await settle()
    })
    const second = await program.start(options)
    await settle()
    expect(second.parties.get('p1').state.status).toBe('error')
    expect(second.agent('parrot').snapshot()?.context).toEqual({ words: ['a', 'b'] })
  })
})

describe('an ask of a party that failed, to an agent elsewhere', () => {
  const cases = ['runtime/dog', 'party/p2/dog'].flatMap(to =>
    ['the same process', 'the next process'].flatMap(where =>
      ['before', 'after'].map(answered => ({ to, where, answered })),
    ),
  )

  it.each(cases)(
    'is sent to $to once, when $where retries the party and the answer comes $answered that',
    async one => {
      const { to, where, answered } = one
      const program = createProgram()
      const options = {
        party: petsParty(trainerAgent(to, 60_000), dogAgent(), { ...dogAgent(), name: 'pup' }),
        agents: [dogAgent()],
        intensity: never,
        snapshots: { every: 1, keep: 0 },
      }
      let runtime = await program.start(options)
      await runtime.parties.create({ id: 'p2' })
      let party = await runtime.parties.create({ id: 'p1', inputs: ['later'] })
      await settle()
      await party.agent('pup').send(command({ word: 'boom' }))
      await settle()
      expect(party.state.status).toBe('error')
      const answer = async () => {
        program.clock.advance(5_000)
        await settle()
      }
      if (answered === 'before') await answer()
      if (where === 'the next process') runtime = await program.start(options)
      await settle()
      party = await runtime.parties.retry('p1')
      await (answered === 'after' ? answer() : settle())
      expect(party.state).toMatchObject({ said: ['late'] })
    },
  )
})

describe('an ask to a party that then failed or could not be read', () => {
  const options = {
    party: petsParty(trainerAgent('party/p2/dog', 60_000), dogAgent(), { ...dogAgent(), name: 'pup' }),
    intensity: never,
  }

  /** The trainer of p1 asks p2 for a trick. The process ends before the journal holds the outcome in p1. */
  async function asked(trick: string, isFailing: boolean) {
    const program = createProgram()
    const process = program.begin(goesOn)
    let isHeld = false
    const runtime = createRuntime({
      scheduler: suiteScheduler,
      ...options,
      clock: process.clock,
      random: seededRandom(1),
      log: 'silent',
      journal: {
        ...process.journal,
        async append(partition, epoch, position, frames, checkpoints) {
          if (partition === 'party/p1' && isHeld) return new Promise<never>(() => {})
          isHeld ||= frames.some(({ entries }) => entries.some(({ kind }) => kind === 'ask'))
          return process.journal.append(partition, epoch, position, frames, checkpoints)
        },
      },
    })
    await runtime.start()
    const p2 = await runtime.parties.create({ id: 'p2' })
    await runtime.parties.create({ id: 'p1', inputs: [trick] })
    await settle()
    if (!isFailing) return program
    await p2.agent('pup').send(command({ word: 'boom' }))
    await settle()
    expect(p2.state.status).toBe('error')
    await settle()
    return program
  }

  /** The next process, in which p2 has failed, or cannot be read until it is retried. */
  async function goOn(program: Program, isFailing: boolean) {
    const { journal, clock } = program.begin(goesOn)
    let isBroken = !isFailing
    const runtime = createRuntime({
      scheduler: suiteScheduler,
      ...options,
      clock,
      random: seededRandom(2),
      log: 'silent',
      journal: {
        ...journal,
        async saved(partition) {
          if (isBroken && partition === 'party/p2') throw new Error('the disk is sick')
          return journal.saved(partition)
        },
      },
    })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    await runtime.start()
    await settle()
    return {
      p1: runtime.parties.get('p1'),
      async retry() {
        isBroken = false
        await runtime.parties.retry('p2')
        await settle()
      },
    }
  }

  async function requestsTo(program: Program) {
    const entries = (await program.frames('party/p2')).flatMap(frame => frame.entries)
    return entries.flatMap(({ kind }) => (kind === 'asked' || kind === 'reply' ? kind : []))
  }

  it('gets its answer in the next process, though the party has failed', async () => {
    const program = await asked('roll', true)
    const { p1 } = await goOn(program, true)
    expect(p1.state).toMatchObject({ said: ['roll'] })
    expect(await requestsTo(program)).toEqual(['asked', 'reply'])
  })

  it('gets its answer once the party can be read, and is not sent again', async () => {
    const program = await asked('roll', false)
    const { p1, retry } = await goOn(program, false)
    await retry()
    expect(p1.state).toMatchObject({ said: ['roll'] })
    expect(await requestsTo(program)).toEqual(['asked', 'reply'])
  })

  it.each([
    ['failed', true],
    ['could not be read', false],
  ])('is answered once by a party that %s and is retried', async (_, isFailing) => {
    const program = await asked('later', isFailing)
    const { p1, retry } = await goOn(program, isFailing)
    await retry()
    program.clock.advance(5_000)
    await settle()
    expect(p1.state).toMatchObject({ said: ['late'] })
    expect(await requestsTo(program)).toEqual(['asked', 'reply'])
  })
})

describe('a reference to a party or to its agent', () => {
  it.each(['failed', 'quarantined'])(
    'works again after a party that is %s was retried, also if the first retry failed',
    async how => {
      const inner = memoryJournal()
      const broken = { reads: false, appends: false }
      const { runtime } = await startRuntime({
        ...given,
        journal: {
          ...inner,
          async append(partition, ...frames) {
            if (broken.appends && partition === 'party/p1') throw new Error('the disk is full')
            return inner.append(partition, ...frames)
          },
          async saved(partition) {
            if (broken.reads && partition === 'party/p1') throw new Error('the disk is sick')
            return inner.saved(partition)
          },
        },
      })
      const party = await runtime.parties.create({ id: 'p1' })
      const dog = party.agent('dog')
      const watched: unknown[] = []
      party.watch(({ status }) => void watched.push(status))
      dog.watch(({ context }) => void watched.push(context))
      broken.appends = how === 'quarantined'
      if (broken.appends) await dog.send(command({ word: 'x' })).catch(() => {})
      else await fail(runtime)
      broken.appends = false
      broken.reads = true
      await expect(runtime.parties.retry('p1')).rejects.toMatchObject({ code: 'PARTY_QUARANTINED' })
      expect(party.state.status).toBe('error')
      await expect(party.addInput('a cat')).rejects.toThrow('runtime.parties.retry("p1")')
      broken.reads = false
      expect(await runtime.parties.retry('p1')).toBe(party)
      watched.length = 0
      await party.addInput('a cat')
      await dog.send(command({ word: 'back' }))
      await party.idle()
      expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
      expect(watched).toContainEqual(expect.objectContaining({ count: 1 }))
      expect(watched).toContain('planning')
    },
  )

  it('fails with PARTY_STOPPED after the party was deleted in quarantine', async () => {
    let isBroken = false
    const inner = memoryJournal()
    const saved: typeof inner.saved = async partition => {
      if (isBroken && partition === 'party/p1') throw new Error('the disk is sick')
      return inner.saved(partition)
    }
    const { runtime } = await startRuntime({ ...given, journal: { ...inner, saved } })
    const party = await runtime.parties.create({ id: 'p1' })
    await fail(runtime)
    isBroken = true
    await runtime.parties.retry('p1').catch(() => {})
    await runtime.parties.delete('p1')
    await expect(party.addInput('a cat')).rejects.toMatchObject({ code: 'PARTY_STOPPED' })
  })

  it('works again for an agent that was only spawned in this process, and not registered', async () => {
    const program = createProgram()
    const runtime = await program.start(given)
    const party = await runtime.parties.create({ id: 'p1' })
    const cat = await runtime.spawn({ ...dogAgent(), name: 'cat' }, inP1)
    await cat.send(command({ word: 'a' }))
    await party.idle()
    await party.agent('dog').send(command({ word: 'boom' }))
    await settle()
    expect(party.state.status).toBe('error')
    await runtime.parties.retry('p1')
    await cat.send(command({ word: 'b' }))
    await party.idle()
    expect(cat.snapshot()).toMatchObject({ status: 'active', context: { count: 2 } })
  })
})

describe('machines inside an agent of a party on a journal in memory', () => {
  /** Listens to a machine inside it, which sends an event when it hears `speak`, and after a second. */
  const nurse = () => {
    const count: { heard: number } = { heard: 0 }
    const kid = setup({}).createMachine({
      initial: 'awake',
      states: {
        awake: { on: { speak: { actions: sendParent({ type: 'heard' }) } }, after: { 1_000: 'grown' } },
        grown: { entry: sendParent({ type: 'heard' }) },
      },
    })
    const heard: object = { heard: { actions: assign({ heard: ({ context }) => context.heard + 1 }) } }
    const hears = [urgent]
    const machine = setup({ types: agentTypes({ context: count, hears, says: [] }), actors: { kid } }).createMachine({
      context: count,
      invoke: { id: 'kid', src: 'kid' },
      on: { ...heard, 'pets.urgent': { actions: sendTo('kid', { type: 'speak' }) } },
    })
    return defineAgent({ name: 'nurse', hears, says: [], machine })
  }

  const ward = (tree: Supervised[]) => ({ party: petsParty(...tree), intensity: never })
  const wards = [
    ['beside the one that failed', ward([nurse(), dogAgent()])],
    ['under a supervisor that gave up', ward([defineSupervisor({ name: 'ward', agents: [nurse(), dogAgent()] })])],
  ] as const

  /** How often the machine inside has sent its event: on `speak`, and after its time. */
  async function speaks({ bus, parties }: Awaited<ReturnType<typeof failed>>['runtime'], clock: SimulatedClock) {
    await bus.publish(urgent({ word: 'speak' }), inP1)
    await settle()
    clock.advance(600)
    await settle()
    return parties.get('p1').agent('nurse').snapshot()?.context
  }

  async function failed(options: (typeof wards)[number][1]) {
    const { runtime, clock } = await startRuntime({ ...options, journal: memoryJournal() })
    await runtime.parties.create({ id: 'p1' })
    clock.advance(400)
    await settle()
    await fail(runtime)
    return { runtime, clock }
  }

  it.each(wards)('go on when it is retried: the agent is %s', async (_, options) => {
    const { runtime, clock } = await failed(options)
    await runtime.parties.retry('p1')
    expect(await speaks(runtime, clock)).toEqual({ heard: 2 })
  })

  it.each(wards)('go on in another runtime that imports the party: the agent is %s', async (_, options) => {
    const { runtime } = await failed(options)
    const lines: string[] = []
    for await (const line of runtime.parties.export('p1')) lines.push(line)
    const other = await startRuntime({ ...options, journal: memoryJournal() })
    await other.runtime.parties.import(lines)
    await other.runtime.parties.retry('p1')
    expect(await speaks(other.runtime, other.clock)).toEqual({ heard: 2 })
  })

  it.each(wards)('go on in another runtime on the same journal: the agent is %s', async (_, options) => {
    const journal = memoryJournal()
    const first = await startRuntime({ ...options, journal: { ...journal, close: async () => {} } })
    await first.runtime.parties.create({ id: 'p1' })
    first.clock.advance(400)
    await settle()
    await first.runtime.stop()
    const next = await startRuntime({ ...options, journal, clock: first.clock })
    expect(await speaks(next.runtime, first.clock)).toEqual({ heard: 2 })
  })

  it('go on after a retry if the party failed while they were stopped, in the pause before a restart', async () => {
    const group = defineSupervisor({
      name: 'ward',
      strategy: 'rest_for_one',
      intensity: { max: 1, within: 60_000 },
      backoff: { initial: 10_000 },
      agents: [{ ...dogAgent(), name: 'first' }, { ...dogAgent(), name: 'second' }, nurse()],
    })
    const { runtime, clock } = await startRuntime({ ...ward([group]), journal: memoryJournal() })
    const party = await runtime.parties.create({ id: 'p1' })
    clock.advance(400)
    await settle()
    for (const name of ['second', 'first']) {
      await party.agent(name).send(command({ word: 'boom' }))
      await settle()
    }
    expect(party.state.status).toBe('error')
    await runtime.parties.retry('p1')
    expect(await speaks(runtime, clock)).toEqual({ heard: 2 })
  })
})

describe('a party on a journal in memory that is retried again and again', () => {
  it('keeps nothing in memory of its former incarnations', async () => {
    const boxes: WeakRef<object>[] = []
    const hears = [command]
    const context: { box: object } = { box: {} }
    const fill = () => {
      const box = {}
      boxes.push(new WeakRef(box))
      return { box }
    }
    const explode = () => {
      throw new Error('boom')
    }
    const machine = setup({ types: agentTypes({ context, hears, says: [] }) }).createMachine({
      context,
      entry: assign(fill),
      on: { 'pets.command': { actions: assign(explode) } },
    })
    const party = petsParty(defineAgent({ name: 'dog', machine, hears, says: [] }), parrotAgent())
    const { runtime } = await startRuntime({ party, intensity: never, journal: memoryJournal() })
    await runtime.parties.create({ id: 'p1' })
    for (let times = 0; times < 10; times++) {
      await fail(runtime)
      await runtime.parties.retry('p1')
    }
    expect(boxes).toHaveLength(11)
    expect(await held(boxes)).toBeLessThanOrEqual(3)
  })
})

describe('a party that is retried while the runtime stops', () => {
  it('is restored, or the retry fails because the runtime stops', async () => {
    const outcomes = new Set<string>()
    for (let ticks = 0; ticks < 30; ticks++) {
      const { runtime } = await startRuntime(given)
      await runtime.parties.create({ id: 'p1' })
      await fail(runtime)
      const retried = runtime.parties.retry('p1').then(
        () => 'back',
        ({ code }) => code,
      )
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      await runtime.stop()
      outcomes.add(await retried)
    }
    expect([...outcomes].filter(outcome => outcome !== 'back')).toEqual(['RUNTIME_STATE'])
  })
})

describe('an agent of a party that has failed', () => {
  it('cannot be stopped for good, and neither can a pool, until the party is retried or deleted', async () => {
    const program = createProgram()
    const cats = definePool({ name: 'cats', agent: { ...dogAgent(), name: 'cat' }, size: 2 })
    const runtime = await program.start({ ...given, party: petsParty(dogAgent(), cats) })
    const party = await runtime.parties.create({ id: 'p1' })
    const [dog, pool] = [party.agent('dog'), party.pool('cats')]
    await dog.send(command({ word: 'boom' }))
    await settle()
    expect(party.state.status).toBe('error')
    for (const one of [dog, pool]) await expect(one.stop()).rejects.toMatchObject({ code: 'PARTY_FAILED' })
    await runtime.parties.retry('p1')
    expect([dog.snapshot()?.status, pool.size]).toEqual(['active', 2])
    await pool.stop()
    await dog.send(command({ word: 'boom' }))
    await settle()
    expect(party.state.status).toBe('error')
    await runtime.parties.delete('p1')
    await dog.stop()
    await expect(dog.send(command({ word: 'sit' }))).rejects.toMatchObject({ code: 'PARTY_STOPPED' })
  })
})

describe('a party that is deleted while it is retried', () => {
  it.each([0, 1, 2, 3, 5, 8])(
    'is deleted, and its id is free, when the second call comes %i ticks later',
    async ticks => {
      for (const order of ['delete retry', 'retry delete', 'retry retry delete', 'delete delete']) {
        const program = createProgram()
        const runtime = await program.start(given)
        await runtime.parties.create({ id: 'p1' })
        await fail(runtime)
        const codes = await Promise.all(
          order.split(' ').map(async (what, place) => {
            for (let tick = 0; tick < place * ticks; tick++) await Promise.resolve()
            const done = what === 'delete' ? runtime.parties.delete('p1') : runtime.parties.retry('p1')
            return done.then(
              () => undefined,
              (error: { readonly code: string }) => error.code,
            )
          }),
        )
        for (const code of codes) expect([undefined, 'PARTY_NOT_FOUND']).toContain(code)
        expect(codes).toContain(undefined)
        expect(runtime.parties.quarantined()).toEqual([])
        await runtime.parties.create({ id: 'p1' })
        // The dead letters of the party itself are deleted with it.
        expect(runtime.bus.history({ type: 'system.error' })).toEqual([])
      }
    },
  )

  it('is deleted too if it was quarantined', async () => {
    const program = createProgram()
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    const next = await program.start({ party: petsParty(), events: [barked] })
    expect(next.parties.quarantined()).toHaveLength(1)
    const deleted = next.parties.delete('p1')
    await expect(next.parties.retry('p1')).rejects.toMatchObject({ code: 'PARTY_NOT_FOUND' })
    await expect(next.parties.delete('p1')).rejects.toMatchObject({ code: 'PARTY_NOT_FOUND' })
    await deleted
    expect(next.parties.quarantined()).toEqual([])
    await next.parties.create({ id: 'p1' })
  })
})
