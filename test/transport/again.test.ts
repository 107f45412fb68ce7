import {
  agentTypes,
  ask,
  defineAgent,
  defineRequest,
  type Journal,
  localTransport,
  type Message,
  memoryJournal,
  type Transport,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { owners } from '../support/owners.ts'
import { command, dogAgent, parrotAgent, petsParty, trick, urgent } from '../support/pets.ts'
import { createProgram, type Ending } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const never: Ending = () => undefined
const rest = command({ word: 'rest' })
const up = urgent({ word: 'up' })
const nobody = () => {}
const toRuntime = {
  type: 'ask',
  from: 'party/far',
  ask: 'party/far/trainer@1/ask',
  request: 'pets.trick',
  data: { name: 'roll' },
  source: 'party/far/trainer',
  origin: { correlationid: 'c1' },
  behalf: [],
  wait: 60_000,
} as const
const toDog = { ...toRuntime, to: 'runtime/dog' } as const

/** A journal that makes some reads of the agents outside the parties wait. */
function gated() {
  const inner = memoryJournal()
  let waits = 0
  let gate = Promise.withResolvers<void>()
  /** The next reads wait until the returned function is called. */
  const hold = (reads: number) => {
    waits = reads
    gate = Promise.withResolvers()
    return () => gate.resolve()
  }
  const saved: Journal['saved'] = async partition => {
    if (partition === 'runtime' && waits-- > 0) await gate.promise
    return inner.saved(partition)
  }
  return { journal: { ...inner, saved }, hold }
}

/** The messages that the partition of the asker, in another program, gets. */
function farOff(transport: Transport): readonly Message[] {
  const arrived: Message[] = []
  transport.open('party/far', message => arrived.push(message))
  return arrived
}

/** A runtime that has released the agents outside the parties, and takes them back. It stops before it has read them. */
async function comingBack(request?: Message) {
  const transport = localTransport()
  const arrived = farOff(transport)
  const { journal: inner, hold } = gated()
  const { start, journal } = owners(inner)
  const options = { party: petsParty(), agents: [dogAgent()], journal, transport }
  const runtime = await start('one', options)
  if (request) {
    await runtime.bus.publish(rest)
    transport.send('runtime', request, nobody)
    await settle()
  }
  await runtime.ownership.release('runtime')
  const read = hold(1)
  const claimed = runtime.ownership.claim('runtime')
  await settle()
  const replies = () => arrived.filter(({ type }) => type === 'reply')
  return { runtime, transport, replies, read, claimed }
}

describe('an ask that another process has made', () => {
  it('finds an agent outside the parties that is restored after it has arrived', async () => {
    const { transport, replies, read, claimed } = await comingBack()
    transport.send('runtime', { ...toDog, again: { isUnread: true } }, nobody)
    await settle()
    read()
    await claimed
    await settle()
    expect(replies()).toMatchObject([{ data: { done: 'roll' } }])
  })

  it('is answered once by an agent that is restored with the request after it has arrived', async () => {
    const { runtime, transport, replies, read, claimed } = await comingBack(toDog)
    transport.send('runtime', { ...toDog, again: { isUnread: true } }, nobody)
    await settle()
    read()
    await claimed
    await runtime.bus.publish(up)
    await settle()
    expect(replies().length).toBeGreaterThan(0)
    await runtime.spawn(parrotAgent())
    await settle()
    expect(replies()).toHaveLength(1)
  })

  it('fails with the reason when the party of a callee that is not there yet leaves the runtime', async () => {
    const transport = localTransport()
    const arrived = farOff(transport)
    const { start, journal } = owners()
    const runtime = await start('one', { party: petsParty(), events: [trick], journal, transport })
    await runtime.parties.create({ id: 'p1' })
    transport.send('party/p1', { ...toRuntime, to: 'party/p1/dog', again: {} }, nobody)
    await runtime.ownership.release('party/p1')
    await settle()
    expect(arrived).toMatchObject([{ type: 'failure', error: { code: 'OWNERSHIP_LOST' } }])
  })

  it('calls a function once, although the process of its asker has ended twice', async () => {
    const transport = localTransport()
    farOff(transport)
    const { runtime } = await startRuntime({ party: petsParty(), events: [trick], transport })
    for (let n = 0; n < 2; n++) transport.send('runtime', { ...toRuntime, again: {} }, nobody)
    const asked: string[] = []
    runtime.handle(trick, ({ name }) => {
      asked.push(name)
      return { done: name }
    })
    await settle()
    expect(asked).toEqual(['roll'])
  })

  it('calls a function once, although it arrives twice while the journal is read', async () => {
    const transport = localTransport()
    farOff(transport)
    const { journal, hold } = gated()
    const { runtime } = await startRuntime({ party: petsParty(), events: [trick], transport, journal })
    const asked: string[] = []
    runtime.handle(trick, ({ name }) => {
      asked.push(name)
      return { done: name }
    })
    const read = hold(2)
    for (let n = 0; n < 2; n++) transport.send('runtime', { ...toRuntime, again: { isUnread: true } }, nobody)
    await settle()
    read()
    await settle()
    expect(asked).toEqual(['roll'])
  })

  it('keeps the agents outside the parties from being idle while the journal is read', async () => {
    const transport = localTransport()
    const arrived = farOff(transport)
    const { journal, hold } = gated()
    const { runtime } = await startRuntime({ party: petsParty(), agents: [dogAgent()], transport, journal })
    const read = hold(1)
    transport.send('runtime', { ...toDog, again: { isUnread: true } }, nobody)
    const idle = runtime.idle()
    await settle()
    read()
    await idle
    expect(arrived).toMatchObject([{ type: 'reply' }])
  })

  it('reaches nobody if its asker gives it up while the journal is read', async () => {
    const transport = localTransport()
    const arrived = farOff(transport)
    const { journal, hold } = gated()
    await startRuntime({ party: petsParty(), agents: [dogAgent()], transport, journal })
    const read = hold(1)
    transport.send('runtime', { ...toDog, again: { isUnread: true } }, nobody)
    transport.send('runtime', { type: 'cancel', ask: toDog.ask }, nobody)
    await settle()
    read()
    await settle()
    expect(arrived).toEqual([])
  })
})

const fetch = defineRequest('pets.fetch', {
  input: z.object({}),
  output: z.object({ what: z.string() }),
  safe: true,
})

/** Asks a dog of another program, and asks it once more if that fails. */
const stubborn = defineAgent({
  name: 'stubborn',
  hears: [],
  says: [],
  machine: setup({
    types: agentTypes({ context: {}, hears: [], says: [] }),
    actors: { fetch: ask(fetch, { to: 'party/far/dog', deadline: 60_000, retries: 1 }) },
  }).createMachine({ context: {}, invoke: { id: 'fetch', src: 'fetch', input: {} } }),
})

it('an ask of another process is new to its callee when it is retried', async () => {
  const party = petsParty(stubborn)
  const program = createProgram()
  const before = localTransport()
  farOff(before)
  await program.until(never, { party, transport: before }, async runtime => {
    await runtime.parties.create({ id: 'p1' })
    await settle()
  })
  const transport = localTransport()
  const arrived = farOff(transport)
  await program.start({ party, transport })
  await settle()
  expect(arrived.length).toBeGreaterThan(0)
  const [first] = arrived
  expect(first).toMatchObject({ type: 'ask', again: { isUnread: true } })
  if (first?.type !== 'ask') return
  const fields = { type: first.request, to: 'party/far/dog', why: 'it crashed' }
  const error = { code: 'ASK_FAILED', message: 'It crashed.', fields }
  transport.send('party/p1', { type: 'failure', ask: first.ask, error }, nobody)
  await settle()
  program.clock.advance(1_000)
  await settle()
  expect(arrived[1]).toMatchObject({ type: 'ask', again: {} })
  expect(arrived[1]).not.toMatchObject({ again: { isUnread: true } })
})
