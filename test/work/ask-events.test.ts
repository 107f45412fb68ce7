import { agentTypes, ask, defineAgent, defineEvent, defineRequest, IllegalIdError, RequestIdTakenError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { asked, clerk, unknown, visitor } from '../support/desk.ts'
import { dogAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const getUser = defineRequest('users.get', {
  input: z.object({ id: z.string() }),
  output: z.object({ name: z.string() }),
  tell: true,
})
const wanted = defineEvent('users.wanted', z.object({ id: z.string() }))
const no = { code: 'NO_SUCH_USER', message: 'Nobody has this id.', data: { tried: 1 } }

const hears = [getUser]
const service = defineAgent({
  name: 'service',
  hears,
  says: hears,
  machine: setup({ types: agentTypes({ context: {}, hears, says: hears }) }).createMachine({
    on: {
      'users.get': {
        actions: emit(({ event }) =>
          event.data.id === 'none' ? getUser.fail(event, no) : getUser.reply(event, { name: 'Ada' }),
        ),
      },
    },
  }),
})

/** Asks for whom an event names. */
const client = defineAgent({
  name: 'client',
  hears: [wanted],
  says: [],
  machine: setup({
    types: agentTypes({ context: {}, hears: [wanted], says: [] }),
    actors: { ask: ask(getUser) },
  }).createMachine({
    initial: 'idle',
    states: {
      idle: { on: { 'users.wanted': 'asking' } },
      asking: {
        tags: 'busy',
        invoke: {
          src: 'ask',
          input: ({ event }) => ({ id: event.type === 'users.wanted' ? event.data.id : '' }),
          onDone: 'idle',
          onError: 'idle',
        },
      },
    },
  }),
})

/** A runtime with everybody, and what is told of asks there. */
async function start() {
  const { runtime, clock } = await startRuntime({ agents: [service, client, clerk(), visitor('clerk'), dogAgent()] })
  const told: { readonly type: string; readonly data: unknown }[] = []
  runtime.bus.subscribe('ask.*', ({ type, data }) => void told.push({ type, data }))
  return { runtime, clock, told }
}

describe('the events of a request that is defined with tell', () => {
  const between = { type: 'users.get', from: 'runtime/client', to: 'runtime/service' }

  it('hold what an agent asked, and the answer or the refusal', async () => {
    const { runtime, told } = await start()
    for (const id of ['u1', 'none']) await runtime.bus.publish(wanted({ id }))
    await runtime.idle()
    const key = expect.stringContaining('runtime/client@')
    expect(told).toEqual([
      { type: 'ask.requested', data: { ...between, key, parameters: { id: 'u1' } } },
      { type: 'ask.succeeded', data: { ...between, key, parameters: { id: 'u1' }, answer: { name: 'Ada' } } },
      { type: 'ask.requested', data: { ...between, key, parameters: { id: 'none' } } },
      {
        type: 'ask.failed',
        data: {
          ...between,
          key,
          parameters: { id: 'none' },
          code: 'ASK_REFUSED_BY_CALLEE',
          error: expect.stringContaining('NO_SUCH_USER'),
          refusal: no,
        },
      },
    ])
  })

  it('hold the same for asks from outside, of an agent and of a handler', async () => {
    const { runtime, told } = await start()
    const handler = runtime.handle(getUser, ({ id }) => ({ name: id.toUpperCase() }))
    for (const to of ['runtime/service', handler.address]) {
      await runtime.ask(to, getUser, { id: 'ada' })
      await runtime.idle()
      const parameters = { id: 'ada' }
      expect(told.splice(0)).toMatchObject([
        { type: 'ask.requested', data: { to, parameters } },
        { type: 'ask.succeeded', data: { to, parameters, answer: { name: expect.stringMatching(/ada/i) } } },
      ])
    }
  })

  it('hold what the schema of the request of a handler made of the input once, even if the input changes later', async () => {
    const { runtime, told } = await start()
    const loud = defineRequest('users.shout', {
      input: z.object({ word: z.string().overwrite(word => `${word}!`) }),
      output: z.object({}),
      tell: true,
    })
    let answer = () => {}
    const { address } = runtime.handle(loud, () => new Promise(go => (answer = () => go({}))))
    const input = { word: 'hey' }
    const asking = runtime.ask(address, loud, input)
    await settle()
    expect(told).toHaveLength(1)
    input.word = 'no'
    answer()
    await asking
    expect(told).toMatchObject([
      { type: 'ask.requested', data: { parameters: { word: 'hey!' } } },
      { type: 'ask.succeeded', data: { parameters: { word: 'hey!' } } },
    ])
  })

  it('hold what an agent was asked, even if the input changes later', async () => {
    const { runtime, told } = await start()
    const input = { id: 'ada' }
    const asking = runtime.ask('runtime/service', getUser, input)
    input.id = 'nobody'
    await asking
    await runtime.idle()
    expect(told).toMatchObject([
      { type: 'ask.requested', data: { parameters: { id: 'ada' } } },
      { type: 'ask.succeeded', data: { parameters: { id: 'ada' } } },
    ])
  })

  it('hold no parameters that the schema refuses', async () => {
    const { runtime, told } = await start()
    await Reflect.apply(runtime.ask, runtime, ['runtime/service', getUser, { id: 7, secret: 's' }]).catch(() => {})
    await runtime.idle()
    expect(told).toMatchObject([{ type: 'ask.failed', data: { code: 'EVENT_PAYLOAD' } }])
    expect(JSON.stringify(told)).not.toContain('secret')
  })

  it('hold neither parameters nor answer if the request is defined without tell', async () => {
    const { runtime, told } = await start()
    await runtime.bus.publish(asked({ id: 'nobody' }))
    await runtime.idle()
    expect(told.map(({ type }) => type)).toEqual(['ask.requested', 'ask.failed'])
    for (const { data } of told)
      for (const key of ['parameters', 'answer', 'refusal']) expect(data).not.toHaveProperty(key)
    expect(JSON.stringify(told)).not.toContain(JSON.stringify(unknown('nobody').data))
  })
})

describe('a request to an agent, and its answer', () => {
  it('reach subscribers to their types with the correlation of their cause, and stay out of the history', async () => {
    const { runtime } = await start()
    const told: unknown[] = []
    runtime.bus.subscribe('users.get.*', envelope => void told.push(envelope))
    runtime.bus.subscribe('users.get', envelope => void told.push(envelope))
    for (const id of ['u1', 'none']) await runtime.bus.publish(wanted({ id }), { correlationId: `run-${id}` })
    await runtime.idle()
    const request = { type: 'users.get', source: 'runtime/client', to: 'runtime/service' }
    const answer = { source: 'runtime/service', ask: expect.stringContaining('runtime/client@') }
    expect(told).toMatchObject([
      { ...request, data: { id: 'u1' }, correlationid: 'run-u1' },
      { ...answer, type: 'users.get.reply', data: { name: 'Ada' }, correlationid: 'run-u1' },
      { ...request, data: { id: 'none' }, correlationid: 'run-none' },
      { ...answer, type: 'users.get.refusal', data: no, correlationid: 'run-none' },
    ])
    expect(runtime.bus.history({ type: 'users.get' })).toEqual([])
    expect(runtime.bus.history({ type: 'users.get.*' })).toEqual([])
  })
})

describe('a caller outside the agents', () => {
  it('may name itself and its request, and all events of the ask carry both names', async () => {
    const { runtime, told } = await start()
    const { address } = runtime.handle(getUser, async () => ({ name: 'Ada' }))
    for (const to of ['runtime/service', address]) {
      await runtime.ask(to, getUser, { id: 'u1' }, { requester: 'client_agent', requestId: 'r-1' })
      await runtime.idle()
      expect(told.splice(0)).toMatchObject([
        { type: 'ask.requested', data: { type: 'users.get', from: 'client_agent', to, key: 'r-1' } },
        { type: 'ask.succeeded', data: { type: 'users.get', from: 'client_agent', to, key: 'r-1' } },
      ])
    }
  })

  it('gets an id for each request without a name, and all events of the ask share that id', async () => {
    const { runtime, told } = await start()
    const { address } = runtime.handle(getUser, () => ({ name: 'Ada' }))
    for (const to of ['runtime/service', address, address]) await runtime.ask(to, getUser, { id: 'u1' })
    await runtime.idle()
    const keys = told.map(
      ({ data }) => z.object({ from: z.literal('outside'), key: z.string().min(1) }).parse(data).key,
    )
    expect(new Set(keys).size).toBe(3)
    expect(keys).toHaveLength(6)
  })

  it('cannot use the id of a request that is under way, nor the address of an agent as its name', async () => {
    const { runtime, clock } = await start()
    const handler = runtime.handle(trick, () => new Promise<never>(() => {}))
    for (const to of ['runtime/dog', handler.address]) {
      const name = { requestId: 'r-1', deadline: 1_000 }
      const first = expect(runtime.ask(to, trick, { name: 'silence' }, name)).rejects.toMatchObject({
        code: 'ASK_TIMEOUT',
      })
      await settle()
      expect(runtime.bus.metrics().pendingAsks).toBe(1)
      await expect(runtime.ask(to, trick, { name: 'roll' }, name)).rejects.toBeInstanceOf(RequestIdTakenError)
      clock.advance(1_000)
      await first
      for (const wrong of [{ requester: 'runtime/clerk' }, { requester: '' }, { requestId: '\n' }])
        await expect(runtime.ask(to, trick, { name: 'roll' }, wrong)).rejects.toBeInstanceOf(IllegalIdError)
    }
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('gets no answer to an earlier request of the same id that was given up', async () => {
    const asked: { context: { asked: string[] } } = { context: { asked: [] } }
    const heard = [getUser, wanted]
    const machine = setup({ types: agentTypes({ ...asked, hears: heard, says: hears }) }).createMachine({
      ...asked,
      on: {
        'users.get': { actions: assign(({ context, event }) => ({ asked: [...context.asked, event.ask] })) },
        // The oldest one is answered first.
        'users.wanted': {
          actions: [
            emit(({ context, event }) => getUser.reply({ ask: context.asked[0] ?? '' }, { name: event.data.id })),
            assign(({ context }) => ({ asked: context.asked.slice(1) })),
          ],
        },
      },
    })
    const slow = defineAgent({ name: 'slow', hears: heard, says: hears, machine })
    const { runtime, clock } = await startRuntime({ agents: [slow] })
    const requestId = 'r-1'
    const first = runtime.ask('runtime/slow', getUser, { id: 'u1' }, { requestId, deadline: 1_000 })
    const over = expect(first).rejects.toMatchObject({ code: 'ASK_TIMEOUT' })
    await settle()
    expect(runtime.bus.metrics().handled).toBe(1)
    clock.advance(1_000)
    await over
    const second = runtime.ask('runtime/slow', getUser, { id: 'u2' }, { requestId })
    for (const id of ['Ada', 'Bob']) await runtime.bus.publish(wanted({ id }))
    expect(await second).toEqual({ name: 'Bob' })
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'stale', envelope: { data: { name: 'Ada' } } }])
  })

  it('gets no answer of a handler to an earlier request of the same id either', async () => {
    const { runtime, clock } = await start()
    const answers: ((name: string) => void)[] = []
    const { address } = runtime.handle(getUser, () => new Promise(go => answers.push(name => go({ name }))))
    const requestId = 'r-1'
    const first = runtime.ask(address, getUser, { id: 'u1' }, { requestId, deadline: 1_000 })
    const over = expect(first).rejects.toMatchObject({ code: 'ASK_TIMEOUT' })
    await settle()
    expect(answers).toHaveLength(1)
    clock.advance(1_000)
    await over
    const second = runtime.ask(address, getUser, { id: 'u2' }, { requestId })
    await settle()
    expect(answers).toHaveLength(2)
    for (const [place, name] of ['Ada', 'Bob'].entries()) answers[place]?.(name)
    expect(await second).toEqual({ name: 'Bob' })
  })
})
