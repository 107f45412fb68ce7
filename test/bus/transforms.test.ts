import {
  agentTypes,
  defineAgent,
  defineEvent,
  defineTransform,
  type Entry,
  memoryJournal,
  type Transform,
  TransformError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { barked, command, dogAgent, glance, inputAdded, petsParty, urgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const start = async (...transforms: readonly Transform[]) => {
  const journal = memoryJournal()
  const { runtime } = await startRuntime({ party: petsParty(dogAgent()), transforms, journal })
  const party = await runtime.parties.create({ id: 'p1' })
  const heard: string[] = []
  runtime.bus.subscribe('pets.*', ({ type, data }) => {
    if (typeof data === 'object' && data !== null && 'word' in data) heard.push(`${type.slice(5)} ${data.word}`)
  })
  const say = async (word: string) => {
    const envelope = await runtime.bus.publish(command({ word }), { party: 'p1' })
    await runtime.idle()
    return envelope
  }
  const entries = async () => {
    const found: Entry[] = []
    for await (const frame of journal.read('party/p1')) found.push(...frame.entries)
    return found
  }
  return { runtime, party, heard, say, entries }
}

describe('a transform', () => {
  it('may map an event to another', async () => {
    const shout = defineTransform({ name: 'shout', on: command, map: ({ data }) => urgent({ word: `${data.word}!` }) })
    const { heard, say } = await start(shout)
    await say('sit')
    expect(heard).toEqual(['urgent sit!'])
  })

  it('may enrich a payload, and fields that the schema does not know are removed', async () => {
    const named = defineTransform({
      name: 'named',
      on: command,
      enrich: ({ data }) => ({ word: `dear ${data.word}`, x: 1 }),
    })
    const { heard, say } = await start(named)
    expect((await say('dog')).data).toEqual({ word: 'dear dog' })
    expect(heard).toEqual(['command dear dog', 'barked dear dog'])
  })

  it('may filter events out; the journal says so', async () => {
    const polite = defineTransform({ name: 'polite', on: command, filter: ({ data }) => data.word !== 'bad' })
    const { runtime, heard, say, entries } = await start(polite)
    const filtered = await say('bad')
    await say('good')
    expect(heard).toEqual(['command good', 'barked good'])
    const records = (await entries()).filter(({ kind }) => kind === 'transformed')
    expect(records).toMatchObject([
      { id: filtered.id, type: 'pets.command', by: ['polite'], into: 0 },
      { type: 'pets.command', by: ['polite'], into: 1 },
    ])
    expect(runtime.bus.metrics().transforms).toEqual({ polite: { applied: 2, filtered: 1, failed: 0 } })
  })

  it('may split one event into several, in one frame, all caused by it', async () => {
    const words = defineTransform({
      name: 'words',
      on: command,
      split: ({ data }) => data.word.split(' ').map(word => command({ word })),
    })
    const { runtime, heard, say } = await start(words)
    await say('sit and stay')
    expect(heard.filter(one => one.startsWith('command'))).toEqual(['command sit', 'command and', 'command stay'])
    const [one, two] = runtime.bus.history({ type: 'pets.command' })
    expect(one?.causationid).toBeDefined()
    expect(one?.causationid).toBe(two?.causationid)
    expect(one?.correlationid).toBe(two?.correlationid)
  })

  it('may route an event to one agent', async () => {
    const toDog = defineTransform({ name: 'to-dog', on: command, route: () => ({ to: 'dog' }) })
    const { say } = await start(toDog)
    expect((await say('sit')).to).toBe('party/p1/dog')
  })

  it('may route an event of a party by its payload', async () => {
    const byWord = defineTransform({ name: 'by-word', on: command, route: ({ data }) => ({ party: data.word }) })
    const { runtime } = await start(byWord)
    const { party, source } = await runtime.bus.publish(command({ word: 'p1' }), { source: 'sorter' })
    expect({ party, source }).toEqual({ party: 'p1', source: 'sorter' })
    await expect(runtime.bus.publish(command({ word: 'nowhere' }))).rejects.toMatchObject({
      code: 'TRANSFORM_FAILED',
      cause: { code: 'NO_ADDRESS' },
    })
  })

  it('is applied to events that agents say, before they are journalled', async () => {
    const quiet = defineTransform({ name: 'quiet', on: barked, filter: ({ data }) => data.word !== 'hush' })
    const soft = defineTransform({
      name: 'soft',
      on: barked,
      enrich: ({ data }, { source }) => ({ word: `${source} ${data.word}` }),
    })
    const { party, heard, say, entries } = await start(quiet, soft)
    await say('hush')
    await say('sit')
    expect(party.state.barks).toBe(1)
    expect(heard).toEqual(['command hush', 'command sit', 'barked party/p1/dog sit'])
    const records = (await entries()).filter(({ kind }) => kind === 'transformed')
    expect(records).toMatchObject([
      { by: ['quiet'], into: 0 },
      { by: ['quiet', 'soft'], into: 1 },
    ])
  })

  it('gets the output of the transforms before it, in the order in which the runtime got them', async () => {
    const add = (letter: string) =>
      defineTransform({
        name: letter,
        on: 'pets.*',
        map: ({ type, data }) => ({ type, data: withLetter(data, letter) }),
      })
    const { heard, say } = await start(add('x'), add('y'))
    await say('a')
    expect(heard[0]).toBe('command axy')
  })

  it('is not applied again by a replay, which shows its output', async () => {
    let count = 0
    const counted = defineTransform({
      name: 'counted',
      on: command,
      enrich: ({ data }) => ({ word: `${data.word}${++count}` }),
    })
    const { runtime, say } = await start(counted)
    await say('a')
    const words: string[] = []
    await runtime.bus.replay({ type: command, party: 'p1' }, ({ data }) => void words.push(data.word))
    expect({ words, count }).toEqual({ words: ['a1'], count: 1 })
  })

  it('is applied to inputs, and its output is the input', async () => {
    const trim = defineTransform({
      name: 'trim',
      on: inputAdded,
      enrich: ({ data }) => ({ content: data.content.trim() }),
    })
    const { party } = await start(trim)
    expect((await party.addInput('  ball ')).content).toBe('ball')
    const [bone] = await party.update({ add: [' bone '] })
    expect(party.state.inputs.get(`${bone?.inputId}`)?.content).toBe('bone')
  })

  it('leaves no entry in the journal for events that are not journalled', async () => {
    const context: { readonly nothing: null } = { nothing: null }
    const watcher = defineAgent({
      name: 'watcher',
      hears: [command],
      says: [glance],
      machine: setup({ types: agentTypes({ context, hears: [command], says: [glance] }) }).createMachine({
        context,
        on: { 'pets.command': { actions: emit(({ event }) => glance({ at: event.data.word })) } },
      }),
    })
    const journal = memoryJournal()
    const far = defineTransform({ name: 'far', on: glance, enrich: ({ data }) => ({ at: `far ${data.at}` }) })
    const { runtime } = await startRuntime({ agents: [watcher], transforms: [far], journal })
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'pets.glance' })).toMatchObject([{ data: { at: 'far sit' } }])
    const kinds: string[] = []
    for await (const { entries } of journal.read('runtime')) kinds.push(...entries.map(({ kind }) => kind))
    expect(kinds).not.toContain('transformed')
  })

  const broken = [
    ['that throws', { map: () => raise() }],
    ['that gives an invalid payload', { enrich: () => ({ word: 7 }) }],
    ['that gives an undeclared event', { map: () => ({ type: 'pets.unheard' }) }],
    ['that routes to an unknown agent', { route: () => ({ to: 'cat' }) }],
  ] as const

  it.each(broken)('%s refuses an event that is published from outside, with an error of its own', async (_, work) => {
    const { runtime, heard, say } = await start(defineTransform({ name: 'broken', on: command, ...work }))
    const error = await say('sit').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransformError)
    expect(error).toMatchObject({ code: 'TRANSFORM_FAILED', transform: 'broken', type: 'pets.command' })
    expect(heard).toEqual([])
    const { offered, accepted, rejected } = runtime.bus.metrics()
    expect({ rejected, isBalanced: offered === accepted + rejected }).toEqual({ rejected: 1, isBalanced: true })
  })

  it.each(broken)('%s fails the step of the agent that says it, before its frame', async (_, work) => {
    const { runtime, party, say } = await start(defineTransform({ name: 'broken', on: barked, ...work }))
    await say('sit')
    expect(party.state.barks).toBe(0)
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', envelope: { type: 'pets.command' } }])
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { handled: 'pets.command', error: expect.stringContaining('"') } },
    ])
  })

  it('knows the payload of its event', () => {
    const numbered = defineEvent('pets.numbered', z.object({ n: z.int() }))
    const next = defineTransform({ name: 'next', on: numbered, enrich: ({ data }) => ({ n: data.n + 1 }) })
    expect(next.types).toEqual(['pets.numbered'])
    expect(() => defineTransform({ name: 'none', on: 'no.*.pattern', filter: () => true })).toThrow('is no pattern')
  })
})

function raise(): never {
  throw new Error('boom')
}

function withLetter(data: unknown, letter: string): unknown {
  if (typeof data !== 'object' || data === null || !('word' in data)) return data
  return { ...data, word: `${data.word}${letter}` }
}
