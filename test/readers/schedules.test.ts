import { createRuntime, type Journal, memoryJournal, type Runtime, type Schedule } from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRecord, type Life } from '../support/lives.ts'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { settle, startRuntime, suiteScheduler, turn } from '../support/runtime.ts'

const party = petsParty(dogAgent())
const sit = command({ word: 'sit' })

describe('a schedule', () => {
  it('says its event at its time, once, and is over', async () => {
    const { runtime, clock } = await startRuntime({ party })
    const pets = await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('reminder', { after: 5_000 }, sit, { party: 'p1' })
    expect(await pets.idle()).toMatchObject({ reason: 'waiting', waitingFor: [{ what: 'schedule', name: 'reminder' }] })
    await clock.advance(4_999)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: 0 })
    await clock.advance(1)
    expect(await pets.idle()).toMatchObject({ reason: 'settled' })
    expect(pets.state).toMatchObject({ barks: 1 })
    expect(runtime.schedules.list()).toEqual([])
  })

  it('says it every so often until it is removed', async () => {
    const { runtime, clock } = await startRuntime({ party })
    const pets = await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })
    for (let n = 0; n < 3; n++) await clock.advance(1_000)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: 3 })
    expect(await runtime.schedules.remove('walk', { party: 'p1' })).toBe(true)
    expect(await runtime.schedules.remove('walk', { party: 'p1' })).toBe(false)
    await clock.advance(5_000)
    expect(pets.state).toMatchObject({ barks: 3 })
  })

  it('that is set again as it is goes on as it was; another one takes its place', async () => {
    const { runtime, clock } = await startRuntime({ party })
    await runtime.parties.create({ id: 'p1' })
    const first = await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })
    await clock.advance(400)
    expect(await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })).toEqual(first)
    const second = await runtime.schedules.set('walk', { every: 2_000 }, sit, { party: 'p1' })
    expect(second.next).toBe(clock.now() + 2_000)
    expect(runtime.schedules.list()).toHaveLength(1)
  })

  it('goes with its party', async () => {
    const { runtime } = await startRuntime({ party })
    await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })
    await runtime.parties.delete('p1')
    expect(runtime.schedules.list()).toEqual([])
  })

  it.each(['failed', 'quarantined'])(
    'waits while its party is %s, without a word, and makes up for that',
    async why => {
      const inner = memoryJournal()
      let isFull = false
      const append: Journal['append'] = async (partition, ...rest) => {
        if (isFull && partition === 'party/p1') throw new Error('the disk is full')
        return inner.append(partition, ...rest)
      }
      const intensity = { max: 0, within: 1_000 }
      const { runtime, clock } = await startRuntime({ party, intensity, journal: { ...inner, append } })
      const pets = await runtime.parties.create({ id: 'p1' })
      await runtime.schedules.set('walk', { every: 1_000, missed: 'all' }, sit, { party: 'p1' })
      await runtime.schedules.set('reminder', { after: 2_000 }, sit, { party: 'p1' })
      isFull = why === 'quarantined'
      await pets
        .agent('dog')
        .send(command({ word: 'boom' }))
        .catch(() => {})
      await settle()
      expect(pets.state.status).toBe('error')
      isFull = false
      const errors = () => runtime.bus.history({ type: 'system.error' }).length
      const told = errors()
      await clock.advance(3_500)
      await turn()
      expect(errors()).toBe(told)
      await runtime.parties.retry('p1')
      await pets.idle()
      expect(pets.state).toMatchObject({ barks: 4 })
      await clock.advance(500)
      await pets.idle()
      expect(pets.state).toMatchObject({ barks: 5 })
      expect(errors()).toBe(told)
    },
  )

  it('of an event that nobody declared, or of no party, is refused', async () => {
    const { runtime } = await startRuntime({ party })
    const set = (type: string, party?: string) =>
      runtime.schedules.set('x', { after: 1 }, { type, data: {} }, party === undefined ? {} : { party })
    await expect(set('pets.unknown')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' })
    await expect(set('pets.command', 'nobody')).rejects.toMatchObject({ code: 'PARTY_NOT_FOUND' })
    await expect(runtime.schedules.set('x', { every: 0 }, sit)).rejects.toMatchObject({ code: 'SCHEDULE' })
  })
})

describe('a schedule whose process ended', () => {
  const clock = createSimulatedClock()
  const live = async (journal: Life & Journal) => {
    const runtime = createRuntime({ scheduler: suiteScheduler, journal, clock, party, random: seededRandom(7) })
    onTestFinished(async () => {
      if (!journal.isOver) await runtime.stop({ timeout: 0 })
    })
    return runtime.start()
  }

  it.each([
    ['once', 1],
    ['all', 4],
    ['none', 0],
  ] as const)('makes up for what was missed: %s', async (missed, barks) => {
    const record = createRecord()
    const first = await live(record.next())
    await first.parties.create({ id: 'p1' })
    await first.schedules.set('walk', { every: 1_000, missed }, sit, { party: 'p1' })
    record.next()
    await clock.advance(4_500)
    const second = await live(record.next())
    const pets = second.parties.get('p1')
    await pets.idle()
    expect(pets.state).toMatchObject({ barks })
    await clock.advance(500)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: barks + 1 })
  })
})

describe('a schedule that is over', () => {
  const clock = createSimulatedClock()
  const lives = async () => {
    const record = createRecord()
    const next = async () => {
      const runtime = createRuntime({
        scheduler: suiteScheduler,
        journal: record.next(),
        clock,
        events: [command],
        random: seededRandom(7),
      })
      const said: unknown[] = []
      runtime.bus.subscribe(command, ({ data }) => void said.push(data.word))
      await runtime.start()
      return { runtime, said }
    }
    const pass = async (runtime: Runtime, ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        clock.advance(1_000)
        await runtime.idle()
      }
    }
    return { next, pass }
  }

  it('stays over at each later start that sets it again; others go on', async () => {
    const { next, pass } = await lives()
    const at = clock.now() + 2_000
    const all: unknown[] = []
    for (let life = 0; life < 3; life++) {
      const { runtime, said } = await next()
      await runtime.schedules.set('at', { at }, command({ word: 'at' }))
      await runtime.schedules.set('until', { every: 1_000, until: at + 500 }, command({ word: 'until' }))
      await runtime.schedules.set('after', { after: 2_000 }, command({ word: 'after' }))
      await runtime.schedules.set('times', { every: 1_000, times: 2 }, command({ word: 'times' }))
      await runtime.schedules.set('none', { at: at - 5_000, missed: 'none' }, command({ word: 'none' }))
      await runtime.schedules.set('on', { every: 3_000 }, command({ word: 'on' }))
      await pass(runtime, 3_000)
      all.push(said.toSorted())
      expect(runtime.schedules.list().map(({ name }) => name)).toEqual(['on'])
      await runtime.stop()
    }
    expect(all).toEqual([['after', 'at', 'on', 'times', 'times', 'until', 'until'], ['on'], ['on']])
  })

  it('says so to who sets it again: nothing is next', async () => {
    const { next, pass } = await lives()
    const { runtime } = await next()
    await runtime.schedules.set('once', { after: 1_000 }, sit)
    await pass(runtime, 1_000)
    expect(await runtime.schedules.set('once', { after: 1_000 }, sit)).toMatchObject({ name: 'once', next: Infinity })
  })

  it('begins anew as another one, or once it was removed', async () => {
    const { next, pass } = await lives()
    const first = await next()
    await first.runtime.schedules.set('once', { after: 1_000 }, command({ word: 'a' }))
    await pass(first.runtime, 1_000)
    await first.runtime.schedules.set('once', { after: 2_000 }, command({ word: 'b' }))
    await pass(first.runtime, 2_000)
    expect(await first.runtime.schedules.remove('once')).toBe(false)
    await first.runtime.stop()
    const second = await next()
    await second.runtime.schedules.set('once', { after: 2_000 }, command({ word: 'c' }))
    await pass(second.runtime, 2_000)
    expect([...first.said, ...second.said]).toEqual(['a', 'b', 'c'])
  })

  it('is remembered in its party, by the newest 1,000 names', async () => {
    const { next, pass } = await lives()
    const first = await next()
    for (let n = 0; n <= 1_000; n++) await first.runtime.schedules.set(`s-${n}`, { after: 1_000 + n }, sit)
    await pass(first.runtime, 3_000)
    await first.runtime.stop()
    const { runtime } = await next()
    await runtime.schedules.set('s-0', { after: 1_000 }, sit)
    await runtime.schedules.set('s-1', { after: 1_001 }, sit)
    expect(runtime.schedules.list().map(({ name }) => name)).toEqual(['s-0'])
  })

  it('is forgotten with its party', async () => {
    const { runtime, clock } = await startRuntime({ party })
    for (let n = 0; n < 2; n++) {
      const pets = await runtime.parties.create({ id: 'p1' })
      await runtime.schedules.set('once', { after: 1_000 }, sit, { party: 'p1' })
      await clock.advance(1_000)
      await pets.idle()
      expect(pets.state).toMatchObject({ barks: 1 })
      await runtime.parties.delete('p1')
    }
  })
})

describe('a schedule while the machine sleeps, or its clock is corrected', () => {
  const minute = 60_000
  const hour = 60 * minute

  /** What was said, and the time when it was, in milliseconds since the start. */
  async function watched() {
    const { runtime, clock } = await startRuntime({ events: [command] })
    const start = clock.now()
    const said: number[] = []
    runtime.bus.subscribe(command, () => void said.push(clock.now() - start))
    const pass = async (ms: number, step = ms) => {
      for (let passed = 0; passed < ms; passed += step) {
        clock.advance(step)
        await settle()
      }
    }
    /** A machine that sleeps measures nothing, and finds that it is later. */
    const sleep = (ms: number) => clock.set(clock.now() + ms)
    return { runtime, clock, start, said, pass, sleep }
  }

  it.each([
    ['none', 1],
    ['once', 1],
    ['all', 601],
  ] as const)('makes up for what was missed, and then goes on as planned: %s', async (missed, atOnce) => {
    const { runtime, said, pass, sleep } = await watched()
    await runtime.schedules.set('tick', { every: 1_000, missed }, sit)
    await pass(5_000, 1_000)
    sleep(10 * minute + 500)
    await pass(1_000)
    expect(said.length).toBe(5 + atOnce)
    await pass(9_000, 1_000)
    expect(said.length).toBe(5 + atOnce + 9)
  })

  it('says no more than 1,000 at once, however long it slept', async () => {
    const { runtime, said, pass, sleep } = await watched()
    await runtime.schedules.set('tick', { every: 1_000, missed: 'all' }, sit)
    sleep(365 * 24 * hour)
    await pass(1_000)
    expect(said.length).toBe(1_000)
  })

  it.each([{ at: Date.UTC(2026, 0, 1, 9) }, { cron: '0 9 1 1 *' }])(
    'happens at its date, not when so much has passed: %o',
    async schedule => {
      for (const jump of [-3 * hour, 3 * hour]) {
        const { runtime, clock, said, pass } = await watched()
        await runtime.schedules.set('nine', schedule, sit)
        await pass(hour)
        clock.set(clock.now() + jump)
        await pass(8 * hour - jump - 1)
        expect(said).toEqual([])
        await pass(1)
        expect(said).toEqual([9 * hour])
      }
    },
  )

  it('of which a date has been passed over happens within half a minute', async () => {
    const { runtime, said, pass, sleep } = await watched()
    await runtime.schedules.set('nine', { at: Date.UTC(2026, 0, 1, 9), missed: 'none' }, sit)
    await pass(8 * hour)
    sleep(hour)
    await pass(30_000)
    expect(said).toEqual([9 * hour + 30_000])
  })

  it('that wants nothing made up for leaves out a date that was passed over long ago', async () => {
    const { runtime, said, pass, sleep } = await watched()
    await runtime.schedules.set('nine', { at: Date.UTC(2026, 0, 1, 9), missed: 'none' }, sit)
    sleep(10 * hour)
    await pass(hour)
    expect(said).toEqual([])
    expect(runtime.schedules.list()).toEqual([])
  })

  it('set to be after some time is after that time, whatever the date', async () => {
    for (const jump of [-3 * hour, 3 * hour]) {
      const { runtime, clock, said, pass } = await watched()
      await runtime.schedules.set('later', { after: 2 * hour }, sit)
      await pass(hour)
      clock.set(clock.now() + jump)
      await pass(hour - 1)
      expect(said).toEqual([])
      await pass(1)
      expect(said).toHaveLength(1)
    }
  })

  it.each([
    ['in the same process', false],
    ['in the next process', true],
  ])('by cron goes by the date again as soon as a date that was wrong is taken back, %s', async (_, crashes) => {
    const record = createRecord()
    const clock = createSimulatedClock()
    const start = clock.now()
    const said: number[] = []
    const live = async () => {
      const runtime = createRuntime({
        scheduler: suiteScheduler,
        journal: record.next(),
        clock,
        events: [command],
        random: seededRandom(7),
      })
      runtime.bus.subscribe(command, () => void said.push(clock.now() - start))
      await runtime.start()
      await runtime.schedules.set('hourly', { cron: '0 * * * *' }, sit)
      return runtime
    }
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += minute) {
        clock.advance(minute)
        await settle()
      }
    }
    let runtime = await live()
    await pass(90 * minute)
    clock.set(clock.now() + 5 * hour)
    await pass(hour)
    clock.set(clock.now() - 5 * hour)
    if (crashes) {
      await runtime.stop()
      runtime = await live()
    }
    await pass(2 * hour)
    await runtime.stop()
    // The second one is late: it makes up for what the date passed over.
    expect(said).toEqual([hour, 6.5 * hour + minute, 7 * hour, 3 * hour, 4 * hour])
  })

  /** It is set while the date is five days ahead, which is then taken back in the same process, or before the next one. */
  async function setAhead(schedule: Schedule, crashes: boolean) {
    const record = createRecord()
    const clock = createSimulatedClock()
    const start = clock.now()
    const said: number[] = []
    const live = async () => {
      const runtime = createRuntime({
        scheduler: suiteScheduler,
        journal: record.next(),
        clock,
        events: [command],
        random: seededRandom(7),
      })
      runtime.bus.subscribe(command, () => void said.push(clock.now() - start))
      onTestFinished(() => runtime.stop({ timeout: 0 }))
      await runtime.start()
      await runtime.schedules.set('tick', schedule, sit)
      return runtime
    }
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += minute / 2) {
        clock.advance(minute / 2)
        await settle()
      }
    }
    clock.set(start + 5 * 24 * hour)
    let runtime = await live()
    if (crashes) await runtime.stop()
    clock.set(start)
    if (crashes) runtime = await live()
    /** The next process begins, so long after the right date of the start. */
    const goesOnAt = async (ms: number) => {
      await runtime.stop()
      clock.set(start + ms)
      runtime = await live()
      await settle()
    }
    return { said, pass, goesOnAt, next: () => runtime.schedules.list()[0]?.next }
  }

  const inOneOrTwo = [
    ['in the same process', false],
    ['in the next process', true],
  ] as const

  it.each(inOneOrTwo)(
    'by cron that was set while the date was ahead goes by the one that is right, %s',
    async (_, crashes) => {
      const { said, pass } = await setAhead({ cron: '*/10 * * * *' }, crashes)
      await pass(30 * minute)
      expect(said).toEqual([10 * minute, 20 * minute, 30 * minute])
    },
  )

  it.each(inOneOrTwo)(
    'by cron that was set while the date was ahead happens so often all the same, %s',
    async (_, crashes) => {
      const { said, pass, next } = await setAhead({ cron: '0 9 * * *', times: 2 }, crashes)
      await pass(hour)
      expect(said).toEqual([])
      expect(next()).toBe(Date.UTC(2026, 0, 6, 9))
    },
  )

  it.each(inOneOrTwo)(
    'of every so often that was set while the date was ahead waits for that time alone, %s',
    async (_, crashes) => {
      const { said, pass } = await setAhead({ every: 10 * minute, times: 2 }, crashes)
      await pass(40 * minute)
      expect(said).toEqual([10 * minute, 20 * minute])
    },
  )

  it('by cron that was set while the date was ahead misses nothing once that date has come', async () => {
    const { said, pass, goesOnAt } = await setAhead({ cron: '0 0 * * *', missed: 'all' }, true)
    await pass(24 * hour)
    await goesOnAt(7 * 24 * hour - hour)
    expect(said.slice(1)).toHaveLength(5)
  })

  it('by cron happens again at a time that comes again right after a date was taken back', async () => {
    const { runtime, clock, said, pass } = await watched()
    await runtime.schedules.set('nine', { cron: '0 9 * * *' }, sit)
    await pass(7 * hour)
    clock.set(clock.now() + hour)
    await pass(2 * hour - 10_000, 10_000)
    clock.set(clock.now() - hour)
    await pass(minute, 10_000)
    expect(said).toHaveLength(2)
    expect(said[1]).toBeLessThanOrEqual(9 * hour + minute / 2)
  })

  it('by cron says nothing twice when the clock is corrected by seconds', async () => {
    const { runtime, clock, said, pass } = await watched()
    await runtime.schedules.set('hourly', { cron: '0 * * * *' }, sit)
    await pass(hour)
    clock.set(clock.now() - 20_000)
    await pass(hour, minute)
    expect(said).toHaveLength(1)
  })

  it('that says something every so often goes on doing so when the clock is set back, in the next process too', async () => {
    const record = createRecord()
    const clock = createSimulatedClock()
    for (const back of [3 * hour, 0]) {
      const runtime = createRuntime({
        scheduler: suiteScheduler,
        journal: record.next(),
        clock,
        events: [command],
        random: seededRandom(7),
      })
      let said = 0
      runtime.bus.subscribe(command, () => void said++)
      await runtime.start()
      await runtime.schedules.set('tick', { every: minute }, sit)
      clock.set(clock.now() - back)
      for (let minutes = 0; minutes < 5; minutes++) {
        clock.advance(minute)
        await settle()
      }
      expect(said).toBe(5)
      await runtime.stop()
    }
  })
})
