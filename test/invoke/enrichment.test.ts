import {
  agentTypes,
  defineAgent,
  defineEvent,
  type EffectFunction,
  type Enrichment,
  effect,
  effectCompleted,
  effectStarted,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { command, petsParty, told } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

/** An agent that searches for every word it is told, and tells what it found. */
const searcher = (search: EffectFunction<string, string>, enrich?: Enrichment<string, string>) =>
  defineAgent({
    name: 'searcher',
    hears: [command],
    says: [told],
    machine: setup({
      types: agentTypes({ context: {}, hears: [command], says: [told] }),
      actors: { search: effect('search', search, enrich ? { enrich } : {}) },
      actions: { tell: emit((_, what: string) => told({ what })) },
    }).createMachine({
      initial: 'idle',
      states: {
        idle: { on: { 'pets.command': 'searching' } },
        searching: {
          tags: 'busy',
          invoke: {
            id: 'search',
            src: 'search',
            input: ({ event }) => command.schema.parse('data' in event ? event.data : undefined).word,
            onDone: { target: 'idle', actions: { type: 'tell', params: ({ event }) => event.output } },
            onError: { target: 'idle', actions: { type: 'tell', params: 'nothing' } },
          },
        },
      },
    }),
  })

/** A party with a searcher, somebody who listens to its effects and to errors, and a word for it. */
async function startSearch(...agent: Parameters<typeof searcher>) {
  const { runtime, clock } = await startRuntime({ party: petsParty(searcher(...agent)) })
  const party = await runtime.parties.create({ id: 'p1' })
  const events: { readonly type: string; readonly data: unknown }[] = []
  const listen = (pattern = 'effect.*') =>
    void runtime.bus.subscribe(pattern, ({ type, data }) => void events.push({ type, data }))
  const errors: unknown[] = []
  runtime.bus.errors(({ data: { severity, code, address } }) => void errors.push({ severity, code, address }))
  const say = () => runtime.bus.publish(command({ word: 'secret' }), { party: 'p1' })
  return { runtime, clock, party, events, listen, errors, say }
}

const find = (word: string) => `hidden ${word}`

const started = { key: expect.any(String), name: 'search', address: 'party/p1/searcher', attempt: 1, tags: {} }
const completed = { key: expect.any(String), name: 'search', address: 'party/p1/searcher', success: true, tags: {} }

describe('an effect', () => {
  it('is told when it starts and when it has ended, under one key, by the clock of the runtime', async () => {
    const answer = Promise.withResolvers<string>()
    const { clock, party, events, listen, say } = await startSearch(() => answer.promise)
    listen()
    await say()
    await settle()
    expect(events).toHaveLength(1)
    clock.advance(250)
    answer.resolve('found')
    await party.idle()
    expect(events).toStrictEqual([
      { type: 'effect.started', data: started },
      { type: 'effect.completed', data: { ...completed, durationMs: 250 } },
    ])
    expect(new Set(events.map(({ data }) => effectKey(data))).size).toBe(1)
  })

  it('is told with its error when it fails', async () => {
    const { party, events, listen, say } = await startSearch(() => {
      throw new Error('no map')
    })
    listen(effectCompleted.type)
    await say()
    await party.idle()
    const data = { ...completed, success: false, error: 'no map', durationMs: 0 }
    expect(events).toStrictEqual([{ type: 'effect.completed', data }])
  })

  it('is told to those who listen alone: no journal and no history holds it, nor what goes in and out', async () => {
    const { runtime, party, events, listen, say } = await startSearch(find)
    listen()
    await say()
    await party.idle()
    expect(events).toHaveLength(2)
    expect(JSON.stringify(events)).not.toContain('secret')
    expect(runtime.bus.history({ type: 'effect.*' })).toEqual([])
    expect(party.state.said).toEqual(['hidden secret'])
  })
})

describe('an effect that is enriched', () => {
  it('adds tags and data to its events, from its input and its outcome', async () => {
    const { party, events, listen, say } = await startSearch(find, {
      tagsBefore: input => ({ letters: input.length, isShort: true }),
      tagsAfter: outcome => ({ isShort: outcome.ok && outcome.output.length < 10 }),
      started: ({ name, attempt }, input) => ({ title: `${name} ${attempt}`, hint: [input[0]], rest: undefined }),
      completed: ({ success, tags }, outcome) => ({ success, tags, output: outcome.ok ? outcome.output : null }),
    })
    listen()
    await say()
    await party.idle()
    const before = { letters: 6, isShort: true }
    const after = { letters: 6, isShort: false }
    expect(events).toStrictEqual([
      { type: 'effect.started', data: { ...started, tags: before, data: { title: 'search 1', hint: ['s'] } } },
      {
        type: 'effect.completed',
        data: {
          ...completed,
          durationMs: 0,
          tags: after,
          data: { success: true, tags: after, output: 'hidden secret' },
        },
      },
    ])
  })

  it.each([
    ['nobody listens', undefined, []],
    ['somebody listens to the start', effectStarted.type, ['tagsBefore', 'started']],
    ['somebody listens to the end', effectCompleted.type, ['tagsBefore', 'tagsAfter', 'completed']],
    ['somebody listens to both', 'effect.*', ['tagsBefore', 'started', 'tagsAfter', 'completed']],
  ])('has its hooks called only as far as it matters: when %s', async (_, pattern, expected) => {
    const called: string[] = []
    const note = (hook: string) => () => void called.push(hook)
    const { party, listen, say } = await startSearch(find, {
      tagsBefore: note('tagsBefore'),
      tagsAfter: note('tagsAfter'),
      started: note('started'),
      completed: note('completed'),
    })
    if (pattern !== undefined) listen(pattern)
    await say()
    await party.idle()
    expect(called).toEqual(expected)
  })

  const circle: Record<string, unknown> = {}
  circle['circle'] = circle

  it.each<[string, () => never]>([
    ['throws', () => fail(new Error('oops'))],
    ['throws nothing', () => fail(undefined)],
    ['gives a date', () => given({ at: new Date(0) })],
    ['gives no number', () => given({ cost: Number.NaN })],
    ['gives a list', () => given(['a'])],
    ['gives a text', () => given('a')],
    ['gives itself', () => given(circle)],
    ['gives a promise that rejects', () => given(Promise.reject(new Error('later')))],
  ])('is told all the same, without what a hook adds that %s', async (_, hook) => {
    const hooks = ['tagsBefore', 'tagsAfter', 'started', 'completed'] as const
    for (const broken of hooks) {
      const { party, events, listen, errors, say } = await startSearch(find, {
        tagsBefore: () => ({ before: 1 }),
        tagsAfter: () => ({ after: 2 }),
        started: () => ({ is: 'started' }),
        completed: () => ({ is: 'completed' }),
        [broken]: hook,
      })
      listen()
      await say()
      await party.idle()
      const tagsBefore = broken === 'tagsBefore' ? {} : { before: 1 }
      const tagsAfter = broken === 'tagsAfter' ? tagsBefore : { ...tagsBefore, after: 2 }
      expect(events.map(({ data }) => data)).toStrictEqual([
        { ...started, tags: tagsBefore, ...(broken !== 'started' && { data: { is: 'started' } }) },
        { ...completed, durationMs: 0, tags: tagsAfter, ...(broken !== 'completed' && { data: { is: 'completed' } }) },
      ])
      expect(errors).toEqual([{ severity: 'warning', code: 'ENRICH_FAILED', address: 'party/p1/searcher' }])
      expect(party.state.said).toEqual(['hidden secret'])
    }
  })
})

const effectKey = (data: unknown) => effectStarted.schema.pick({ key: true }).parse(data).key

function fail(error: unknown): never {
  throw error
}

/** What no hook may give by its types. */
const given = (value: unknown) => value as never

it('a hook that changes the output of an effect does not change it for the agent', async () => {
  const go = defineEvent('x.go', z.object({}))
  const listed = defineEvent('x.listed', z.object({ list: z.array(z.string()) }))
  const agent = defineAgent({
    name: 'worker',
    hears: [go],
    says: [listed],
    machine: setup({
      types: agentTypes({ context: {}, hears: [go], says: [listed] }),
      actors: {
        work: effect('work', async (_: string) => ({ list: ['a'] }), {
          enrich: {
            tagsAfter: outcome => {
              if (outcome.ok) outcome.output.list.push('b')
              return {}
            },
          },
        }),
      },
    }).createMachine({
      context: {},
      initial: 'idle',
      states: {
        idle: { on: { 'x.go': 'working' } },
        working: {
          invoke: {
            id: 'work',
            src: 'work',
            input: '',
            onDone: { target: 'idle', actions: emit(({ event }) => listed(event.output)) },
          },
        },
      },
    }),
  })
  const { runtime } = await startRuntime({ agents: [agent] })
  const seen: unknown[] = []
  runtime.bus.subscribe(listed, ({ data }) => void seen.push(data.list))
  runtime.bus.subscribe('effect.completed', () => {})
  await runtime.bus.publish(go({}))
  await runtime.idle()
  expect(seen).toEqual([['a']])
})
