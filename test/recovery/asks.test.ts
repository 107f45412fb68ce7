import {
  type Agent,
  type AskManyOptions,
  agentTypes,
  ask,
  defineAgent,
  defineEvent,
  defineRequest,
  type Frame,
  type Runtime,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, trainerAgent, trick, urgent } from '../support/pets.ts'
import {
  atEveryAppend,
  atFrame,
  createProgram,
  type Ending,
  type LastAppend,
  lost,
  nothingLost,
} from '../support/program.ts'
import { settle, turn } from '../support/runtime.ts'
import { bought, buyer, price, refused, shop, wanted } from '../support/shops.ts'

const never: Ending = () => undefined
const forEver = () => new Promise<never>(() => {})
const inP1 = { party: 'p1' }
const up = urgent({ word: 'up' })
const rest = command({ word: 'rest' })

const has =
  (kind: Frame['entries'][number]['kind'], partition = 'party/p1') =>
  (frame: Frame) =>
    frame.partition === partition && frame.entries.some(entry => entry.kind === kind)

/** Where the callee is, a dog that a trainer in a party asks: in the same party, or outside the parties. */
const places = [
  ['in the same party', petsParty(dogAgent(), trainerAgent('dog', 10_000)), [], inP1, 'party/p1'],
  ['outside the parties', petsParty(trainerAgent('runtime/dog', 10_000)), [dogAgent()], undefined, 'runtime'],
  ['after its asker', petsParty(trainerAgent('dog', 10_000), dogAgent()), [], inP1, 'party/p1'],
] as const

describe.each(places)('an ask whose callee is %s', (_, party, agents, where, home) => {
  const options = { party, agents }

  /** The trainer asks for this trick while the dog rests. Then the dog may wake up, and the process ends. */
  async function asked(name: string, { wakes = true, ending = never }: { wakes?: boolean; ending?: Ending } = {}) {
    const program = createProgram()
    await program.until(ending, options, async runtime => {
      await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(rest, where)
      await runtime.parties.get('p1').addInput(name)
      await settle()
      if (wakes) await runtime.bus.publish(up, where)
      await settle()
    })
    return program
  }

  const saidIn = (runtime: { readonly parties: { get(id: string): { readonly state: object } } }) =>
    runtime.parties.get('p1').state

  it('is answered by the next process if the request was in the mailbox', async () => {
    const program = await asked('roll', { wakes: false })
    const next = await program.start(options)
    await turn()
    expect(saidIn(next)).toMatchObject({ said: [] })
    await next.bus.publish(up, where)
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['roll'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('is answered by the next process if the callee was handling it', async () => {
    const program = await asked('later')
    const next = await program.start(options)
    await turn()
    expect(saidIn(next)).toMatchObject({ said: [] })
    program.clock.advance(5_000)
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['late'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it.each<LastAppend>(['cut', 'written'])('gets the answer that was given before: %s', async last => {
    const program = await asked('roll', { ending: atFrame(has('reply', home), last) })
    const next = await program.start(options)
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['roll'] })
    const again = (await program.frames(home)).filter(has('reply', home))
    expect(again).toHaveLength(1)
    expect(lost(next)).toEqual(nothingLost)
  })

  it('gets the first of two replies that its callee gave before the crash', async () => {
    const program = await asked('twice', { ending: atFrame(has('reply', home), 'cut') })
    const next = await program.start(options)
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['once'] })
  })

  it('fails if its callee had crashed on it', async () => {
    const hasFailed = ({ cause }: Frame) => cause.kind === 'step' && cause.outcome === 'failed'
    const program = await asked('boom', { ending: atFrame(hasFailed, 'cut') })
    const next = await program.start(options)
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['ASK_FAILED'] })
    expect(next.bus.deadLetters.list({ type: trick.type })).toMatchObject([{ reason: 'failed' }])
  })

  it('fails if its callee had stopped', async () => {
    const program = createProgram()
    const isStop = ({ entries }: Frame) => entries.some(entry => entry.kind === 'agent' && entry.what === 'stopped')
    await program.until(atFrame(isStop, 'cut'), options, async runtime => {
      const p1 = await runtime.parties.create({ id: 'p1' })
      await p1.addInput('later')
      const dog = where ? p1.agent('dog') : runtime.agent('dog')
      await settle()
      expect(dog.snapshot()?.value).toBe('remembering')
      await dog.stop()
    })
    const next = await program.start(options)
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['ASK_STOPPED'] })
  })

  it('fails when its callee stops in the next process', async () => {
    const program = await asked('later')
    const next = await program.start(options)
    const p1 = next.parties.get('p1')
    await (where ? p1.agent('dog') : next.agent('dog')).stop()
    await next.idle()
    expect(saidIn(next)).toMatchObject({ said: ['ASK_STOPPED'] })
  })

  it('waits for the rest of its time, however long no process ran', async () => {
    const program = await asked('silence', { wakes: false })
    const second = await program.start(options)
    program.clock.advance(4_000)
    await second.bus.publish(command({ word: 'a' }), where)
    await second.parties.get('p1').addInput('roll')
    await turn()
    program.crash()
    program.clock.advance(1_000_000)
    const third = await program.start(options)
    program.clock.advance(5_999)
    await turn()
    expect(saidIn(third)).toMatchObject({ said: [] })
    program.clock.advance(1)
    await settle()
    expect(JSON.stringify(saidIn(third))).toContain('ASK_TIMEOUT')
    expect(saidIn(third)).toMatchObject({ said: ['ASK_TIMEOUT'] })
  })

  it('waits for the rest of its time through several processes', async () => {
    const program = await asked('silence', { wakes: false })
    for (let lives = 0; lives < 3; lives++) {
      program.clock.advance(1_000_000)
      const runtime = await program.start(options)
      program.clock.advance(2_000)
      // This frame shows the time in the journal.
      await runtime.bus.publish(command({ word: 'a' }), where)
      await runtime.parties.get('p1').addInput('roll')
      await turn()
      expect(saidIn(runtime)).toMatchObject({ said: [] })
    }
    const last = await program.start(options)
    program.clock.advance(3_999)
    await turn()
    expect(saidIn(last)).toMatchObject({ said: [] })
    program.clock.advance(1)
    await settle()
    expect(JSON.stringify(saidIn(last))).toContain('ASK_TIMEOUT')
    expect(saidIn(last)).toMatchObject({ said: ['ASK_TIMEOUT'] })
  })

  it('is answered once, wherever the process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, options, async runtime => {
        await runtime.parties.create({ id: 'p1', inputs: ['roll'] })
        await runtime.idle()
      })
      const next = await program.start(options)
      const [p1 = await next.parties.create({ id: 'p1', inputs: ['roll'] })] = next.parties.list()
      await next.idle()
      expect(p1.state).toMatchObject({ said: ['roll'], status: 'planning' })
      expect((await program.frames(home)).filter(has('reply', home))).toHaveLength(1)
      expect((await program.frames('party/p1')).filter(has('outcome'))).toHaveLength(1)
      expect(lost(next)).toEqual(nothingLost)
      expect(next.bus.metrics().pendingAsks).toBe(0)
      return isEnded
    })
  })
})

describe('an ask whose callee was stopped later', () => {
  const party = petsParty(trainerAgent('runtime/dog'))

  it('gets the answer that was given before', async () => {
    const program = createProgram()
    await program.until(atFrame(has('outcome'), 'lost'), { party, agents: [dogAgent()] }, async runtime => {
      await runtime.parties.create({ id: 'p1', inputs: ['roll'] })
      await forEver()
    })
    // A program without the party stops the dog.
    const second = await program.start({ agents: [dogAgent()] })
    await second.agent('dog').stop()
    const third = await program.start({ party, agents: [dogAgent()] })
    await third.idle()
    expect(third.parties.get('p1').state).toMatchObject({ said: ['roll'] })
  })
})

describe('an ask by a caller outside the agents', () => {
  it('ends with its process: the request that waits becomes a dead letter, and no agent gets it', async () => {
    const program = createProgram()
    const options = { agents: [dogAgent()] }
    const first = await program.start(options)
    await first.bus.publish(rest)
    void first.ask('runtime/dog', trick, { name: 'roll' })
    await settle()
    expect(first.agent('dog').mailbox.depth).toBe(1)
    const next = await program.start(options)
    await next.bus.publish(up)
    await next.idle()
    expect(next.bus.deadLetters.list()).toMatchObject([{ reason: 'stale', to: 'runtime/dog' }])
    expect(lost(next)).toEqual(nothingLost)
    expect(next.bus.metrics()).toMatchObject({ pendingAsks: 0, waiting: 0 })
  })
})

describe('an ask of many', () => {
  const shops = ['one', 'two', 'three'].map(name => openShop(name))
  const fromAll = petsParty(...shops, buyer({ need: 'all', deadline: 10_000 }))
  const cake = wanted({ of: 'cake' })

  /** Shop `one` has answered, and the others are shut when the process crashes. */
  async function waiting(party = fromAll) {
    const program = createProgram()
    const runtime = await program.start({ party })
    const p1 = await runtime.parties.create({ id: 'p1' })
    for (const name of ['two', 'three']) await p1.agent(name).send(shut({}))
    await runtime.bus.publish(cake, inP1)
    await settle()
    expect(p1.agent('two').mailbox.depth + p1.agent('three').mailbox.depth).toBe(2)
    return { program, runtime, p1 }
  }

  const boughtIn = (runtime: Runtime | Pick<Runtime, 'bus'>) =>
    runtime.bus.history({ type: 'shops.*' }).filter(({ type }) => type === bought.type || type === refused.type)

  const openAll = async (runtime: Pick<Runtime, 'bus'>) => {
    for (const name of ['two', 'three']) await runtime.bus.publish(opened({ name }), inP1)
  }

  it('keeps the answers that it has, and gets the missing ones', async () => {
    const { program } = await waiting()
    const next = await program.start({ party: fromAll })
    await openAll(next)
    await next.idle()
    expect(boughtIn(next)).toMatchObject([{ data: { from: ['one', 'two', 'three'].map(name => `party/p1/${name}`) } }])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('keeps the answer of an agent that was stopped later', async () => {
    const { program, p1 } = await waiting()
    await p1.agent('one').stop()
    const next = await program.start({ party: fromAll })
    await openAll(next)
    await next.idle()
    expect(boughtIn(next)).toMatchObject([{ data: { from: ['one', 'two', 'three'].map(name => `party/p1/${name}`) } }])
  })

  it('does not wait for an agent that is spawned in the next process', async () => {
    const { program } = await waiting()
    const next = await program.start({ party: fromAll })
    await next.spawn(openShop('four'), inP1)
    await openAll(next)
    await next.idle()
    expect(boughtIn(next)).toMatchObject([{ data: { from: ['one', 'two', 'three'].map(name => `party/p1/${name}`) } }])
  })

  it.each<[string, AskManyOptions['need'], number]>([
    ['the first', 'first', 1],
    ['two', 2, 2],
    ['the majority', 'majority', 2],
    ['all', 'all', 3],
  ])('ends once with %s, wherever its process ends', async (_, need, count) => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const party = petsParty(shop('one'), shop('two'), shop('three'), buyer({ ...(need && { need }) }))
      const isEnded = await program.until(ending, { party }, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(cake, inP1)
        await runtime.idle()
      })
      const next = await program.start({ party })
      const [p1 = await next.parties.create({ id: 'p1' })] = next.parties.list()
      await next.idle()
      const frames = await program.frames('party/p1')
      const wants = frames
        .flatMap(({ entries }) => entries)
        .filter(one => one.kind === 'event' && one.envelope.type === wanted.type)
      const ends = frames.flatMap(({ entries }) =>
        entries.flatMap(one => (one.kind === 'event' && one.envelope.type === bought.type ? one.envelope.data : [])),
      )
      expect(ends).toHaveLength(wants.length)
      for (const end of ends) expect(z.object({ from: z.array(z.string()) }).parse(end).from.length).toBe(count)
      expect(p1.state).toMatchObject({ status: 'planning' })
      expect(lost(next)).toEqual(nothingLost)
      expect(next.bus.metrics().pendingAsks).toBe(0)
      return isEnded
    })
  })
})

describe('an ask that is to be retried', () => {
  it('is sent again by the next process, if its callee had crashed', async () => {
    const program = createProgram()
    const party = petsParty(shop('shop', 1), buyer({ retries: 2, retryAfter: 1_000 }))
    const first = await program.start({ party })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(wanted({ of: 'cake' }), inP1)
    await settle()
    expect(first.bus.history({ type: 'agent.restarted' })).toHaveLength(1)
    const next = await program.start({ party })
    await turn()
    program.clock.advance(1_000)
    await next.idle()
    expect(next.bus.history({ type: 'shops.bought' })).toMatchObject([{ data: { from: ['party/p1/shop'] } }])
  })
})

describe('an ask without an address, whose callee the next process does not have', () => {
  /** The trainer has asked a resting dog that the program spawned. */
  async function asked() {
    const program = createProgram()
    const options = { party: petsParty(trainerAgent(undefined)), events: [trick, command, urgent] }
    const first = await program.start(options)
    await first.spawn(dogAgent())
    await first.bus.publish(rest)
    await first.parties.create({ id: 'p1', inputs: ['roll'] })
    await settle()
    expect(first.agent('dog').mailbox.depth).toBe(1)
    const next = await program.start(options)
    await settle()
    return next
  }

  it('goes to a handler that the program registers instead', async () => {
    const next = await asked()
    next.handle(trick, ({ name }) => ({ done: `${name} again` }))
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['roll again'] })
  })

  it('goes to an agent of another name that the program spawns instead', async () => {
    const next = await asked()
    await next.spawn(dogAgent(), { name: 'hound' })
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['roll'] })
  })

  it('is not sent twice to its callee when the program spawns that agent again', async () => {
    const next = await asked()
    await next.spawn(dogAgent())
    await next.bus.publish(up)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['roll'] })
    expect(lost(next)).toEqual(nothingLost)
  })
})

describe('an ask of a handler', () => {
  it('goes to the handler of the next process', async () => {
    const program = createProgram()
    const party = petsParty(trainerAgent(undefined))
    const first = await program.start({ party, events: [trick] })
    let asked = 0
    first.handle(trick, () => {
      asked++
      return new Promise<never>(() => {})
    })
    await first.parties.create({ id: 'p1', inputs: ['roll'] })
    await settle()
    expect(asked).toBe(1)
    const next = await program.start({ party, events: [trick] })
    next.handle(trick, ({ name }) => ({ done: `${name} again` }))
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['roll again'] })
    expect(next.bus.history({ type: 'ask.*' })).toMatchObject([
      { type: 'ask.succeeded', data: { type: trick.type, to: 'runtime/pets-trick' } },
    ])
  })
})

const question = defineRequest('chain.question', { input: z.object({}), output: z.object({ said: z.string() }) })
const begin = defineEvent('chain.begin', z.object({}))
const speak = defineEvent('chain.speak', z.object({}))
const said = defineEvent('chain.said', z.object({ who: z.string(), what: z.string() }))

/** Asks the next agent, then says and answers its reply. The last agent answers when it hears `speak`. */
const link = (name: string, next: string | undefined, deadline: number): Agent => {
  const hears = [question, begin, speak]
  const says = [question, said]
  const context: { ask: string; what: string } = { ask: '', what: '' }
  const machine = setup({
    types: agentTypes({ context, hears, says }),
    actors: { ask: ask(question, { to: next ?? '', deadline }) },
    guards: { isLast: () => next === undefined, isAsked: ({ context }) => context.ask !== '' },
    actions: {
      say: emit(({ context }) => said({ who: name, what: context.what })),
      reply: emit(({ context }) => question.reply({ ask: context.ask }, { said: `${name}, ${context.what}` })),
    },
  }).createMachine({
    id: name,
    context,
    initial: 'free',
    states: {
      free: {
        on: {
          'chain.begin': 'asking',
          'chain.question': { target: 'deciding', actions: assign(({ event }) => ({ ask: event.ask })) },
        },
      },
      deciding: { always: [{ guard: 'isLast', target: 'silent' }, { target: 'asking' }] },
      silent: { tags: 'busy', on: { 'chain.speak': { target: 'over', actions: assign({ what: 'hello' }) } } },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'ask',
          src: 'ask',
          input: {},
          onDone: { target: 'over', actions: assign(({ event }) => ({ what: event.output.said })) },
          onError: { target: 'over', actions: assign(({ event }) => ({ what: codeOf(event.error) })) },
        },
      },
      over: {
        entry: 'say',
        always: [{ guard: 'isAsked', target: 'free', actions: ['reply', assign({ ask: '' })] }, { target: 'free' }],
      },
    },
  })
  return defineAgent({ name, machine, hears, says })
}

const codeOf = (error: unknown): string => z.object({ code: z.string() }).parse(error).code

describe.each([
  ['first to last', (one: Agent, two: Agent, three: Agent) => [one, two, three]],
  ['last to first', (one: Agent, two: Agent, three: Agent) => [three, two, one]],
])('asks that are made for asks, by agents that are restored %s', (_, order) => {
  const chain = (deadline: number, inner = 60_000) =>
    order(link('one', 'two', deadline), link('two', 'three', inner), link('three', undefined, 0))

  /** `one` waits for `two`, `two` waits for `three`, and `three` is silent when the process crashes. */
  async function silence(agents: readonly Agent[]) {
    const program = createProgram()
    const party = petsParty(...agents)
    const runtime = await program.start({ party })
    const p1 = await runtime.parties.create({ id: 'p1' })
    await p1.agent('one').send(begin({}))
    await settle()
    expect(p1.agent('three').snapshot()?.value).toBe('silent')
    return { program, party }
  }

  const saidIn = (runtime: Pick<Runtime, 'bus'>) =>
    runtime.bus.history({ type: said.type }).map(({ data }) => said.schema.parse(data))

  it('are all answered', async () => {
    const { program, party } = await silence(chain(10_000))
    const next = await program.start({ party })
    await next.bus.publish(speak({}), inP1)
    await next.idle()
    expect(saidIn(next)).toEqual([
      { who: 'three', what: 'hello' },
      { who: 'two', what: 'three, hello' },
      { who: 'one', what: 'two, three, hello' },
    ])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('end when the ask ends that they are made for', async () => {
    const { program, party } = await silence(chain(10_000))
    const next = await program.start({ party })
    await next.parties.get('p1').agent('one').stop()
    await settle()
    expect(saidIn(next)).toEqual([{ who: 'two', what: 'ASK_CANCELLED' }])
    expect(next.bus.metrics().pendingAsks).toBe(0)
  })

  it('have no more time than the ask that they are made for', async () => {
    const { program, party } = await silence(chain(10_000))
    const next = await program.start({ party })
    program.clock.advance(10_000)
    await settle()
    expect(
      saidIn(next)
        .map(({ who }) => who)
        .toSorted(),
    ).toEqual(['one', 'two'])
    expect(next.bus.metrics().pendingAsks).toBe(0)
  })

  it('may fail, and the ask that they are made for is still answered', async () => {
    const { program, party } = await silence(chain(60_000, 5_000))
    const next = await program.start({ party })
    program.clock.advance(5_000)
    await settle()
    expect(saidIn(next)).toEqual([
      { who: 'two', what: 'ASK_TIMEOUT' },
      { who: 'one', what: 'two, ASK_TIMEOUT' },
    ])
  })
})

const shut = defineEvent('shops.shut', z.object({}))
const opened = defineEvent('shops.opened', z.object({ name: z.string() }))

/** A shop that can be shut. While it is shut, requests wait. */
function openShop(name: string): Agent {
  const hears = [price, shut, opened]
  const machine = setup({
    types: agentTypes({ context: {}, hears, says: [price] }),
  }).createMachine({
    id: name,
    context: {},
    initial: 'open',
    states: {
      open: {
        on: {
          'shops.price': { actions: emit(({ event }) => price.reply(event, { price: 1 })) },
          'shops.shut': 'shut',
        },
      },
      shut: {
        tags: 'busy',
        on: { 'shops.opened': { guard: ({ event }) => event.data.name === name, target: 'open' } },
      },
    },
  })
  return defineAgent({ name, machine, hears, says: [price] })
}

it('an ask of a party is not answered by what an earlier party with its id was told', async () => {
  const party = petsParty(trainerAgent('party/p2/dog', 10_000), dogAgent())
  const program = createProgram()
  let replies = 0
  const isSecond = (frame: Frame) => has('reply', 'party/p2')(frame) && ++replies === 2
  const isEnded = await program.until(atFrame(isSecond, 'cut'), { party }, async runtime => {
    await runtime.parties.create({ id: 'p2' })
    for (const trick of ['roll', 'sit']) {
      const p1 = await runtime.parties.create({ id: 'p1' })
      await p1.addInput(trick)
      await runtime.idle()
      expect(p1.state.said).toEqual([trick])
      await runtime.parties.delete('p1')
    }
  })
  expect(isEnded).toBe(true)
  const next = await program.start({ party })
  await next.idle()
  expect(next.parties.get('p1').state.said).toEqual(['sit'])
})
