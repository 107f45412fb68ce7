import fc from 'fast-check'
import {
  defineEvent,
  defineParty,
  defineTransform,
  type Entry,
  type Envelope,
  IllegalPatternError,
  type Journal,
  PersistOptionsError,
  type PersistRule,
  PersistRuleError,
  PriorityError,
  persistBy,
  StateEventError,
  StateKeyError,
  systemError,
  type Transform,
} from 'troupe'
import { importantEvents, platformEvents } from 'troupe/events'
import { heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  barked,
  command,
  dogAgent,
  glance,
  hoseAgent,
  inputAdded,
  inputRemoved,
  petsParty,
  spray,
  trainerAgent,
  trick,
  urgent,
} from '../support/pets.ts'
import { settle, startRuntime, suiteJournal } from '../support/runtime.ts'

interface Given {
  readonly agents?: Parameters<typeof petsParty>
  readonly transforms?: readonly Transform[]
}

/** A party with a dog under a rule, and what its journal holds. */
async function started(persist: PersistRule, { agents = [dogAgent()], transforms = [] }: Given = {}) {
  const journal = suiteJournal()
  const { runtime, clock } = await startRuntime({ party: petsParty(...agents), persist, transforms, journal })
  const party = await runtime.parties.create({ id: 'p1' })
  const say = (word: string, options = {}) => runtime.bus.publish(command({ word }), { party: 'p1', ...options })
  const entries = () => entriesOf(journal, 'party/p1')
  const events = async () => (await eventsOf(journal, 'party/p1')).map(one => `${one.type} ${wordOf(one)}`)
  return { runtime, clock, party, say, entries, events }
}

async function entriesOf(journal: Journal, partition: string): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for await (const { entries } of journal.read(partition)) found.push(...entries)
  return found
}

async function eventsOf(journal: Journal, partition: string): Promise<readonly Envelope[]> {
  return (await entriesOf(journal, partition)).flatMap(one => (one.kind === 'event' ? [one.envelope] : []))
}

const wordOf = ({ data }: Envelope) => (typeof data === 'object' && data !== null && 'word' in data ? data.word : '')

/** Journals what `keep` is in the word of. */
const byWord: PersistRule = ({ data }) => JSON.stringify(data).includes('keep')

describe('a rule about what is journalled', () => {
  it('may go by types and groups of types', async () => {
    const { runtime, party, say, events } = await started(persistBy({ types: ['pets.command', 'pets.barked.*'] }))
    await say('sit')
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
    expect(await events()).toEqual(['pets.command sit', 'pets.barked sit'])
  })

  it('may go by priority, also by that which an event is published with', async () => {
    const { runtime, party, say, events } = await started(persistBy({ priority: 3 }))
    await say('normal')
    await say('now', { priority: 3 })
    await say('later', { priority: 4 })
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await runtime.bus.publish(urgent({ word: 'easy' }), { party: 'p1', priority: 9 })
    await party.idle()
    expect((await events()).filter(one => !one.startsWith(barked.type))).toEqual(['pets.command now', 'pets.urgent up'])
  })

  it('may be any function, which sees who says what, where, and with which tags', async () => {
    const seen: unknown[] = []
    const rule: PersistRule = ({ type, source, party, tags, priority }) => {
      seen.push({ type, source, party, tags, priority })
      return false
    }
    const { runtime, party } = await started(rule, { agents: [hoseAgent()] })
    await runtime.bus.publish(command({ word: 'sit' }), { source: 'ada', tags: ['loud'], priority: 2 })
    await runtime.bus.publish(spray({ from: 0, count: 1 }), { party: 'p1' })
    await party.idle()
    expect(seen).toEqual([
      { type: 'pets.command', source: 'ada', party: undefined, tags: ['loud'], priority: 2 },
      { type: 'pets.spray', source: 'party/p1', party: 'p1', tags: undefined, priority: 5 },
      { type: 'pets.command', source: 'party/p1/hose', party: 'p1', tags: undefined, priority: 5 },
    ])
  })

  it('is put together of others: any of them is enough', async () => {
    const { party, say, events } = await started(persistBy(byWord, { priority: 1 }, { types: [urgent] }))
    await say('keep')
    await say('drop')
    await say('first', { priority: 1 })
    await party.idle()
    expect((await events()).filter(one => !one.startsWith(barked.type))).toEqual([
      'pets.command keep',
      'pets.command first',
    ])
  })

  it('is refused when it names nothing, or what cannot be', () => {
    expect(() => persistBy()).toThrow(PersistOptionsError)
    expect(() => persistBy({})).toThrow(PersistOptionsError)
    expect(() => persistBy({ types: [] })).toThrow(PersistOptionsError)
    expect(() => persistBy({ types: 'pets.*.barked' })).toThrow(IllegalPatternError)
    expect(() => persistBy({ priority: 0 })).toThrow(PriorityError)
  })

  it('is asked once about each event, also about what goes through several hands', async () => {
    const asked = new Map<string, number>()
    const rule: PersistRule = event => {
      if ('id' in event) asked.set(`${event.id}`, (asked.get(`${event.id}`) ?? 0) + 1)
      return byWord(event)
    }
    const { runtime, party, say } = await started(rule)
    await runtime.spawn(dogAgent())
    runtime.bus.subscribe(command, () => {}, { durable: 'ledger' })
    for (const word of ['keep', 'drop']) await say(word)
    await party.idle()
    await runtime.idle()
    expect([...asked.values()]).toEqual([1, 1])
  })
})

describe('what a rule leaves out', () => {
  it('is published at once, whatever the journal does', async () => {
    const journal = heldJournal()
    const { runtime } = await startRuntime({ journal, events: [command], persist: byWord })
    journal.hold()
    const order: string[] = []
    const say = (word: string) => runtime.bus.publish(command({ word })).then(() => order.push(word))
    const kept = say('keep')
    await say('drop')
    journal.release()
    await kept
    expect(order).toEqual(['drop', 'keep'])
  })

  it('says so in its envelope', async () => {
    const { say } = await started(byWord)
    expect((await say('drop')).persist).toBe(false)
    expect((await say('keep')).persist).toBe(undefined)
  })

  it('is handled like everything else, and what it leads to is decided by itself', async () => {
    const { party, say, events } = await started(({ type }) => type !== command.type)
    await say('sit')
    await party.idle()
    expect(party.state.barks).toBe(1)
    expect(await events()).toEqual(['pets.barked sit'])
  })

  it('is not spilled from a full mailbox: there would be nowhere to read it back from', async () => {
    const agents = [dogAgent({ mailbox: { capacity: 2 } }), hoseAgent()]
    const { runtime, party, say } = await started(byWord, { agents })
    await say('rest')
    await runtime.bus.publish(spray({ from: 0, count: 5 }), { party: 'p1' })
    await party.idle()
    expect(party.agent('dog').mailbox).toMatchObject({ depth: 2, spilled: 0 })
    expect(runtime.bus.deadLetters.list({ reason: 'overflow' })).toHaveLength(3)
  })

  it('is heard by a durable subscription while it is there, and not read back', async () => {
    const { runtime, say } = await started(byWord)
    const heard: string[] = []
    const listen = () => runtime.bus.subscribe(command, ({ data }) => void heard.push(data.word), { durable: 'ledger' })
    const first = listen()
    await say('drop 1')
    await say('keep 1')
    await settle()
    expect(heard).toHaveLength(2)
    first.unsubscribe()
    await say('drop 2')
    await say('keep 2')
    listen()
    await settle()
    expect(heard).toEqual(['drop 1', 'keep 1', 'keep 2'])
  })

  it('is missed by a durable subscription that has no room, which says so; the rest it reads back', async () => {
    const { runtime, say } = await started(byWord)
    const heard: string[] = []
    const hear = ({ data }: { data: { word: string } }) => void heard.push(data.word)
    const subscription = runtime.bus.subscribe(command, hear, { durable: 'ledger', limit: 1 })
    subscription.pause()
    for (const word of ['keep 1', 'drop', 'keep 2']) await say(word)
    subscription.resume()
    await settle()
    expect(heard).toEqual(['keep 1', 'keep 2'])
    expect(subscription.info.missed).toBe(1)
  })

  it('leaves no record of its transformation either, whoever says it', async () => {
    const shout = defineTransform({ name: 'shout', on: command, map: ({ data }) => urgent({ word: data.word }) })
    const { runtime, party, say, entries } = await started(byWord, {
      agents: [dogAgent(), hoseAgent()],
      transforms: [shout],
    })
    await runtime.bus.publish(spray({ from: 0, count: 1 }), { party: 'p1' })
    await say('drop')
    await say('keep')
    await party.idle()
    expect((await entries()).filter(({ kind }) => kind === 'transformed')).toHaveLength(1)
  })

  it('is heard outside its party without being journalled there', async () => {
    const journal = suiteJournal()
    const { runtime } = await startRuntime({ party: petsParty(), agents: [dogAgent()], persist: byWord, journal })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'drop' }), { party: 'p1' })
    await runtime.bus.publish(command({ word: 'keep' }), { party: 'p1' })
    await runtime.idle()
    const commands = (await eventsOf(journal, 'runtime')).filter(({ type }) => type === command.type)
    expect(commands.map(wordOf)).toEqual(['keep'])
    expect(runtime.bus.metrics()).toMatchObject({ handled: 2 })
  })

  it('is journalled no more than before when its dead letter is told again', async () => {
    const { runtime, party, say, entries } = await started(byWord)
    await say('boom')
    await party.idle()
    expect(await runtime.bus.deadLetters.redrive()).toBe(1)
    await party.idle()
    expect((await entries()).filter(({ kind }) => kind === 'redriven')).toEqual([])
  })
})

describe('a rule does not decide', () => {
  const nothing: PersistRule = () => false

  it('about what its definition keeps out', async () => {
    const { runtime, party, events } = await started(() => true)
    await runtime.bus.publish(glance({ at: 'the moon' }), { party: 'p1', priority: 1 })
    await party.idle()
    expect(await events()).toEqual([])
  })

  it('about what changes the state of a party: it is journalled', async () => {
    const { runtime, party, say, events } = await started(nothing)
    const [input] = await runtime.parties.update('p1', { add: ['fetch'] })
    await say('sit')
    await party.idle()
    if (input) await party.removeInput(input.inputId)
    expect(party.state).toMatchObject({ barks: 1 })
    expect((await events()).map(one => one.split(' ')[0])).toEqual([inputAdded.type, barked.type, inputRemoved.type])
  })

  it('about requests and replies, which are journalled as their definitions say', async () => {
    const { party, runtime, entries } = await started(nothing, { agents: [dogAgent(), trainerAgent(undefined)] })
    await party.addInput('roll')
    await party.idle()
    await runtime.ask('party/p1/dog', trick, { name: 'sit' })
    const kinds = (await entries()).map(({ kind }) => kind)
    expect(kinds.filter(kind => kind === 'asked' || kind === 'reply')).toHaveLength(4)
  })

  it('about what the runtime says of itself', async () => {
    const asked: string[] = []
    const { party, say } = await started(({ type }) => asked.push(type) > 0)
    await say('boom')
    await party.idle()
    expect(new Set(asked)).toEqual(new Set(['pets.command']))
  })
})

describe('a rule that throws', () => {
  it('is reported once, and what it throws on is journalled', async () => {
    const { runtime, party, say, events } = await started(({ type }) => {
      throw new Error(`no idea of ${type}`)
    })
    const errors: z.output<typeof systemError.schema>[] = []
    runtime.bus.errors(({ data }) => void errors.push(data))
    for (const word of ['sit', 'run']) await say(word)
    await party.idle()
    await runtime.idle()
    expect((await events()).filter(one => one.startsWith(command.type))).toEqual([
      'pets.command sit',
      'pets.command run',
    ])
    expect(errors).toMatchObject([{ severity: 'warning', code: 'PERSIST_RULE' }])
    expect(new PersistRuleError('pets.command', new Error('no idea')).message).toContain('"pets.command": no idea')
  })

  it('is not journalled by what only looks like no: a rule has to say false', async () => {
    const vague: unknown = () => undefined
    const rule: PersistRule = event => Reflect.apply(Object(vague), undefined, [event])
    const { say, events } = await started(rule)
    await say('sit')
    expect(await events()).toContain('pets.command sit')
    expect(persistBy(rule)({ ...command({ word: 'sit' }), source: 'ada', priority: 5 })).toBe(true)
  })
})

describe("an event that is declared with persist: 'by-rule'", () => {
  const hint = defineEvent('hints.hint', z.object({ n: z.int() }), { persist: 'by-rule' })
  const kept = async (persist?: PersistRule) => {
    const journal = suiteJournal()
    const { runtime } = await startRuntime({ events: [hint], journal, ...(persist && { persist }) })
    const said = await runtime.bus.publish(hint({ n: 1 }))
    await runtime.idle()
    return { said, events: (await eventsOf(journal, 'runtime')).map(({ type }) => type) }
  }

  it('is not journalled where there is no rule, or where the rule leaves it out', async () => {
    expect(await kept()).toMatchObject({ said: { persist: false }, events: [] })
    expect(await kept(() => false)).toMatchObject({ said: { persist: false }, events: [] })
  })

  it('is journalled where the rule says so', async () => {
    const { said, events } = await kept(({ type }) => type === hint.type)
    expect(said.persist).toBeUndefined()
    expect(events).toEqual([hint.type])
  })

  it('cannot change the state of a party', () => {
    const base = { name: 'hinted', agents: [], inputs: { added: inputAdded, removed: inputRemoved } }
    const state = { initial: { hints: 0 }, on: { 'hints.hint': () => {} } }
    expect(() => defineParty({ ...base, events: [hint], state })).toThrow(StateEventError)
  })
})

it('an event that changes the state of a party cannot be declared with persist: false', () => {
  const base = { name: 'ticking', agents: [], inputs: { added: inputAdded, removed: inputRemoved } }
  const ticked = defineEvent('clock.ticked', z.object({}), { persist: false })
  const state = { initial: { ticks: 0 }, on: { 'clock.ticked': (state: { ticks: number }) => void state.ticks++ } }
  expect(() => defineParty({ ...base, events: [ticked], state })).toThrow(StateEventError)
  // It may be heard and said in the party, as long as it changes nothing.
  expect(defineParty({ ...base, events: [ticked], state: { initial: {}, on: {} } }).changes).toEqual(
    new Set([inputAdded.type, inputRemoved.type]),
  )
})

describe('important events', () => {
  const ends = ['workflow.completed', 'workflow.failed']
  const learnt = ['improvement.pattern_discovered', 'improvement.applied', 'user.feedback_received']
  const named = new Set([...ends, ...learnt, 'system.error_recovery'])

  it('are the urgent ones, and those that a platform keeps whatever their priority', () => {
    const types = fc.constantFrom(...platformEvents.map(({ type }) => type), 'pets.command')
    fc.assert(
      fc.property(types, fc.integer({ min: 1, max: 10 }), (type, priority) => {
        expect(importantEvents({ type, data: {}, source: 'ada', priority })).toBe(priority <= 3 || named.has(type))
      }),
    )
  })

  it('are the ones that a runtime journals when it is told so', async () => {
    const journal = suiteJournal()
    const { runtime } = await startRuntime({ events: [command, ...platformEvents], persist: importantEvents, journal })
    await runtime.bus.publish({ type: 'user.feedback_received', data: { comment: 'good' } })
    await runtime.bus.publish({ type: 'custom', data: { name: 'opened' } })
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.bus.publish(command({ word: 'now' }), { priority: 3 })
    expect((await eventsOf(journal, 'runtime')).map(({ type }) => type)).toEqual([
      'user.feedback_received',
      'pets.command',
    ])
  })
})

it.each(['inputs', 'status', 'version'])(
  'a state that begins with "%s" hides what every party has, and is refused',
  key => {
    const base = { name: 'hiding', agents: [], events: [], inputs: { added: inputAdded, removed: inputRemoved } }
    expect(() => defineParty({ ...base, state: { initial: { [key]: 'mine' }, on: {} } })).toThrow(StateKeyError)
  },
)
