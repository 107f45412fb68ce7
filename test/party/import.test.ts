import { createHash } from 'node:crypto'
import { defineAgent, type Envelope, type Frame, memoryJournal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { clock, createRecord, live } from '../support/lives.ts'
import { barked, command, dogAgent, dogMachine, petsParty, trick, urgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const party = petsParty(dogAgent())

/** Any line of an exported party, except the end. */
interface ExportedLine {
  readonly kind: string
  readonly [field: string]: unknown
  readonly frame?: Frame
}

/** The lines of a party with three barks, without the end. */
async function exportedLines(options = {}): Promise<readonly ExportedLine[]> {
  const { runtime } = await startRuntime({ party, journal: memoryJournal(), ...options })
  const pets = await runtime.parties.create({ id: 'p1' })
  for (const word of ['a', 'b', 'c']) await runtime.bus.publish(command({ word }), { party: 'p1' })
  await pets.idle()
  const lines: ExportedLine[] = []
  for await (const line of runtime.parties.export('p1')) lines.push(JSON.parse(line))
  return lines.slice(0, -1)
}

/** The same lines with an end that has their hash. */
function sealed(lines: readonly object[]): readonly string[] {
  const texts = lines.map(line => JSON.stringify(line))
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text}\n`)
  return [...texts, JSON.stringify({ kind: 'end', lines: texts.length, hash: hash.digest('hex') })]
}

type Change = (line: ExportedLine, frame: Frame) => object

/** Changes the newest frame in the lines. */
function ofLastFrame(change: Change): (lines: readonly ExportedLine[]) => readonly object[] {
  return lines =>
    lines.map(line => (line.frame && line === lines.at(-1) ? { ...line, frame: change(line, line.frame) } : line))
}

/** Changes all entries of one kind. */
function ofEntries(
  kind: string,
  change: (entry: object) => object,
): (lines: readonly ExportedLine[]) => readonly object[] {
  return lines =>
    lines.map(line => {
      const { frame } = line
      const entries = frame?.entries.map(entry => (entry.kind === kind ? { ...entry, ...change(entry) } : entry))
      return frame ? { ...line, frame: { ...frame, entries } } : line
    })
}

/** Gives all events a priority. */
function inLane(priority: number) {
  return ofEntries('event', entry => ('envelope' in entry ? { envelope: { ...Object(entry.envelope), priority } } : {}))
}

/** An invalid form of a value in a journal. */
const noValue = { $: ['bigint', 'x'] }

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels))
}

/** Adds an entry to the last frame. */
function andEntry(entry: object) {
  return ofLastFrame((_, frame) => ({ ...frame, entries: [...frame.entries, { seq: frame.position, ...entry }] }))
}

/** Changes the clock of the last frame. */
function withClock(clock: object) {
  return ofLastFrame((_, frame) => ({ ...frame, clock }))
}

function without(lines: readonly ExportedLine[], kind: string): readonly ExportedLine[] {
  return lines.filter(line => line.kind !== kind)
}

describe('an imported party', () => {
  it.each<[string, (lines: readonly ExportedLine[]) => readonly object[], RegExp]>([
    [
      'a smaller position than before',
      ofLastFrame((_, frame) => ({ ...frame, position: 2 })),
      /frame 2 cannot come after/,
    ],
    ['a position beyond 2^52', ofLastFrame((_, frame) => ({ ...frame, position: 2 ** 52 + 1 })), /position/],
    ['an entry beyond 2^52', andEntry({ kind: 'left', seq: 2 ** 52 + 1 }), /has position 4503599627370497/],
    ['a position that is not a number', ofLastFrame((_, frame) => ({ ...frame, position: null })), /position/],
    ['a frame of another party', ofLastFrame((_, frame) => ({ ...frame, partition: 'party/p2' })), /of "party\/p2"/],
    ['a time that is a word', ofLastFrame((_, frame) => ({ ...frame, time: 'now' })), /time/],
    ['a time that is null', ofLastFrame((_, frame) => ({ ...frame, time: null })), /time/],
    ['an earlier time than before', ofLastFrame((_, frame) => ({ ...frame, time: frame.time - 1 })), /older than/],
    ['a time years ahead', ofLastFrame((_, frame) => ({ ...frame, time: 9e14 })), /more than a day ahead/],
    ['a date of the clock that is a word', withClock({ date: 'now', jumped: 0 }), /clock\.date/],
    ['a date of the clock years ahead', withClock({ date: 9e14, jumped: 0 }), /more than a day ahead/],
    ['a jump that is not a whole number', withClock({ date: 0, jumped: 0.5 }), /clock\.jumped/],
    ['a jump beyond all numbers', withClock({ date: 0, jumped: 1e300 }), /clock\.jumped/],
    ['entries that are not a list', ofLastFrame((_, frame) => ({ ...frame, entries: {} })), /entries/],
    ['an entry of an unknown kind', ofLastFrame((_, frame) => ({ ...frame, entries: [{ kind: 'x' }] })), /kind/],
    [
      'an entry without its fields',
      ofLastFrame((_, frame) => ({ ...frame, entries: [{ kind: 'event', envelope: {} }] })),
      /envelope/,
    ],
    [
      'an invalid schedule',
      ofLastFrame((_, frame) => {
        const event = { type: 'pets.command', data: { word: 'a' } }
        const plan = { every: -1, from: 0, missed: 'once' }
        const entry = { kind: 'scheduled', seq: frame.position, name: 's', plan, event, startedAt: 0 }
        return { ...frame, entries: [entry] }
      }),
      /every/,
    ],
    [
      'a timer inside an agent at no path',
      ofLastFrame((_, frame) => {
        const event = { type: 'pets.command', data: { word: 'a' } }
        const origin = { correlationid: 'c' }
        const entry = { kind: 'timer', seq: frame.position, agent: 'party/p1/dog', id: 't', inside: {}, event, origin }
        return { ...frame, entries: [entry] }
      }),
      /inside/,
    ],
    ['a priority of 2^31', inLane(2 ** 31), /priority/],
    ['a priority below 1', inLane(0), /priority/],
    ['a priority that is not a whole number', inLane(1.5), /priority/],
    ['an input that is not a value', ofEntries('agent', () => ({ input: noValue })), /input: .* of the kind "bigint"/],
    ['an output that is not a value', ofEntries('agent', () => ({ output: noValue })), /output/],
    [
      'an outcome that is not a value',
      andEntry({ kind: 'outcome', key: 'party/p1/dog@1/run', ok: true, value: noValue }),
      /value/,
    ],
    ['work without a kind', andEntry({ kind: 'wanted', key: 'party/p1/dog@1/run', name: 'x' }), /work/],
    [
      'progress that is not a value',
      andEntry({ kind: 'progressed', key: 'party/p1/dog@1/run', data: noValue }),
      /data/,
    ],
    [
      'an event of a timer that is not a value',
      andEntry({
        kind: 'timer',
        agent: 'party/p1/dog',
        id: 't',
        event: { type: 'x', data: noValue },
        origin: { correlationid: 'c' },
      }),
      /event/,
    ],
    [
      'a checkpoint that is not a value',
      lines => lines.map(line => (line.kind === 'checkpoint' ? { ...line, snapshot: noValue } : line)),
      /of the kind "bigint"/,
    ],
    ['an unknown version of the format', ([first, ...rest]) => [{ ...first, version: 0 }, ...rest], /version/],
    ['a cause of an unknown kind', ofLastFrame((_, frame) => ({ ...frame, cause: { kind: 'x' } })), /cause/],
    ['no frames', lines => without(lines, 'frame'), /.*/],
    ['no first frames', lines => lines.filter(({ frame }) => !frame || frame.position > 10), /the beginning/],
    [
      'pruned frames without a snapshot',
      ([first, ...rest]) => [{ ...first, pruned: 5 }, ...rest.filter(({ frame }) => !frame || frame.position > 5)],
      /no snapshot covers them/,
    ],
    [
      'two checkpoints of one agent',
      lines => lines.flatMap(line => (line.kind === 'checkpoint' ? [line, line] : [line])),
      /two checkpoints/,
    ],
    [
      'a checkpoint of a missing frame',
      lines => lines.map(line => (line.kind === 'checkpoint' ? { ...line, position: 999 } : line)),
      /the checkpoint of "dog"/,
    ],
  ])('is refused with %s, and leaves no party', async (_, spoil, why) => {
    const lines = await exportedLines()
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ party, journal })
    await expect(runtime.parties.import(sealed(spoil(lines)))).rejects.toMatchObject({
      code: 'PARTY_IMPORT',
      message: expect.stringMatching(why),
    })
    expect(runtime.parties.list()).toEqual([])
    expect(runtime.parties.quarantined()).toEqual([])
    expect((await journal.partitions()).map(({ partition }) => partition)).not.toContain('party/p1')
    await expect(runtime.parties.import(sealed(lines))).resolves.toBeDefined()
  })

  it.each<[string, (lines: readonly ExportedLine[]) => readonly object[], RegExp]>([
    ['that has changed', of => of.map(line => ({ ...line, hash: 'x' })), /hash/],
    ['of another position', of => of.map(line => ({ ...line, position: 1 })), /position/],
    ['twice', of => [...of, ...of], /wrong place/],
    ['that is missing', () => [], /no snapshot covers/],
  ])('is refused with a snapshot %s', async (_, spoil, why) => {
    const lines = await exportedLines({ snapshots: { every: 3, keep: 0 } })
    const [first = {}, ...rest] = lines
    const snapshots = rest.filter(({ kind }) => kind === 'snapshot')
    expect(snapshots).toHaveLength(1)
    const { runtime } = await startRuntime({ party })
    const spoiled = sealed([first, ...spoil(snapshots), ...without(rest, 'snapshot')])
    await expect(runtime.parties.import(spoiled)).rejects.toMatchObject({
      code: 'PARTY_IMPORT',
      message: expect.stringMatching(why),
    })
  })

  it.each<[string, (body: { standing: Record<string, unknown>; state: unknown }) => object, RegExp]>([
    ['a dead letter that is null', ({ standing }) => ({ standing: { ...standing, dead: [null] } }), /dead\.0/],
    [
      'a dead letter without an event',
      ({ standing }) => ({ standing: { ...standing, dead: [{ last: 9e15 }] } }),
      /envelope/,
    ],
    [
      'a schedule without a plan',
      ({ standing }) => ({ standing: { ...standing, schedules: [{ name: 's' }] } }),
      /plan/,
    ],
    [
      'an invalid schedule',
      ({ standing }) => {
        const plan = { every: -1, from: 0, missed: 'once' }
        const event = { type: 'pets.command', data: { word: 'a' } }
        return { standing: { ...standing, schedules: [{ name: 's', plan, event, startedAt: 0 }] } }
      },
      /every/,
    ],
    ['the standing of another party', ({ standing }) => ({ standing: { ...standing, partition: 'party/p2' } }), /p2/],
    ['a jump that is null', ({ standing }) => ({ standing: { ...standing, jumps: [null] } }), /jumps\.0/],
    ['a jump without a length', ({ standing }) => ({ standing: { ...standing, jumps: [{ at: 1 }] } }), /jumps\.0\.ms/],
    ['a clock years ahead', ({ standing }) => ({ standing: { ...standing, date: 9e14 } }), /more than a day ahead/],
    ['no standing', () => ({ standing: null }), /standing/],
    ['no state', () => ({ state: undefined }), /state/],
    ['a state that is not a value', () => ({ state: noValue }), /of the kind "bigint"/],
    ['a state without inputs', () => ({ state: { own: {}, status: 'planning', version: 1 } }), /inputs/],
    [
      'a state with too many levels',
      () => ({ state: { own: { deep: nested(1_100) }, inputs: [], status: 'planning', version: 1 } }),
      /more than 1000 levels/,
    ],
  ])('is refused with a snapshot that holds %s and has a right hash', async (_, change, why) => {
    const lines = await exportedLines({ snapshots: { every: 3, keep: 0 } })
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ party, journal })
    const spoiled = lines.map(line => {
      if (line.kind !== 'snapshot') return line
      const before = JSON.parse(`${line['body']}`)
      const body = JSON.stringify({ ...before, ...change(before) })
      return { ...line, body, hash: createHash('sha256').update(body).digest('hex') }
    })
    await expect(runtime.parties.import(sealed(spoiled))).rejects.toMatchObject({
      code: 'PARTY_IMPORT',
      message: expect.stringMatching(why),
    })
    expect((await journal.partitions()).map(({ partition }) => partition)).not.toContain('party/p1')
    await expect(runtime.parties.import(sealed(lines))).resolves.toBeDefined()
  })

  it.each([
    ['null', 'null'],
    ['a number', '5'],
    ['bytes', '{"0":1}'],
  ])('is refused if a line is not text but %s', async (_, json) => {
    const { runtime } = await startRuntime({ party })
    await expect(runtime.parties.import([JSON.parse(json)])).rejects.toMatchObject({
      code: 'PARTY_IMPORT',
      message: expect.stringMatching(/no text/),
    })
  })

  it.each([1_200, 9_999])('is refused with more levels than a journal can write: %i', async levels => {
    const { runtime } = await startRuntime({ party })
    const line = `{"kind":"party","version":1,"partyId":"p1","pruned":0,"deep":${'['.repeat(levels)}${']'.repeat(levels)}}`
    await expect(runtime.parties.import([line])).rejects.toMatchObject({
      code: 'PARTY_IMPORT',
      message: expect.stringMatching(/more than 1200 levels/),
    })
  })

  it.each([
    ['one line', { lineLimit: 200 }, /200 are allowed \(lineLimit\)/],
    ['all lines', { totalLimit: 2_000 }, /more than 2000 characters in all \(totalLimit\)/],
  ])('is refused above the allowed length of %s, which the error names', async (_, limits, why) => {
    const lines = await exportedLines()
    const { runtime } = await startRuntime({ party })
    await expect(runtime.parties.import(sealed(lines), limits)).rejects.toMatchObject({
      code: 'PARTY_IMPORT',
      message: expect.stringMatching(why),
    })
    expect(runtime.parties.list()).toEqual([])
  })

  it('is refused without reading on if its id is taken', async () => {
    const { runtime } = await startRuntime({ party })
    await runtime.parties.create({ id: 'p1' })
    let read = 0
    function* lines() {
      for (const line of [{ kind: 'party', version: 1, partyId: 'p1', pruned: 0 }, {}, {}]) {
        read++
        yield JSON.stringify(line)
      }
    }
    await expect(runtime.parties.import(lines())).rejects.toMatchObject({ code: 'PARTY_EXISTS' })
    expect(read).toBe(1)
  })

  it('keeps its id reserved while it is imported', async () => {
    const lines = sealed(await exportedLines())
    const { runtime } = await startRuntime({ party })
    const going = Promise.withResolvers<undefined>()
    async function* slowly() {
      for (const line of lines) {
        yield line
        await going.promise
      }
    }
    const first = runtime.parties.import(slowly())
    // Now the first line is read.
    for (let n = 0; n < 5; n++) await Promise.resolve()
    await expect(runtime.parties.import(lines)).rejects.toMatchObject({ code: 'PARTY_EXISTS' })
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toMatchObject({ code: 'PARTY_EXISTS' })
    going.resolve(undefined)
    expect((await first).state).toMatchObject({ barks: 3 })
  })

  it('leaves no party if the journal refuses a part of it', async () => {
    const lines = sealed(await exportedLines({ snapshots: { every: 3, keep: 0 } }))
    const inner = memoryJournal()
    let isFull = true
    const journal = {
      ...inner,
      save: (...saved: Parameters<typeof inner.save>) =>
        isFull ? Promise.reject(new Error('the disk is full')) : inner.save(...saved),
    }
    const { runtime } = await startRuntime({ party, journal })
    await expect(runtime.parties.import(lines)).rejects.toThrow('the disk is full')
    expect(runtime.parties.quarantined()).toEqual([])
    expect((await inner.partitions()).map(({ partition }) => partition)).not.toContain('party/p1')
    isFull = false
    expect((await runtime.parties.import(lines)).state).toMatchObject({ barks: 3 })
  })
})

it.each([
  ['a new runtime', 0],
  ['a restarted runtime', 1],
])(
  'agents outside the parties do not hear what a party said before its import: in %s, and in the next process',
  async (_, before) => {
    const lines = sealed(await exportedLines({ clock }))
    const record = createRecord()
    const start = () => live(record.next(), { party, agents: [dogAgent()] })
    for (let process = 0; process < before; process++) await start()
    const first = await start()
    await first.parties.import(lines)
    await first.idle()
    expect(first.agent('dog').snapshot()).toMatchObject({ context: { count: 0 } })
    const second = await start()
    await second.idle()
    expect(second.agent('dog').snapshot()).toMatchObject({ context: { count: 0 } })
    await second.bus.publish(command({ word: 'd' }), { party: 'p1' })
    await second.idle()
    expect(second.agent('dog').snapshot()).toMatchObject({ context: { count: 1 } })
  },
)

it('the timers of a party have the same time left after an hour between export and import', async () => {
  const patient = petsParty(
    defineAgent({
      name: 'dog',
      machine: dogMachine(),
      hears: [command, urgent, trick],
      says: [barked, trick],
      timers: 'remaining',
    }),
  )
  const first = await startRuntime({ party: patient, journal: memoryJournal() })
  const pets = await first.runtime.parties.create({ id: 'p1' })
  for (const word of ['nap', 'a']) await first.runtime.bus.publish(command({ word }), { party: 'p1' })
  await pets.idle()
  const lines: string[] = []
  for await (const line of first.runtime.parties.export('p1')) lines.push(line)

  const { runtime, clock: later } = await startRuntime({ party: patient })
  await later.advance(3_600_000)
  const again = await runtime.parties.import(lines)
  await later.advance(999)
  await again.idle()
  expect(again.state).toMatchObject({ barks: 0 })
  await later.advance(1)
  await again.idle()
  expect(again.state).toMatchObject({ barks: 1 })
})

describe('a party from a machine whose clock is ahead', () => {
  const hour = 3_600_000

  async function aheadOf(lines: readonly ExportedLine[]) {
    const times = lines.flatMap(({ frame }) => frame?.time ?? [])
    const ahead = clock.now() + hour - Math.max(...times)
    return sealed(
      lines.map(line => (line.frame ? { ...line, frame: { ...line.frame, time: line.frame.time + ahead } } : line)),
    )
  }

  it('changes only its own time, which does not go back, in this process and the next', async () => {
    const lines = await aheadOf(await exportedLines())
    const record = createRecord()
    let runtime = await live(record.next(), { party })
    await runtime.parties.create({ id: 'p2' })
    await runtime.parties.import(lines)
    for (let process = 1; process <= 2; process++) {
      if (process === 2) runtime = await live(record.next(), { party })
      const received: Envelope[] = []
      runtime.bus.subscribe(barked, envelope => received.push(envelope))
      for (const id of ['p1', 'p2']) {
        await runtime.bus.publish(command({ word: 'd' }), { party: id })
        await runtime.parties.get(id).idle()
      }
      expect(received.map(({ party: id, time }) => [id, time - clock.now()])).toEqual([
        ['p1', hour],
        ['p2', 0],
      ])
    }
    const times = (await record.frames('party/p1')).map(({ time }) => time)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  })

  it('follows the clock of this machine once that has reached its time', async () => {
    const lines = await aheadOf(await exportedLines())
    const runtime = await live(createRecord().next(), { party })
    await runtime.parties.import(lines)
    await clock.advance(hour + 5_000)
    const { time } = await runtime.bus.publish(command({ word: 'd' }), { party: 'p1' })
    expect(time).toBe(clock.now())
  })

  it('waits no longer for its timers', async () => {
    const lines = await aheadOf(await exportedLines())
    const runtime = await live(createRecord().next(), { party })
    const pets = await runtime.parties.import(lines)
    await runtime.bus.publish(command({ word: 'nap' }), { party: 'p1' })
    await runtime.bus.publish(command({ word: 'd' }), { party: 'p1' })
    await pets.idle()
    await clock.advance(1_000)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: 4 })
  })
})
