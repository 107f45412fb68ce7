import {
  createRuntime,
  type Entry,
  type EventOf,
  type Frame,
  JournalConflictError,
  memoryJournal,
  partyQuarantined,
} from 'troupe'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clock, createRecord, live } from '../support/lives.ts'
import { barked, command, dogAgent, petsParty, runnerAgent, trainerAgent } from '../support/pets.ts'
import { settle, suiteScheduler, turn } from '../support/runtime.ts'

function partyEntry(inputs: readonly EventOf[]): Entry {
  return { kind: 'party', seq: 1_000, what: 'created', inputs }
}

describe('a runtime on the journal of an ended runtime', () => {
  it('restores its parties, in the state that they had', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const first = await live(record.next(), { party })
    const before = await first.parties.create({ id: 'p1', inputs: ['sit'] })
    for (const word of ['a', 'b']) await first.bus.publish(command({ word }), { party: 'p1' })
    await before.idle()

    const second = await live(record.next(), { party })
    const after = second.parties.get('p1')
    expect(JSON.stringify(after.state)).toEqual(JSON.stringify(before.state))
    expect(after.state).toMatchObject({ barks: 2, status: 'planning' })
    await second.bus.publish(command({ word: 'c' }), { party: 'p1' })
    await after.idle()
    expect(after.state).toMatchObject({ barks: 3 })
    expect(after.agent('dog').snapshot()?.context).toMatchObject({ count: 3 })
  })

  it('delivers the events that were not handled, in order', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const life = record.next()
    const first = await live(life, { party })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'rest' }), { party: 'p1' })
    for (const word of ['a', 'b', 'c']) await first.bus.publish(command({ word }), { party: 'p1' })

    const second = await live(record.next(), { party })
    const words: string[] = []
    second.bus.subscribe(barked, ({ data }) => words.push(data.word))
    const after = second.parties.get('p1')
    expect(await after.idle()).toMatchObject({
      reason: 'waiting',
      waitingFor: [{ what: 'mail', name: 'pets.command' }],
    })
    await second.bus.publish({ type: 'pets.urgent', data: { word: 'up' } }, { party: 'p1' })
    await after.idle()
    expect(words).toEqual(['up', 'a', 'b', 'c'])
  })

  it('runs an effect without a recorded end again, under the same key', async () => {
    const record = createRecord()
    const seen: string[] = []
    const hang = petsParty(
      runnerAgent((_, { key, attempt }) => {
        seen.push(`${key} ${attempt}`)
        return new Promise(() => {})
      }),
    )
    const first = await live(record.next(), { party: hang })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await settle()
    expect(seen).toHaveLength(1)

    const back = petsParty(
      runnerAgent((_, { key, attempt }) => {
        seen.push(`${key} ${attempt}`)
        return 'back'
      }),
    )
    const second = await live(record.next(), { party: back })
    const after = second.parties.get('p1')
    await after.idle()
    expect(after.state).toMatchObject({ barks: 1 })
    const [one = '', other = ''] = seen
    expect(seen).toHaveLength(2)
    expect(one.replace(/ 1$/, ' 2')).toBe(other)
  })

  it('fires a timer that was set before', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const first = await live(record.next(), { party })
    const before = await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'nap' }), { party: 'p1' })
    await first.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await before.idle()
    const second = await live(record.next(), { party })
    const after = second.parties.get('p1')
    expect(await after.idle()).toMatchObject({ reason: 'waiting' })
    await clock.advance(1_000)
    await after.idle()
    expect(after.state).toMatchObject({ barks: 1 })
  })

  it('waits on for an answer, and gets it', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent(), trainerAgent(undefined, 60_000))
    const first = await live(record.next(), { party })
    const before = await first.parties.create({ id: 'p1', inputs: ['later'] })
    await settle()
    expect(before.agent('dog').snapshot()?.value).toBe('remembering')
    const second = await live(record.next(), { party })
    const after = second.parties.get('p1')
    expect(after.agent('dog').snapshot()?.value).toBe('remembering')
    await clock.advance(5_000)
    await after.idle()
    expect(after.state).toMatchObject({ said: ['late'] })
  })
})

describe('a party whose journal refuses its frames', () => {
  it('is quarantined, and goes on when that is fixed and the party is retried', async () => {
    const record = createRecord()
    const journal = { ...record.next() }
    const { append } = journal
    let isFull = false
    journal.append = async (partition, ...rest) => {
      if (isFull && partition === 'party/p1') throw new Error('the disk is full')
      return append(partition, ...rest)
    }
    const runtime = await live(journal, { party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await party.idle()
    isFull = true
    await expect(runtime.bus.publish(command({ word: 'b' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'JOURNAL_APPEND' }])
    expect(party.state).toMatchObject({ status: 'error', barks: 1 })
    isFull = false
    expect(await runtime.parties.retry('p1')).toBe(party)
    expect(runtime.parties.quarantined()).toEqual([])
    await runtime.bus.publish(command({ word: 'c' }), { party: 'p1' })
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 2 })
  })

  it('refuses calls while it is being restored', async () => {
    const record = createRecord()
    const options = { party: petsParty(dogAgent()) }
    await (await live(record.next(), options)).parties.create({ id: 'p1' })
    const journal = { ...record.next() }
    const { saved } = journal
    const { promise: read, resolve: letRead } = Promise.withResolvers<undefined>()
    let going: Promise<undefined> | undefined
    journal.saved = async partition => {
      if (partition === 'party/p1') await (going ?? Promise.reject(new Error('the disk was busy')))
      return saved(partition)
    }
    const runtime = await live(journal, options)
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1' }])
    going = read
    const retried = runtime.parties.retry('p1')
    await settle()
    expect(runtime.parties.list()).toEqual([])
    await expect(runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'PARTY_QUARANTINED',
    })
    letRead(undefined)
    const party = await retried
    await runtime.bus.publish(command({ word: 'b' }), { party: 'p1' })
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
  })

  it('stays in quarantine if that happens while other parties are still being restored', async () => {
    const record = createRecord()
    const options = { party: petsParty(dogAgent()) }
    const first = await live(record.next(), options)
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    const journal = { ...record.next() }
    const { append, saved } = journal
    journal.append = async (partition, ...rest) => {
      if (partition === 'party/p1') throw new Error('the disk is full')
      return append(partition, ...rest)
    }
    journal.saved = async partition => {
      if (partition === 'party/p2') await settle()
      return saved(partition)
    }
    const second = await live(journal, options)
    expect(second.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'JOURNAL_APPEND' }])
    await expect(second.bus.publish(command({ word: 'a' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    journal.append = append
    expect((await second.parties.retry('p1')).state).toMatchObject({ status: 'planning' })
  })

  it('counts a frame as written that the journal holds, although its acknowledgement was lost', async () => {
    const record = createRecord()
    const journal = { ...record.next() }
    const { append } = journal
    let appends = 0
    const runtime = await live(journal, { party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    journal.append = async (...given) => {
      appends++
      await append(...given)
      throw new Error('the acknowledgement was lost')
    }
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await party.idle()
    expect(runtime.parties.quarantined()).toEqual([])
    expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
    const frames = (await record.frames('party/p1')).filter(({ cause }) => cause.kind === 'step')
    expect(frames.map(({ cause }) => 'type' in cause && cause.type)).toContain('pets.command')
    // The runtime did not append these frames again.
    expect(appends).toBeLessThanOrEqual((await record.frames('party/p1')).length)
  })

  it.each([
    ['', 1],
    [', also if it ends at the same position and time as the frame of the party', 2],
  ])('goes on with the frames of another writer%s', async (_, length) => {
    const record = createRecord()
    const life = record.next()
    const runtime = await live(life, { party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const { position } = (await record.frames('party/p1')).at(-1) ?? { position: 0 }
    const foreign = {
      partition: 'party/p1',
      position: position + length,
      time: clock.now(),
      cause: { kind: 'outside' as const },
      entries: [],
    }
    await life.append('party/p1', 7, position, [foreign])
    await expect(runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    await settle()
    expect(runtime.parties.quarantined()).toHaveLength(0)
    await runtime.bus.publish(command({ word: 'b' }), { party: 'p1' })
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
  })
})

describe('a faulty journal', () => {
  it('in memory refuses frames that could not be read back in order', async () => {
    const journal = memoryJournal()
    const frame = { partition: 'p', time: 1, cause: { kind: 'outside' as const }, entries: [] }
    const falling = [
      { ...frame, position: 3 },
      { ...frame, position: 2 },
    ]
    await expect(journal.append('p', 1, 0, falling)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', partition: 'p' })
    expect(await journal.partitions()).toEqual([])
  })

  it('whose frames are read out of order quarantines the party', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const first = await live(record.next(), { party })
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    const life = record.next()
    const read = async function* (...[partition, after]: Parameters<typeof life.read>) {
      const frames: Frame[] = []
      for await (const frame of life.read(partition, after)) frames.push(frame)
      yield* partition === 'party/p1' ? frames.toReversed() : frames
    }
    const second = await live({ ...life, isOver: false, read }, { party })
    expect(second.parties.list().map(({ id }) => id)).toEqual(['p2'])
    expect(second.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'JOURNAL_CORRUPT' }])
  })

  it.each<[string, Pick<Frame, 'cause' | 'entries'>]>([
    [
      'an invalid schedule',
      {
        cause: { kind: 'outside' },
        entries: [
          {
            kind: 'scheduled',
            seq: 1_000,
            name: 's',
            plan: { every: -1, from: 0, missed: 'once' },
            event: command({ word: 'a' }),
            startedAt: 0,
          },
        ],
      },
    ],
    ['inputs of no known type', { cause: { kind: 'supervision' }, entries: [partyEntry([{ type: 'x', data: {} }])] }],
  ])('quarantines only the party of the fault: %s', async (_, wrong) => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const life = record.next()
    const first = await live(life, { party })
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    await first.idle()
    const { position = 0 } = (await record.frames('party/p1')).at(-1) ?? {}
    const frame = { partition: 'party/p1', position: 2_000, time: clock.now(), ...wrong }
    await life.append('party/p1', 1, position, [frame])

    const errors: string[] = []
    const second = createRuntime({ scheduler: suiteScheduler, journal: record.next(), clock, party })
    onTestFinished(() => second.stop({ timeout: 0 }))
    second.bus.errors(({ data }) => errors.push(data.code))
    await second.start()
    await second.bus.publish(command({ word: 'a' }), { party: 'p2' })
    await second.parties.get('p2').idle()
    expect(second.parties.get('p2').state).toMatchObject({ barks: 1 })
    expect(second.parties.quarantined()).toMatchObject([{ partyId: 'p1' }])
    expect(second.schedules.list()).toEqual([])
    await second.parties.delete('p1')
    expect((await second.parties.create({ id: 'p1' })).state).toMatchObject({ barks: 0 })
  })

  it('with a second writer: its party can be deleted while it is being recovered', async () => {
    const journal = { ...createRecord().next() }
    const { append } = journal
    let isTaken = false
    journal.append = async (partition, epoch, position, ...rest) => {
      if (!isTaken || partition !== 'party/p1') return append(partition, epoch, position, ...rest)
      throw new JournalConflictError(partition, position, position, epoch)
    }
    const runtime = await live(journal, { party: petsParty(dogAgent()) })
    await runtime.parties.create({ id: 'p1' })
    isTaken = true
    await expect(runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    await runtime.parties.delete('p1')
    isTaken = false
    expect(runtime.parties.quarantined()).toEqual([])
    expect((await runtime.parties.create({ id: 'p1' })).state).toMatchObject({ barks: 0 })
  })

  it('with a second writer: its party stays in quarantine after several attempts', async () => {
    const journal = { ...createRecord().next() }
    const { append } = journal
    let isTaken = false
    let appends = 0
    journal.append = async (partition, epoch, position, ...rest) => {
      if (!isTaken || partition !== 'party/p1') return append(partition, epoch, position, ...rest)
      if (appends++ > 1_000) throw new Error('it goes on for ever')
      throw new JournalConflictError(partition, position, position, epoch)
    }
    const runtime = await live(journal, { party: petsParty(dogAgent()) })
    await runtime.parties.create({ id: 'p1' })
    isTaken = true
    await expect(runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    await settle()
    expect(runtime.bus.history({ type: partyQuarantined.type }).length).toBeGreaterThan(5)
    await settle()
    expect(appends).toBeLessThan(100)
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'JOURNAL_APPEND' }])
    isTaken = false
    expect((await runtime.parties.retry('p1')).state).toMatchObject({ status: 'planning' })
  })
})

describe('a snapshot', () => {
  it('replaces the frames that it covers, and an option of the runtime says how many of them are kept', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent(), trainerAgent(undefined))
    const snapshots = { every: 5, keep: 0 }
    const life = record.next()
    const first = await live(life, { party, snapshots })
    const before = await first.parties.create({ id: 'p1', inputs: ['sit'] })
    for (let n = 0; n < 20; n++) await first.bus.publish(command({ word: `w${n}` }), { party: 'p1' })
    await before.idle()
    await turn()
    const { snapshot, pruned } = await life.saved('party/p1')
    expect(snapshot?.position).toBeGreaterThan(20)
    // Events that were not handled at that position are kept.
    expect(pruned).toBeGreaterThan(20)
    expect(await record.frames('party/p1')).not.toHaveLength(0)

    const second = await live(record.next(), { party, snapshots })
    const after = second.parties.get('p1')
    expect(JSON.stringify(after.state)).toBe(JSON.stringify(before.state))
    await second.bus.publish(command({ word: 'more' }), { party: 'p1' })
    await after.idle()
    expect(after.state).toMatchObject({ barks: 21 })
  })

  it('that was changed is left out, and all frames are read from the start', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const life = record.next()
    const first = await live(life, { party, snapshots: { every: 5 } })
    const before = await first.parties.create({ id: 'p1' })
    for (let n = 0; n < 20; n++) await first.bus.publish(command({ word: `w${n}` }), { party: 'p1' })
    await before.idle()
    const { snapshot } = await life.saved('party/p1')
    if (snapshot) await life.save('party/p1', { ...snapshot, body: snapshot.body.replace('"barks":', '"barks":1') })
    const second = await live(record.next(), { party })
    expect(second.parties.get('p1').state).toMatchObject({ barks: 20 })
  })
})
