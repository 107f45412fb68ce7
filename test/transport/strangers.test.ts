import { defineRequest, localTransport, type Message } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { barked, dogAgent, parrotAgent, petsParty, trick } from '../support/pets.ts'
import { lost, nothingLost } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const ask = {
  type: 'ask',
  from: 'party/far',
  ask: 'party/far/trainer/1',
  to: 'runtime/dog',
  request: 'pets.trick',
  data: { name: 'roll' },
  source: 'party/far/trainer',
  origin: { correlationid: 'c1' },
  behalf: [],
}
const envelope = {
  id: 'e1',
  seq: 1,
  source: 'party/far/dog',
  type: 'pets.barked',
  data: { word: 'wuff', count: 1 },
  time: 0,
  version: 1,
  priority: 5,
  correlationid: 'c1',
  party: 'far',
}

const malformed: readonly [string, object][] = [
  ['from', { ...ask, from: undefined }],
  ['ask', { ...ask, ask: 5 }],
  ['to', { ...ask, to: 5 }],
  ['request', { ...ask, request: undefined }],
  ['data', { ...ask, data: { name: () => 'roll' } }],
  ['behalf', { ...ask, behalf: undefined }],
  ['wait', { ...ask, wait: Number.NaN }],
  ['origin', { ...ask, origin: undefined }],
  ['ask', { type: 'cancel' }],
  ['source', { type: 'reply', ask: 'party/far/trainer/1', data: {} }],
  ['error', { type: 'failure', ask: 'party/far/trainer/1' }],
  ['envelope', { type: 'overheard' }],
  ['envelope.priority', { type: 'overheard', envelope: { ...envelope, priority: undefined } }],
  ['envelope.data', { type: 'overheard', envelope: { ...envelope, data: new WeakMap() } }],
]

describe('a message of another program', () => {
  it.each(malformed)('is dropped and reported when its %s is wrong, and the agents go on', async (path, message) => {
    const transport = localTransport()
    const agents = [dogAgent(), parrotAgent()]
    const { runtime } = await startRuntime({ party: petsParty(), agents, transport })
    const given: unknown = message
    transport.send('runtime', given as Message, () => {})
    await runtime.bus.publish(barked({ word: 'after', count: 1 }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'system.error' })).toMatchObject([{ data: { code: 'MESSAGE_MALFORMED' } }])
    expect(runtime.bus.history({ type: 'system.error' })[0]?.data).toMatchObject({
      message: expect.stringContaining(`whose ${path} is wrong`),
    })
    expect(runtime.agent('parrot').snapshot()?.context).toEqual({ words: ['after'] })
    expect(runtime.bus.deadLetters.total).toBe(0)
  })

  it.each([[null], ['ask'], [{ type: 'toString' }]])('of no known type is reported: %j', async given => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ transport })
    const message: unknown = given
    transport.send('runtime', message as Message, () => {})
    expect(runtime.bus.history({ type: 'system.error' })).toMatchObject([{ data: { code: 'MESSAGE_UNKNOWN' } }])
  })

  it('that is as it should be is heard', async () => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ party: petsParty(), agents: [parrotAgent()], transport })
    transport.send('runtime', { type: 'overheard', envelope }, () => {})
    await runtime.idle()
    expect(runtime.agent('parrot').snapshot()?.context).toEqual({ words: ['wuff'] })
  })

  it('whose data does not fit the schema of the request gets a failure that says so, and no agent sees it', async () => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ party: petsParty(), agents: [dogAgent()], transport })
    const arrived: Message[] = []
    transport.open('party/far', message => arrived.push(message))
    transport.send('runtime', { ...ask, type: 'ask', data: { name: 5 } }, () => {})
    await runtime.idle()
    const issues = [{ field: 'name', expected: 'string', received: '5' }]
    const error = { code: 'EVENT_PAYLOAD', fields: { type: 'pets.trick', issues } }
    expect(arrived).toMatchObject([{ type: 'failure', ask: ask.ask, error }])
    expect(runtime.agent('dog').snapshot()?.context).toMatchObject({ count: 0 })
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it.each([
    ['older than this version can lift', { version: 0 }, 'EVENT_VERSION'],
    ['of data that its schema refuses', { data: { word: 'wuff' } }, 'EVENT_PAYLOAD'],
  ])('with an event is dropped and reported when the event is %s', async (_, part, code) => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ party: petsParty(), agents: [parrotAgent()], transport })
    transport.send('runtime', { type: 'overheard', envelope: { ...envelope, ...part } }, () => {})
    await runtime.idle()
    expect(runtime.bus.history({ type: 'system.error' })).toMatchObject([{ data: { code } }])
    expect(runtime.agent('parrot').snapshot()?.context).toEqual({ words: [] })
  })

  it.each([
    ['reply', { type: 'reply', source: 'party/far/dog', data: { done: 5 } }],
    [
      'refusal',
      {
        type: 'failure',
        error: {
          code: 'ASK_REFUSED_BY_CALLEE',
          message: 'no',
          fields: { type: 'pets.trick', to: 'party/far/dog', refusal: { code: '', message: 'no' } },
        },
      },
    ],
  ])('with a %s that the request does not allow fails the ask', async (kind, answer) => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ transport })
    transport.open('party/far', message => {
      if (message.type !== 'ask') return
      const given: unknown = { ...answer, ask: message.ask }
      transport.send(message.from, given as Message, () => {})
    })
    await expect(runtime.ask('party/far/dog', trick, { name: 'roll' })).rejects.toMatchObject({
      code: 'EVENT_PAYLOAD',
      type: `pets.trick.${kind}`,
    })
  })

  it('is taken as it was parsed there, although its schema would parse it into something else', async () => {
    const measure = defineRequest('far.measure', {
      input: z.object({
        word: z
          .string()
          .transform(word => word.length)
          .pipe(z.number()),
      }),
      output: z.object({ done: z.number() }),
    })
    const transport = localTransport()
    const { runtime } = await startRuntime({ transport })
    runtime.handle(measure, ({ word }) => ({ done: word }), { name: 'dog' })
    const arrived: Message[] = []
    transport.open('party/far', message => arrived.push(message))
    transport.send('runtime', { ...ask, type: 'ask', request: 'far.measure', data: { word: 4 } }, () => {})
    await settle()
    expect(arrived).toMatchObject([{ type: 'reply', data: { done: 4 } }])
  })
})
