import {
  agentTypes,
  defineAgent,
  defineEvent,
  defineParty,
  definePool,
  defineRequest,
  defineSupervisor,
  defineTransform,
  effect,
  type Journal,
  memoryJournal,
  TroupeError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, inputAdded, inputRemoved, petsParty } from './support/pets.ts'
import { startRuntime } from './support/runtime.ts'

const longest = 'a'.repeat(200)
const wrong = [
  ['a longer one', 'a'.repeat(201)],
  ['one as long as a book', 'a'.repeat(1_000_000)],
  ['none', ''],
  ['a path', '../Dog'],
  ['a line break', 'dog\n'],
  ['an escape sequence', 'dog\u001b[2J'],
] as const

const novelty = defineEvent('ids.novelty', z.object({}))
const still = setup({ types: agentTypes({ context: {}, hears: [novelty], says: [] }) }).createMachine({ context: {} })
const trick = defineRequest('ids.trick', { input: z.object({}), output: z.object({}) })

/** A runtime with parties, and an agent outside them. */
async function start(journal: Journal = memoryJournal()) {
  const { runtime } = await startRuntime({ party: petsParty(), journal })
  await runtime.spawn(dogAgent())
  return runtime
}

type Started = Awaited<ReturnType<typeof start>>

/** Everything that takes an id from a program, and the kind that an error names. */
type Taker = readonly [string, string, (runtime: Started, id: string) => unknown]
const takers: readonly [Taker, ...Taker[]] = [
  ['a party', 'party', (runtime, id) => runtime.parties.create({ id })],
  ['an agent', 'agent', (_, id) => defineAgent({ name: id, machine: still, hears: [], says: [] })],
  ['a supervisor', 'supervisor', (_, id) => defineSupervisor({ name: id, agents: [] })],
  ['a pool', 'supervisor', (_, id) => definePool({ name: id, agent: dogAgent(), size: 1 })],
  ['an agent that is spawned', 'agent', (runtime, id) => runtime.spawn(dogAgent(), { name: id })],
  [
    'a pool that is spawned',
    'pool',
    (runtime, id) => runtime.spawn(definePool({ name: 'dogs', agent: dogAgent(), size: 1 }), { name: id }),
  ],
  ['a handler', 'handler', (runtime, id) => runtime.handle(trick, () => ({}), { name: id }).address],
  [
    'a durable subscription',
    'durable subscription',
    (runtime, id) => runtime.bus.subscribe('*', () => {}, { durable: id }).unsubscribe(),
  ],
  ['a schedule', 'schedule', (runtime, id) => runtime.schedules.set(id, { every: 1_000 }, command({ word: 'sit' }))],
  ['a source', 'source', (runtime, id) => runtime.bus.publish(command({ word: 'sit' }), { source: id })],
]

/** A journal that counts what is appended. */
function counted(): { readonly journal: Journal; readonly appends: () => number } {
  const journal = memoryJournal()
  let appends = 0
  return {
    journal: {
      ...journal,
      append(...what) {
        appends++
        return journal.append(...what)
      },
    },
    appends: () => appends,
  }
}

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(takers)('the id of %s', (_, kind, take) => {
  it('may have 200 characters', async () => {
    const runtime = await start()
    expect(await thrownBy(() => take(runtime, longest))).toBeUndefined()
  })

  it.each(wrong)('that is %s is refused before anything happens', async (_, id) => {
    const { journal, appends } = counted()
    const runtime = await start(journal)
    const before = appends()
    const error = await thrownBy(() => take(runtime, id))
    expect(error).toMatchObject({ code: 'ID_ILLEGAL', kind, id })
    expect(appends()).toBe(before)
  })
})

describe('a capital letter', () => {
  const [[, , create], ...others] = takers

  it('may be in the id of a party, which is often called as in a database', async () => {
    const runtime = await start()
    expect(await thrownBy(() => create(runtime, 'fp2025A_12345'))).toBeUndefined()
    expect(runtime.parties.get('fp2025A_12345').id).toBe('fp2025A_12345')
  })

  it.each(others)('may not be in the id of %s', async (_, kind, take) => {
    const runtime = await start()
    expect(await thrownBy(() => take(runtime, 'Dog'))).toMatchObject({ code: 'ID_ILLEGAL', kind, id: 'Dog' })
  })
})

const typed = { types: agentTypes({ context: {}, hears: [], says: [] }) }

/** Everything that takes a name from a program which is part of no address, and the kind that an error names. */
const namers: readonly (readonly [string, string, (runtime: Started, name: string) => unknown])[] = [
  [
    'the correlation of an event',
    'correlation',
    (runtime, correlationId) => runtime.bus.publish(command({ word: 'sit' }), { correlationId }),
  ],
  ['a tag', 'tag', (runtime, tag) => runtime.bus.publish(command({ word: 'sit' }), { tags: [tag] })],
  [
    'an input that a party begins with',
    'input',
    (runtime, inputId) => runtime.parties.create({ id: 'p2', inputs: [{ inputId, content: 'a' }] }),
  ],
  ['an input', 'input', (runtime, inputId) => runtime.parties.get('p1').addInput({ inputId, content: 'a' })],
  [
    'an input that is published',
    'input',
    (runtime, inputId) => runtime.bus.publish(inputAdded({ inputId, content: 'a' }), { party: 'p1' }),
  ],
  ['a kind of party', 'kind of party', (_, name) => defineParty({ ...petsOptions, name })],
  ['an effect', 'effect', (_, name) => setup({ ...typed, actors: { run: effect(name, () => {}) } })],
  ['a transformation', 'transformation', (_, name) => defineTransform({ name, on: command, filter: () => true })],
  ['a subscriber', 'subscriber', (runtime, name) => runtime.bus.subscribe('*', () => {}, { name }).unsubscribe()],
]

const petsOptions = {
  agents: [],
  events: [],
  inputs: { added: inputAdded, removed: inputRemoved },
  state: { initial: {}, on: {} },
}

describe.each(namers)('the name of %s', (_, kind, take) => {
  it('may have 1,000 characters of any language', async () => {
    const { runtime } = await startWithParty()
    expect(await thrownBy(() => take(runtime, `Größe/10 % 猫 🐈${'a'.repeat(986)}`))).toBeUndefined()
  })

  it.each([
    ['is longer', 'a'.repeat(1_001)],
    ['is as long as a book', 'a'.repeat(1_000_000)],
    ['is none', ''],
    ['has a line break', 'dog\n'],
    ['has an escape sequence', 'dog\u001b[2J'],
    ['turns the direction of text', 'dog\u202e'],
    ['is half a character', 'dog\ud800'],
  ])('that %s is refused before anything happens', async (_, name) => {
    const { runtime, appends } = await startWithParty()
    const before = appends()
    expect(await thrownBy(() => take(runtime, name))).toMatchObject({ code: 'ID_ILLEGAL', kind, id: name })
    expect(appends()).toBe(before)
    expect(runtime.parties.list()).toHaveLength(1)
  })
})

async function startWithParty() {
  const { journal, appends } = counted()
  const runtime = await start(journal)
  await runtime.parties.create({ id: 'p1' })
  return { runtime, appends }
}

/** Everything that looks for an id. */
const seekers: readonly (readonly [string, (runtime: Started, id: string) => unknown])[] = [
  ['a party', (runtime, id) => runtime.parties.get(id)],
  ['an agent', (runtime, id) => runtime.agent(id)],
  ['a pool', (runtime, id) => runtime.pool(id)],
  ['an address', (runtime, id) => runtime.ask(id, trick, {})],
  ['several addresses', (runtime, id) => runtime.askMany([id, id], trick, {})],
  ['a supervisor', (runtime, id) => runtime.spawn(dogAgent(), { name: 'rex', supervisor: id })],
  ['a held effect', (runtime, id) => runtime.held.retry(id)],
  ['an input', (runtime, id) => runtime.parties.get('p1').removeInput(id)],
  ['a type', (runtime, id) => runtime.bus.publish({ type: id, data: {} })],
  ['a pattern', (runtime, id) => runtime.bus.history({ type: `${id}*` })],
  ['an event', (_, id) => defineEvent(`${id}*`, z.object({}))],
]

describe.each(seekers)('the error of whoever looks for %s', (_, seek) => {
  it('is one short line in which nothing is hidden, whatever was looked for', async () => {
    const { runtime } = await startWithParty()
    const id = `\u001b[2J\n\u009b\u202e${'a'.repeat(1_000_000)}`
    const error = await thrownBy(() => seek(runtime, id))
    if (!TroupeError.is(error) || !(error instanceof Error)) throw new Error('it was found')
    expect(error.message.length).toBeLessThan(2_100)
    expect(error.message).toContain('\\u001b[2J\\u000a\\u009b\\u202e')
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('an agent or a pool that is spawned under an illegal id', () => {
  const curious = defineAgent({ name: 'curious', machine: still, hears: [novelty], says: [] })
  const named = { name: 'Curious' }

  it.each([
    ['an agent', curious],
    ['a pool', definePool({ name: 'curious', agent: curious, size: 1 })],
  ] as const)('leaves no event of its own behind: %s', async (_, spawned) => {
    const { runtime } = await startRuntime()
    const spawning = 'size' in spawned ? runtime.spawn(spawned, named) : runtime.spawn(spawned, named)
    await expect(spawning).rejects.toMatchObject({ code: 'ID_ILLEGAL' })
    await expect(runtime.bus.publish(novelty({}))).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' })
  })
})

describe('the error of an illegal id', () => {
  it('is one short line, however long the id is and whatever is in it', async () => {
    const runtime = await start()
    const id = `\u001b[2J\n\u009b${'a'.repeat(1_000_000)}`
    const error = await thrownBy(() => runtime.parties.create({ id }))
    if (!TroupeError.is(error) || !(error instanceof Error)) throw new Error('it was not refused')
    expect(error.message).toBe(
      `"\\u001b[2J\\n\\u009b${'a'.repeat(34)}..." cannot name a party: use 1 to 200 letters a to z, digits, "-" and "_", such as "party-42". This has 1000006 characters.`,
    )
  })
})
