import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type AddedEvent,
  createRuntime,
  defineAgent,
  type InHand,
  type RemovedEvent,
  type RuntimeOptions,
  systemError,
} from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { assign } from 'xstate'
import { emptyJournal, newDirectory } from '../sqlite/support.ts'
import { createRecord, type Record } from '../support/lives.ts'
import { barked, command, dogAgent, dogMachine, petsParty, trainerAgent, trick, urgent } from '../support/pets.ts'

let lives = 0

/** A started runtime on the journal of a directory. */
async function live<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  directory: string,
  options: RuntimeOptions<S, A, R>,
) {
  const runtime = createRuntime({
    log: 'silent',
    journal: sqliteJournal({ directory }),
    clock: createSimulatedClock(),
    random: seededRandom(++lives),
    ...options,
  })
  onTestFinished(() => runtime.stop({ timeout: 0 }))
  return runtime.start()
}

const party = petsParty(dogAgent())

/** A copy of what two parties left in order: p1 with this many barks, and p2 with one. */
async function left(barks: number, options: Pick<RuntimeOptions, 'snapshots'> = {}): Promise<string> {
  const key = JSON.stringify([barks, options])
  const original = originals.get(key) ?? leave(barks, options)
  originals.set(key, original)
  const directory = newDirectory()
  cpSync(await original, directory, { recursive: true })
  return directory
}

const originals = new Map<string, Promise<string>>()
const folder = mkdtempSync(join(tmpdir(), 'troupe-left-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function leave(barks: number, options: Pick<RuntimeOptions, 'snapshots'>): Promise<string> {
  const directory = emptyJournal(join(folder, `${originals.size}`))
  const runtime = await live(directory, { party, agents: [dogAgent()], ...options })
  for (const [id, count] of Object.entries({ p1: barks, p2: 1 })) {
    await runtime.parties.create({ id })
    for (let n = 1; n <= count; n++) await runtime.bus.publish(command({ word: `${id} w${n}` }), { party: id })
  }
  await runtime.idle()
  await runtime.stop()
  return directory
}

/** Changes the file of the journal while it is closed. */
function tamper(directory: string, statement: string): void {
  const db = new DatabaseSync(join(directory, 'journal.db'))
  const { changes } = db.prepare(statement).run()
  db.close()
  expect(changes).toBeGreaterThan(0)
}

/** Only the rows of p1. */
const ofParty = `partition = (SELECT id FROM partitions WHERE name = 'party/p1')`

describe('a party whose journal was changed', () => {
  it.each([
    ['a frame has changed', `UPDATE frames SET body = replace(body, 'p1 w2', 'p1 w3')`, /holds frame \d+ of/],
    [
      'a frame is missing',
      `DELETE FROM frames WHERE body LIKE '%"pets.command"%p1 w2%'`,
      /holds what comes after frame \d+ of/,
    ],
    [
      'a checkpoint has changed',
      `UPDATE checkpoints SET body = replace(body, '"count":3', '"count":4')`,
      /holds the checkpoint of "dog" of/,
    ],
    [
      'the position of a frame is above the largest exact number',
      'UPDATE frames SET position = position + 9007199254740992',
      /holds /,
    ],
  ])('is quarantined and reported, and the others go on: %s', async (_, statement, what) => {
    const directory = await left(3)
    tamper(directory, `${statement} ${statement.includes('WHERE') ? 'AND' : 'WHERE'} ${ofParty}`)
    const runtime = await live(directory, { party, agents: [dogAgent()] })
    expect(runtime.parties.quarantined()).toEqual([
      { partyId: 'p1', code: 'JOURNAL_CORRUPT', reason: expect.stringMatching(what) },
    ])
    expect(() => runtime.parties.get('p1')).toThrow(expect.objectContaining({ code: 'PARTY_QUARANTINED' }))
    await runtime.bus.publish(command({ word: 'b' }), { party: 'p2' })
    await runtime.parties.get('p2').idle()
    expect(runtime.parties.get('p2').state).toMatchObject({ barks: 2 })
  })

  it('leaves the history empty if the changed frame is one of the newest, and that is reported', async () => {
    const directory = await left(3)
    tamper(directory, `UPDATE frames SET body = replace(body, 'p1 w2', 'p1 w3') WHERE ${ofParty}`)
    const errors: string[] = []
    const runtime = createRuntime({ party, agents: [dogAgent()], journal: sqliteJournal({ directory }) })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    runtime.bus.subscribe(systemError, ({ data: { severity, code } }) => errors.push(`${severity} ${code}`))
    await runtime.start()
    expect(errors).toEqual(['error PARTY_QUARANTINED', 'warning JOURNAL_CORRUPT'])
    expect(runtime.bus.history({ type: 'pets.*' })).toEqual([])
  })

  it.each([
    ['has a position that is too large', 'position = 9007199254740993', 'p1'],
    ['has a position that is below that of its frames', 'position = 1', 'p1'],
    ['has a position that is no number', `position = 'x'`, 'p1'],
    ['has an epoch above the largest exact number', 'epoch = 9007199254740993', 'p1'],
    ['has a fraction as the size of its largest frame', 'largest = 300000.5', 'p1'],
    ['has an id above the largest exact number', 'id = 9007199254740992', 'p1'],
    ['has the largest id of SQLite', 'id = 9223372036854775807', 'p1'],
    ['has a name that is not text', `name = x'00ff'`, `X'00FF'`],
    ['has an invalid name of a party', `name = 'party/P 1'`, 'P 1'],
    ['has a name that is not a party', `name = 'parties'`, 'parties'],
  ])('does not keep others from being restored, and can be deleted, when it %s', async (_, change, id) => {
    const directory = await left(3)
    tamper(directory, `UPDATE partitions SET ${change} WHERE name = 'party/p1'`)
    let runtime = await live(directory, { party, agents: [dogAgent()] })
    expect(runtime.parties.list().map(one => one.id)).toEqual(['p2'])
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: id, code: 'JOURNAL_CORRUPT' }])
    const barked = async (id: string) => {
      const made = await runtime.parties.create({ id })
      await runtime.bus.publish(command({ word: 'a' }), { party: id })
      await made.idle()
    }
    await barked('p3')
    await runtime.parties.delete(id)
    await barked('p4')
    await runtime.stop()
    runtime = await live(directory, { party, agents: [dogAgent()] })
    expect(runtime.parties.quarantined()).toEqual([])
    for (const made of ['p3', 'p4']) expect(runtime.parties.get(made).state).toMatchObject({ barks: 1 })
    expect((await runtime.parties.create({ id: 'p1' })).state).toMatchObject({ barks: 0 })
  })

  it('does not keep a runtime from starting, twice, when its epoch is the largest exact number', async () => {
    const directory = await left(3)
    tamper(directory, `UPDATE partitions SET epoch = 9007199254740990 WHERE name = 'party/p1'`)
    for (let start = 1; start <= 2; start++) {
      const runtime = await live(directory, { party, agents: [dogAgent()] })
      expect(runtime.parties.get('p2').state).toMatchObject({ barks: 1 })
      await runtime.stop()
    }
  })

  it('can be deleted, and its id given to a new party', async () => {
    const directory = await left(3)
    tamper(directory, `UPDATE checkpoints SET body = '{}' WHERE ${ofParty}`)
    const runtime = await live(directory, { party, agents: [dogAgent()] })
    await expect(runtime.parties.retry('p1')).rejects.toMatchObject({ code: 'PARTY_QUARANTINED' })
    await runtime.parties.delete('p1')
    expect((await runtime.parties.create({ id: 'p1' })).state).toMatchObject({ barks: 0 })
    expect(runtime.parties.quarantined()).toEqual([])
  })
})

it('a runtime does not start if the journal of the agents outside the parties has changed', async () => {
  const directory = await left(1)
  tamper(
    directory,
    `UPDATE checkpoints SET body = '{}' WHERE partition = (SELECT id FROM partitions WHERE name = 'runtime')`,
  )
  await expect(live(directory, { party, agents: [dogAgent()] })).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    partition: 'runtime',
  })
})

describe('a snapshot that was changed', () => {
  it.each([
    ['has changed', `UPDATE snapshots SET body = replace(body, 'barks', 'parks')`],
    ['is missing', `DELETE FROM snapshots`],
  ])('is left out, and all frames are read instead: it %s', async (_, statement) => {
    const directory = await left(20, { snapshots: { every: 5 } })
    tamper(directory, `${statement} WHERE ${ofParty}`)
    const runtime = await live(directory, { party, agents: [dogAgent()] })
    expect(runtime.parties.get('p1').state).toMatchObject({ barks: 20 })
  })

  it('quarantines its party when the frames that it covers were pruned', async () => {
    const directory = await left(20, { snapshots: { every: 5, keep: 0 } })
    tamper(directory, `DELETE FROM snapshots WHERE ${ofParty}`)
    const runtime = await live(directory, { party, agents: [dogAgent()] })
    expect(runtime.parties.quarantined()).toMatchObject([
      { partyId: 'p1', code: 'JOURNAL_CORRUPT', reason: expect.stringContaining('the snapshot') },
    ])
  })
})

describe('a snapshot with impossible contents and a right hash', () => {
  type Standing = { readonly agents: readonly object[]; readonly dead: readonly { readonly envelope: object }[] }

  it.each<[string, (standing: Standing) => object]>([
    ['a dead letter that is null', () => ({ dead: [null] })],
    ['a dead letter without an event', () => ({ dead: [{ last: 9e15 }] })],
    ['a dead letter of another party', ({ dead }) => ({ dead: dead.map(it => ({ ...it, partition: 'party/p2' })) })],
    ['a schedule without a plan', () => ({ schedules: [{ name: 's' }] })],
    ['a schedule without an event', () => ({ schedules: [{ name: 's', plan: { at: 0 }, event: null, startedAt: 0 }] })],
    [
      'an input that is not a value',
      ({ agents }) => ({ agents: agents.map(it => ({ ...it, input: { $: ['bigint', 'x'] } })) }),
    ],
    [
      'mail without a priority',
      ({ agents, dead }) => ({
        agents: agents.map(it => ({ ...it, mail: dead.map(({ envelope }) => ({ ...envelope, priority: 2 ** 31 })) })),
      }),
    ],
    ['another party', () => ({ partition: 'party/p2' })],
  ])('quarantines only its party, whose journal then stays unchanged: %s', async (_, change) => {
    const record = createRecord()
    let journal = record.next()
    const options = { party, clock: createSimulatedClock(), snapshots: { every: 1 } }
    const first = await createRuntime({ ...options, log: 'silent', journal, random: seededRandom(++lives) }).start()
    for (const id of ['p1', 'p2']) {
      await first.parties.create({ id })
      for (const word of ['a', 'boom', 'b']) await first.bus.publish(command({ word }), { party: id })
    }
    await first.idle()
    await first.stop()
    const { snapshot } = await journal.saved('party/p1')
    const before = JSON.parse(snapshot?.body ?? '')
    const body = JSON.stringify({ ...before, standing: { ...before.standing, ...change(before.standing) } })
    const hash = createHash('sha256').update(body).digest('hex')
    await journal.save('party/p1', { position: snapshot?.position ?? 0, hash, body })
    const written = (await record.frames('party/p1')).length

    const runtime = createRuntime({
      ...options,
      log: 'silent',
      journal: (journal = record.next()),
      random: seededRandom(++lives),
    })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    await runtime.start()
    expect(runtime.parties.list().map(({ id }) => id)).toEqual(['p2'])
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1' }])
    expect(await record.frames('party/p1')).toHaveLength(written)
    expect(runtime.schedules.list()).toEqual([])
    expect(runtime.bus.deadLetters.list({ type: 'pets.*' })).toHaveLength(1)
    await runtime.parties.delete('p1')
    expect((await journal.partitions()).map(({ partition }) => partition)).not.toContain('party/p1')
  })
})

it('a full journal refuses frames; with more room, the party has all acknowledged frames', async () => {
  const directory = emptyJournal()
  const small = sqliteJournal({ directory, maxBytes: 1_048_576 })
  const runtime = await live(directory, { party, journal: small })
  await runtime.parties.create({ id: 'p1' })
  const failures: unknown[] = []
  runtime.bus.subscribe(systemError, ({ data }) => failures.push(data.code))
  let acknowledged = 0
  const word = 'x'.repeat(20_000)
  const fill = async () => {
    for (;;) {
      await runtime.bus.publish(command({ word }), { party: 'p1' })
      acknowledged++
    }
  }
  await expect(fill()).rejects.toMatchObject({ code: 'JOURNAL_APPEND', cause: { code: 'JOURNAL_FULL' } })
  expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'JOURNAL_APPEND' }])
  expect(failures).toContain('JOURNAL_APPEND')
  await runtime.stop({ timeout: 0 })

  const next = await live(directory, { party })
  const again = next.parties.get('p1')
  await again.idle()
  expect(again.state).toMatchObject({ barks: acknowledged })
})

it('a journal that another runtime has open keeps a runtime from starting, until it is closed', async () => {
  const directory = await left(1)
  const runtime = await live(directory, { party, agents: [dogAgent()] })
  await expect(live(directory, { party, agents: [dogAgent()] })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
  await runtime.stop()
  const next = await live(directory, { party, agents: [dogAgent()] })
  expect(next.parties.list()).toHaveLength(2)
})

it('a clock that was set back between two processes does not turn back the time, which stands until the clock has caught up', async () => {
  const directory = emptyJournal()
  const [late, early] = [createSimulatedClock(2_000_000), createSimulatedClock(1_000_000)]
  const first = await live(directory, { party, clock: late })
  await first.parties.create({ id: 'p1' })
  await first.bus.publish(command({ word: 'a' }), { party: 'p1' })
  await first.parties.get('p1').idle()
  await first.stop()

  const second = await live(directory, { party, clock: early })
  const times: number[] = []
  second.bus.subscribe(barked, ({ time }) => times.push(time))
  const bark = async (word: string) => {
    await second.bus.publish(command({ word }), { party: 'p1' })
    await second.parties.get('p1').idle()
  }
  await bark('b')
  early.advance(1_000_000)
  await bark('c')
  early.advance(500)
  await bark('d')
  expect(times).toEqual([2_000_000, 2_000_000, 2_000_500])
})

it('an agent that the program no longer has quarantines its party, until its definition is registered', async () => {
  const directory = emptyJournal()
  const first = await live(directory, { party: petsParty(dogAgent(), trainerAgent('dog')) })
  await first.parties.create({ id: 'p1', inputs: ['sit'] })
  await first.parties.get('p1').idle()
  await first.stop()

  const without = await live(directory, { party })
  expect(without.parties.quarantined()).toEqual([
    { partyId: 'p1', code: 'MACHINE_UNKNOWN', reason: expect.stringContaining('agent "trainer"') },
  ])
  await without.stop()
  const withIt = await live(directory, { party, registered: [trainerAgent('dog')] })
  await withIt.parties.get('p1').addInput('roll')
  await withIt.parties.get('p1').idle()
  expect(withIt.parties.get('p1').state).toMatchObject({ said: ['sit', 'roll'] })
})

describe('the event that an agent is handling', () => {
  /** A process on a record. Its journal lists its calls in order, with the words of the dog between them. */
  async function noted(record: Record, hands?: InHand) {
    const notes: string[] = []
    const journal = {
      ...record.next(),
      inHand: async () => hands,
      handing: (partition: string, agent: string, seq: number) => void notes.push(`${partition} ${agent} ${seq}`),
    }
    const { append } = journal
    journal.append = async (partition, ...given) => {
      await append(partition, ...given)
      if (given[2].some(({ cause }) => cause.kind === 'outside')) notes.push('durable')
    }
    const machine = dogMachine().provide({
      actions: {
        count: assign(({ context: { count } }) => {
          notes.push('handled')
          return { count: count + 1 }
        }),
      },
    })
    const party = petsParty(
      defineAgent({ name: 'dog', machine, hears: [command, urgent, trick], says: [barked, trick] }),
    )
    const options = { party, journal, clock: createSimulatedClock(), random: seededRandom(++lives) }
    const runtime = await createRuntime(options).start()
    return { notes, runtime }
  }

  it('is recorded until it is handled, so that an event that ends the process is found', async () => {
    const { notes, runtime } = await noted(createRecord())
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    await runtime.parties.create({ id: 'p1' })
    notes.length = 0
    const { seq } = await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await runtime.idle()
    expect(notes.filter(note => note !== 'durable')).toEqual([`party/p1 dog ${seq}`, 'handled', 'party/p1 dog 0'])
  })

  it('is in the journal first, if the last process ended during the delivery of an event that was not', async () => {
    const record = createRecord()
    const { runtime: first } = await noted(record)
    await first.parties.create({ id: 'p1' })
    const { notes, runtime } = await noted(record, { partition: 'party/p1', agent: 'dog', seq: 1_000 })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    notes.length = 0
    const { seq } = await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await runtime.idle()
    expect(notes).toEqual(['durable', `party/p1 dog ${seq}`, 'handled', 'party/p1 dog 0'])
  })
})

it('an event that ended the process twice becomes a dead letter, and is not delivered again', async () => {
  const record = createRecord()
  const life = async (hands?: InHand) => {
    const journal = { ...record.next(), inHand: async () => hands }
    return createRuntime({ party, journal, clock: createSimulatedClock(), random: seededRandom(++lives) }).start()
  }
  const first = await life()
  await first.parties.create({ id: 'p1' })
  await first.bus.publish(command({ word: 'rest' }), { party: 'p1' })
  const { seq } = await first.bus.publish(command({ word: 'deadly' }), { party: 'p1' })
  await first.bus.publish(command({ word: 'harmless' }), { party: 'p1' })

  const hands = { partition: 'party/p1', agent: 'dog', seq }
  const second = await life(hands)
  expect(second.bus.deadLetters.list()).toEqual([])
  const third = await life(hands)
  onTestFinished(() => third.stop({ timeout: 0 }))
  expect(third.bus.deadLetters.list()).toMatchObject([{ reason: 'quarantined', envelope: { seq } }])
  const words: string[] = []
  third.bus.subscribe(barked, ({ data }) => words.push(data.word))
  await third.bus.publish({ type: 'pets.urgent', data: { word: 'up' } }, { party: 'p1' })
  await third.parties.get('p1').idle()
  expect(words).toEqual(['up', 'harmless'])
})
