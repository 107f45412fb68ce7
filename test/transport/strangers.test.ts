import { localTransport, type Message } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, dogAgent, parrotAgent, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

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
})
