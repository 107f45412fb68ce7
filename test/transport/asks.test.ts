import { AskTimeoutError, definePool, localTransport, type Message, type Transport } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { asked, clerk, heard, unknown, visitor } from '../support/desk.ts'
import { dogAgent, inputAdded, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

/** A transport, and every message of an ask that was sent on it. */
function watched(transport: Transport) {
  const sent: { readonly to: string; readonly message: Message }[] = []
  const send: Transport['send'] = (to, message, undelivered) => {
    if (message.type !== 'overheard' && message.type !== 'mark') sent.push({ to, message })
    // What JSON cannot carry as it is would differ.
    expect(JSON.parse(JSON.stringify(message))).toEqual(message)
    transport.send(to, message, undelivered)
  }
  return { sent, transport: { ...transport, send } }
}

const kinds = [
  { kind: 'at once', open: localTransport },
  { kind: 'through message channels', open: channelTransport },
]

describe.each(kinds)('an ask between partitions that send messages $kind', ({ open }) => {
  it.each([
    ['gets the reply', 'roll', 'runtime/dog', 'roll'],
    ['gets the reply of whoever hears the request', 'roll', undefined, 'roll'],
    ['gets a typed failure when the callee crashes on it', 'boom', 'runtime/dog', 'ASK_FAILED'],
    ['gets a typed failure when nobody is there', 'roll', 'runtime/cat', 'NO_ADDRESS'],
    ['gets a typed failure when there is no such party', 'roll', 'party/p9/dog', 'NO_ADDRESS'],
    ['gets the first of two replies', 'twice', 'runtime/dog', 'once'],
  ])('of a party to an agent outside always ends: it %s', async (_, name, to, told) => {
    const { transport, sent } = watched(open())
    const { runtime } = await startRuntime({ party: petsParty(trainerAgent(to)), agents: [dogAgent()], transport })
    const party = await runtime.parties.create({ id: 'p1', inputs: [name] })
    await party.idle()
    expect(party.state.said).toEqual([told])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
    expect(sent[0]).toMatchObject({ message: { type: 'ask', from: 'party/p1', request: 'pets.trick', data: { name } } })
  })

  it('of an agent outside to an agent of a party gets the reply', async () => {
    const { transport, sent } = watched(open())
    const agents = [trainerAgent('party/p1/dog')]
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents, transport })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(inputAdded({ inputId: 'i1', content: 'roll' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'pets.told' })).toMatchObject([{ data: { what: 'roll' } }])
    expect(sent.map(({ to, message: { type } }) => [to, type])).toEqual([
      ['party/p1', 'ask'],
      ['runtime', 'reply'],
    ])
  })

  it('gets the refusal of the callee with its class and its fields', async () => {
    const { runtime } = await startRuntime({ party: petsParty(visitor()), agents: [clerk()], transport: open() })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(asked({ id: 'nobody' }), { party: 'p1' })
    await runtime.idle()
    const refused = { code: 'ASK_REFUSED_BY_CALLEE', to: 'runtime/clerk', refusal: unknown('nobody') }
    expect(runtime.bus.history({ type: heard.type })).toMatchObject([{ data: { what: refused } }])
  })

  it('reaches a member of a pool, and a handler', async () => {
    const { runtime } = await startRuntime({ party: petsParty(trainerAgent('runtime/dogs')), transport: open() })
    await runtime.spawn(definePool({ name: 'dogs', agent: dogAgent(), size: 2 }))
    const party = await runtime.parties.create({ id: 'p1', inputs: ['roll', 'sit'] })
    await party.idle()
    expect(party.state.said).toEqual(['roll', 'sit'])
    await runtime.pool('dogs').stop()
    runtime.handle(trick, async ({ name }) => ({ done: `${name}!` }), { name: 'dogs' })
    await party.addInput('beg')
    await party.idle()
    expect(party.state.said).toEqual(['roll', 'sit', 'beg!'])
  })

  it('ends at its deadline, and the late reply is a dead letter where the callee is', async () => {
    const party = petsParty(trainerAgent('runtime/dog'))
    const { runtime, clock } = await startRuntime({ party, agents: [dogAgent()], transport: open() })
    const { state, idle } = bound(await runtime.parties.create({ inputs: ['later'] }))
    const resting = idle()
    await settle()
    expect(runtime.bus.metrics().handled).toBeGreaterThanOrEqual(2)
    clock.advance(2_000)
    await resting
    expect(state().said).toEqual(['ASK_TIMEOUT'])
    await turn()
    clock.advance(5_000)
    await runtime.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'stale' })).toMatchObject([
      { partition: 'runtime', envelope: { type: 'pets.trick.reply' } },
    ])
  })

  it('aborts the signal of a handler when its asker no longer waits', async () => {
    const party = petsParty(trainerAgent('runtime/dog'))
    const { runtime, clock } = await startRuntime({ party, transport: open() })
    const reasons: unknown[] = []
    let isAsked = false
    runtime.handle(
      trick,
      (_, { signal }) =>
        new Promise((_resolve, fail) => {
          isAsked = true
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason)
            fail(new Error('given up'))
          })
        }),
      { name: 'dog' },
    )
    const { idle } = bound(await runtime.parties.create({ inputs: ['sit'] }))
    const resting = idle()
    await settle()
    expect(isAsked).toBe(true)
    clock.advance(2_000)
    await resting
    await settle()
    expect(reasons).toEqual([expect.any(AskTimeoutError)])
  })

  it('fails with the reason when its callee stops meanwhile', async () => {
    const party = petsParty(trainerAgent('runtime/dog'))
    const { runtime } = await startRuntime({ party, agents: [dogAgent()], transport: open() })
    const { state, idle } = bound(await runtime.parties.create({ inputs: ['silence'] }))
    await settle()
    expect(runtime.bus.metrics().handled).toBeGreaterThanOrEqual(2)
    await runtime.agent('dog').stop()
    await idle()
    expect(state().said).toEqual(['ASK_STOPPED'])
  })
})

/** A party, to be looked at while it works. */
function bound<S, I>(party: { readonly state: S; idle(): Promise<I> }) {
  return { state: () => party.state, idle: () => party.idle() }
}

describe('an ask whose messages are lost', () => {
  it.each([
    ['the request', 'ask'],
    ['the answer', 'reply'],
  ])('ends at its deadline: %s', async (_, lost) => {
    const party = petsParty(trainerAgent('runtime/dog'))
    let losses = 0
    const lose = (_to: string, { type }: Message) => type === lost && ++losses > 0
    const transport = channelTransport({ lose })
    const { runtime, clock } = await startRuntime({ party, agents: [dogAgent()], transport })
    const { state, idle } = bound(await runtime.parties.create({ inputs: ['roll'] }))
    const resting = idle()
    await settle()
    expect(losses).toBeGreaterThan(0)
    clock.advance(2_000)
    await resting
    expect(state().said).toEqual(['ASK_TIMEOUT'])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('leaves nothing behind at the callee when the word that nobody waits any more is lost', async () => {
    const party = petsParty(trainerAgent('runtime/dog'))
    const transport = channelTransport({ lose: (_to, { type }) => type === 'cancel' })
    const { runtime, clock } = await startRuntime({ party, agents: [dogAgent()], transport })
    const { state, idle } = bound(await runtime.parties.create({ inputs: ['later'] }))
    const resting = idle()
    await settle()
    expect(runtime.bus.metrics().handled).toBeGreaterThanOrEqual(2)
    clock.advance(2_000)
    await resting
    expect(state().said).toEqual(['ASK_TIMEOUT'])
    clock.advance(5_000)
    await runtime.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'stale' })).toHaveLength(1)
  })

  it('fails at once when the transport cannot carry them', async () => {
    const party = petsParty(trainerAgent('runtime/dog'))
    const broken: Transport = {
      ...localTransport(),
      send() {
        throw new Error('the line is cut')
      },
    }
    const { runtime } = await startRuntime({ party, agents: [dogAgent()], transport: broken })
    const { state, idle } = bound(await runtime.parties.create({ inputs: ['roll'] }))
    await idle()
    expect(state().said).toEqual(['TRANSPORT'])
  })
})

describe('a partition that another program has', () => {
  it('is asked from outside by messages alone', async () => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ transport })
    transport.open('party/far', message => {
      if (message.type !== 'ask') return
      const { from, ask, to = '' } = message
      transport.send(from, { type: 'reply', ask, source: to, data: { done: 'far away' } }, () => {})
    })
    expect(await runtime.ask('party/far/dog', trick, { name: 'roll' })).toEqual({ done: 'far away' })
    await expect(runtime.ask('party/nowhere/dog', trick, { name: 'roll' })).rejects.toMatchObject({
      code: 'NO_ADDRESS',
    })
  })

  it('answers a request once: a second answer, and one to no request, are dead letters', async () => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ transport })
    const reply = (ask: string, done: string) =>
      transport.send('runtime', { type: 'reply', ask, source: 'party/far/dog', data: { done } }, () => {})
    transport.open('party/far', message => {
      if (message.type !== 'ask') return
      reply(message.ask, 'first')
      reply(message.ask, 'second')
    })
    expect(await runtime.ask('party/far/dog', trick, { name: 'roll' })).toEqual({ done: 'first' })
    reply('outside/nobody', 'third')
    const stale = runtime.bus.deadLetters.list({ reason: 'stale' })
    expect(stale.map(({ envelope: { data } }) => data)).toEqual([{ done: 'second' }, { done: 'third' }])
  })

  it('asks agents here, and asks nobody twice with one message that comes twice', async () => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ agents: [dogAgent()], transport })
    const arrived: Message[] = []
    transport.open('party/far', message => arrived.push(message))
    const origin = { correlationid: 'c1' }
    const about = { from: 'party/far', source: 'party/far/trainer', origin, behalf: [], request: 'pets.trick' }
    const ask: Message = {
      ...about,
      type: 'ask',
      ask: 'party/far/trainer/1',
      to: 'runtime/dog',
      data: { name: 'roll' },
    }
    transport.send('runtime', ask, () => {})
    transport.send('runtime', ask, () => {})
    await settle()
    expect(arrived.length).toBeGreaterThan(0)
    await runtime.idle()
    expect(arrived).toEqual([
      { type: 'reply', ask: 'party/far/trainer/1', source: 'runtime/dog', data: { done: 'roll' } },
    ])
  })

  it('is told of a message of an unknown type in an error', async () => {
    const transport = localTransport()
    const { runtime } = await startRuntime({ transport })
    const unknown: unknown = { type: 'greeting' }
    transport.send('runtime', unknown as Message, () => {})
    expect(runtime.bus.history({ type: 'system.error' })).toMatchObject([{ data: { code: 'MESSAGE_UNKNOWN' } }])
  })
})
