import {
  agentTypes,
  defineAgent,
  defineEvent,
  definePool,
  defineRequest,
  defineSupervisor,
  type Journal,
  memoryJournal,
  TroupeError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const longest = 'a'.repeat(200)
const wrong = [
  ['a longer one', 'a'.repeat(201)],
  ['one as long as a book', 'a'.repeat(1_000_000)],
  ['none', ''],
  ['a capital letter', 'Dog'],
  ['a path', '../dog'],
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
const takers: readonly (readonly [string, string, (runtime: Started, id: string) => unknown])[] = [
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
      `"\\u001b[2J\\n\\u009b${'a'.repeat(34)}..." cannot name a party: use 1 to 200 lower-case letters, digits and "-", such as "party-42". This has 1000006 characters.`,
    )
  })
})
