import { type Agent, AskTimeoutError, agentTypes, ask, defineAgent, defineEvent, defineRequest, effect } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { petsParty } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const question = defineRequest('relay.question', {
  input: z.object({ left: z.array(z.string()) }),
  output: z.object({ said: z.string() }),
})
const aside = defineRequest('relay.aside', { input: z.object({}), output: z.object({ said: z.string() }) })
const ended = defineEvent('relay.ended', z.object({ who: z.string(), code: z.string() }))
const codeOf = (error: unknown) => z.object({ code: z.string() }).parse(error).code

type Task = { left: readonly string[]; ask: string | null }
const free: Task = { left: [], ask: null }

interface RelayOptions {
  readonly deadline?: number
  /** What it does for the question besides asking on. */
  readonly work?: (signal: AbortSignal) => Promise<string>
  /** Whether it answers an aside while it is busy. */
  readonly isOpen?: boolean
  /** Whether it asks the next one an aside rather than the question. */
  readonly asksAside?: boolean
}

/** An agent that passes a question on to the next of a list, and the answer back. */
const relay = (
  name: string,
  next: string,
  { deadline = 60_000, work, isOpen, asksAside }: RelayOptions = {},
): Agent => {
  const hears = [question, aside]
  const says = [question, aside, ended]
  const machine = setup({
    types: agentTypes({ context: free, hears, says }),
    actors: {
      ask: ask(question, { to: next, deadline }),
      aside: ask(aside, { to: next, deadline }),
      work: effect('work', (_: null, { signal }) => (work ? work(signal) : 'nothing to do')),
    },
    actions: {
      answer: emit(({ context }, { said }: { said: string }) =>
        question.reply({ ask: context.ask ?? '' }, { said: `${name}, ${said}` }),
      ),
      tell: emit((_, { error }: { error: unknown }) => ended({ who: name, code: codeOf(error) })),
    },
    guards: { isLast: ({ event }) => event.type === 'relay.question' && event.data.left.length === 0 },
  }).createMachine({
    id: name,
    context: free,
    initial: 'free',
    states: {
      free: {
        id: 'free',
        on: {
          'relay.question': [
            {
              guard: 'isLast',
              target: 'working',
              actions: assign(({ event }) => ({ ask: event.ask, left: [] })),
            },
            { target: 'asking', actions: assign(({ event }) => ({ ask: event.ask, left: event.data.left.slice(1) })) },
          ],
          'relay.aside': { actions: emit(({ event }) => aside.reply(event, { said: `${name} aside` })) },
        },
      },
      asking: {
        tags: 'busy',
        initial: asksAside ? 'aside' : 'question',
        states: {
          aside: {
            invoke: {
              id: 'aside',
              src: 'aside',
              input: {},
              onDone: { target: '#free', actions: { type: 'answer', params: ({ event }) => event.output } },
              onError: { target: '#free', actions: { type: 'tell', params: ({ event }) => event } },
            },
          },
          question: {
            invoke: [
              {
                id: 'ask',
                src: 'ask',
                input: ({ context }) => ({ left: [...context.left] }),
                onDone: { target: '#free', actions: { type: 'answer', params: ({ event }) => event.output } },
                onError: { target: '#free', actions: { type: 'tell', params: ({ event }) => event } },
              },
              { id: 'work', src: 'work', input: null },
            ],
          },
        },
        ...(isOpen && {
          on: { 'relay.aside': { actions: emit(({ event }) => aside.reply(event, { said: `${name} aside` })) } },
        }),
      },
      working: {
        tags: 'busy',
        invoke: {
          id: 'work',
          src: 'work',
          input: null,
          onDone: { target: 'free', actions: { type: 'answer', params: ({ event }) => ({ said: event.output }) } },
          onError: { target: 'free', actions: { type: 'tell', params: ({ event }) => event } },
        },
      },
    },
  })
  return defineAgent({ name, machine, hears, says })
}

async function withRelays(...agents: Agent[]) {
  const { runtime, clock } = await startRuntime({ party: petsParty(...agents) })
  const party = await runtime.parties.create({ id: 'p1' })
  const asked = (to: string, left: string[], deadline?: number) =>
    party.agent(to).ask(question, { left }, deadline === undefined ? {} : { deadline })
  const endings = () =>
    runtime.bus
      .history({ type: ended.type })
      .map(({ data }) => ended.schema.parse(data))
      .map(({ who, code }) => `${who} ${code}`)
  return { runtime, clock, party, asked, endings }
}

describe('an ask that leads to others', () => {
  const signals: Record<string, AbortSignal> = {}
  const watching = (name: string) => ({
    work: (signal: AbortSignal) => {
      signals[name] = signal
      return new Promise<string>(() => {})
    },
  })
  const chain = () =>
    withRelays(relay('a', 'b', watching('a')), relay('b', 'c', watching('b')), relay('c', 'a', watching('c')))

  it('is answered through all of them', async () => {
    const { runtime, asked } = await withRelays(relay('a', 'b'), relay('b', 'c'), relay('c', 'a'))
    expect(await asked('a', ['b', 'c'])).toEqual({ said: 'a, b, c, nothing to do' })
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('ends with all that is done for it when its time is over: three levels, 200 ms', async () => {
    const { runtime, clock, party, asked } = await chain()
    const answer = expect(asked('a', ['b', 'c'], 200)).rejects.toBeInstanceOf(AskTimeoutError)
    await settle()
    expect(['a', 'b', 'c'].every(name => signals[name]?.aborted === false)).toBe(true)
    expect(runtime.bus.metrics().pendingAsks).toBe(3)
    clock.advance(199)
    expect(['a', 'b', 'c'].map(name => signals[name]?.aborted)).toEqual([false, false, false])
    clock.advance(1)
    await answer
    expect(['a', 'b', 'c'].map(name => signals[name]?.aborted)).toEqual([true, true, true])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
    await party.idle()
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
  })

  it('ends with all that is done for it when its asker gives up', async () => {
    const { runtime, party, endings } = await chain()
    const controller = new AbortController()
    const answer = party.agent('a').ask(question, { left: ['b', 'c'] }, { signal: controller.signal })
    const failure = expect(answer).rejects.toMatchObject({ code: 'ASK_CANCELLED' })
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(3)
    controller.abort()
    await failure
    await party.idle()
    expect(endings().toSorted()).toEqual(['a ASK_CANCELLED', 'b ASK_CANCELLED', 'c ASK_CANCELLED'])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('gives those that it leads to no more time than it has itself, and no more than they would take', async () => {
    const { runtime, clock, asked } = await withRelays(
      relay('a', 'b', { deadline: 100 }),
      relay('b', 'c'),
      relay('c', 'a', watching('c')),
    )
    const answer = asked('a', ['b', 'c'], 200)
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(3)
    clock.advance(100)
    await settle()
    expect(runtime.bus.history({ type: 'ask.failed' })).toHaveLength(2)
    const failures = runtime.bus
      .history({ type: 'ask.failed' })
      .map(({ data }) => z.object({ to: z.string(), code: z.string() }).parse(data))
    expect(failures).toMatchObject([
      { to: 'party/p1/b', code: 'ASK_TIMEOUT' },
      { to: 'party/p1/c', code: 'ASK_CANCELLED' },
    ])
    const failure = expect(answer).rejects.toBeInstanceOf(AskTimeoutError)
    clock.advance(100)
    await failure
  })

  it('is not handed over once nobody waits for the answer: it is a stale dead letter', async () => {
    const { runtime, party, asked } = await withRelays(relay('a', 'b', watching('a')))
    const first = asked('a', [])
    const second = party.agent('a').ask(question, { left: [] }, { signal: AbortSignal.timeout(1) })
    await expect(second).rejects.toMatchObject({ code: 'ASK_CANCELLED' })
    await party.agent('a').stop()
    await expect(first).rejects.toMatchObject({ code: 'ASK_STOPPED' })
    expect(runtime.bus.metrics()).toMatchObject({ pendingAsks: 0, waiting: 0 })
  })
})

describe('an ask that comes back to its asker', () => {
  it('is answered when the asker takes it although it is busy', async () => {
    const { asked } = await withRelays(relay('a', 'b', { isOpen: true }), relay('b', 'a', { asksAside: true }))
    expect(await asked('a', ['b', 'a'])).toEqual({ said: 'a, b, a aside' })
  })

  it('fails at once with its path when it would wait for itself', async () => {
    const { runtime, asked, endings, party } = await withRelays(relay('a', 'b'), relay('b', 'a', { asksAside: true }))
    const answer = asked('a', ['b', 'a'], 1_000).catch(() => {})
    await settle()
    expect(endings()).toEqual(['b ASK_CYCLE'])
    const [failure] = runtime.bus.history({ type: 'ask.failed' })
    expect(failure?.data).toMatchObject({
      error: expect.stringContaining('party/p1/b -> party/p1/a -> party/p1/b'),
    })
    await party.agent('a').stop()
    await answer
  })

  it('fails at once when an agent asks itself what it must postpone', async () => {
    const { asked, endings, party } = await withRelays(relay('a', 'a'))
    const answer = asked('a', ['a'], 1_000).catch(() => {})
    await settle()
    expect(endings()).toEqual(['a ASK_CYCLE'])
    await party.agent('a').stop()
    await answer
  })

  it('fails the younger one when two agents have asked each other, neither because of the other', async () => {
    const { asked, endings, party } = await withRelays(relay('a', 'b'), relay('b', 'a'))
    const answers = [asked('a', ['b'], 1_000), asked('b', ['a'], 1_000)].map(answer => answer.catch(() => 'failed'))
    await settle()
    expect(endings()).toEqual(['b ASK_CYCLE'])
    expect(await answers[0]).toEqual({ said: 'a, b, nothing to do' })
    await party.agent('b').stop()
    await answers[1]
  })
})

it('the stack of an ask that failed leads back to the line of its caller', async () => {
  const { clock, asked } = await withRelays(relay('a', 'b', { work: () => new Promise(() => {}) }))
  const answering = async () => await asked('a', [], 100)
  setImmediate(() => clock.advance(100))
  const failure = await answering().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(AskTimeoutError)
  expect(failure instanceof Error && failure.stack).toContain('nested-asks.test.ts')
})
