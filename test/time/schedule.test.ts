import fc from 'fast-check'
import type { Missed, Schedule } from 'troupe'
import { ScheduleError } from 'troupe'
import { describe, expect, it, vi } from 'vitest'
import { dueOf, missedOf, nextOf } from '../../src/time/occurrences.ts'
import { planned } from '../../src/time/schedule.ts'

const never = Number.NEGATIVE_INFINITY
const minute = 60_000
const day = 86_400_000
const year = 365 * day
const at = (iso: string) => Date.parse(iso)
const iso = (moment: number) => new Date(moment).toISOString()

/** The first occurrences, at most so many. */
function firstOf(schedule: Schedule, startedAt: number, most: number): readonly number[] {
  const found: number[] = []
  const plan = planned(schedule, startedAt)
  let next = nextOf(schedule, never, startedAt)
  while (next !== undefined && found.length < most) {
    found.push(next)
    next = nextOf(plan, next, startedAt)
  }
  return found
}

const isoOf = (schedule: Schedule, start: string, most: number) => firstOf(schedule, at(start), most).map(iso)

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Kathmandu',
  'Africa/Casablanca',
]
const anyZone = fc.constantFrom(...zones)
const anyStart = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') })
const anyCron = fc.constantFrom(
  '* * * * *',
  '*/20 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '15,45 1-3 * * *',
  '0 9 * * 1-5',
  '0 0 31 * *',
  '0 0 L * *',
  '0 0 29 2 *',
  '59 23 1,15 * MON',
  '*/10 * * * * *',
  '@weekly',
)
const anyMissed = fc.constantFrom<Missed>('once', 'all', 'none')
const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const anyTimes = some(fc.integer({ min: 1, max: 30 }))

/** A schedule, and when it begins. */
const anySchedule: fc.Arbitrary<{ readonly schedule: Schedule; readonly startedAt: number }> = fc
  .tuple(
    anyStart,
    fc.oneof(
      fc.record({ at: anyStart }),
      fc.record({ after: fc.integer({ min: 0, max: year }) }),
      fc.record({ every: fc.integer({ min: 1, max: year }), from: some(anyStart), times: anyTimes }),
      fc.record({ cron: anyCron, timezone: some(anyZone), from: some(anyStart), times: anyTimes }),
    ),
    anyMissed,
  )
  .map(([startedAt, schedule, missed]) => ({ schedule: { ...schedule, missed }, startedAt }))

/** How a moment is called where a clock hangs on the wall. */
const wall = (timezone: string) => {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  })
  return (moment: number) => {
    const [date = '', time = ''] = format.format(moment).split(', ')
    return { date, time }
  }
}

describe('a schedule', () => {
  it('may be a moment, given in milliseconds, as a date or as text', () => {
    for (const moment of [1_767_225_600_000, new Date('2026-01-01T00:00:00Z'), '2026-01-01T01:00:00+01:00'])
      expect(firstOf({ at: moment }, 0, 5)).toEqual([1_767_225_600_000])
  })

  it('may be a while after its start', () => {
    expect(firstOf({ after: 1_500 }, 1_000, 5)).toEqual([2_500])
    expect(firstOf({ after: 0 }, 1_000, 5)).toEqual([1_000])
  })

  it('may be every so often, from its start or from a moment on, up to a moment, so many times', () => {
    expect(firstOf({ every: 100 }, 1_000, 3)).toEqual([1_100, 1_200, 1_300])
    expect(firstOf({ every: 100, from: 1_050 }, 1_000, 3)).toEqual([1_050, 1_150, 1_250])
    expect(firstOf({ every: 100, from: 1_000 }, 1_000, 2)).toEqual([1_000, 1_100])
    expect(firstOf({ every: 100, until: 1_200 }, 1_000, 5)).toEqual([1_100, 1_200])
    expect(firstOf({ every: 100, times: 2 }, 1_000, 5)).toEqual([1_100, 1_200])
    expect(firstOf({ every: 100, times: 2, until: 1_100 }, 1_000, 5)).toEqual([1_100])
  })

  it('that goes by a moment in the past stays in step with it, and counts from its start', () => {
    expect(firstOf({ every: 100, from: 30, times: 2 }, 1_000, 5)).toEqual([1_030, 1_130])
    expect(firstOf({ every: 100, from: 0 }, 1_000, 1)).toEqual([1_100])
  })

  it('may be a cron pattern, in UTC or another time zone', () => {
    const friday = '2026-05-01T12:00:00Z'
    expect(isoOf({ cron: '0 9 * * 1-5' }, friday, 2)).toEqual(['2026-05-04T09:00:00.000Z', '2026-05-05T09:00:00.000Z'])
    expect(isoOf({ cron: '0 9 * * 1-5', timezone: 'Europe/Berlin', times: 1 }, friday, 2)).toEqual([
      '2026-05-04T07:00:00.000Z',
    ])
    expect(isoOf({ cron: '30 0 9 * * *', until: '2026-05-02T09:00:30Z' }, friday, 2)).toEqual([
      '2026-05-02T09:00:30.000Z',
    ])
    expect(isoOf({ cron: '@monthly', from: '2027-01-01T00:00:00Z' }, friday, 2)).toEqual([
      '2027-01-01T00:00:00.000Z',
      '2027-02-01T00:00:00.000Z',
    ])
  })

  it('by cron that begins in one of its moments waits for the next', () => {
    expect(isoOf({ cron: '0 9 * * *' }, '2026-05-01T09:00:00Z', 1)).toEqual(['2026-05-02T09:00:00.000Z'])
  })

  it('happens at moments that only ever grow, each of which is found from any moment since the one before', () => {
    fc.assert(
      fc.property(anySchedule, fc.double({ min: 0, max: 1, noNaN: true }), ({ schedule, startedAt }, part) => {
        let before = never
        for (const moment of firstOf(schedule, startedAt, 5)) {
          expect(moment).toBeGreaterThan(before)
          if (before > never) expect(nextOf(schedule, before + part * (moment - 1 - before), startedAt)).toBe(moment)
          expect(nextOf(schedule, moment - 1, startedAt)).toBe(moment)
          before = moment
        }
      }),
      { numRuns: 60 },
    )
  })

  it('never happens before its start, but for a moment that was over by then', () => {
    fc.assert(
      fc.property(anySchedule, ({ schedule, startedAt }) => {
        const first = nextOf(schedule, never, startedAt)
        if (!('at' in schedule)) expect(first).toBeGreaterThanOrEqual(startedAt)
      }),
    )
  })

  it('knows the time between two milliseconds, and before 1970', () => {
    for (const schedule of [{ cron: '* * * * * *' }, { every: 1_000 }]) {
      expect(nextOf(schedule, -0.5, -10_000)).toBe(0)
      expect(nextOf(schedule, -1_500.5, -10_000)).toBe(-1_000)
      expect(missedOf(schedule, never, 0.5, -10_000)).toEqual([0])
    }
  })

  it('happens as often as it says', () => {
    const counted = anySchedule.filter(({ schedule }) => 'times' in schedule && schedule.times !== undefined)
    fc.assert(
      fc.property(counted, ({ schedule, startedAt }) => {
        const times = 'times' in schedule ? schedule.times : 0
        expect(firstOf(schedule, startedAt, 40)).toHaveLength(times ?? 0)
      }),
      { numRuns: 40 },
    )
  })

  it('does not drift: however late each occurrence is noticed, the k-th is its start + k times its length', () => {
    const lengths = fc.integer({ min: 1, max: year })
    fc.assert(
      fc.property(
        anyStart,
        lengths,
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (start, every, lates) => {
          let now = start
          for (const [place, late] of lates.entries()) {
            const next = nextOf({ every }, now, start)
            expect(next).toBe(start + (place + 1) * every)
            now = (next ?? 0) + Math.floor(late * every)
          }
        },
      ),
    )
  })

  it('does not drift in a million years either', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 8_000_000_000 }), (every, k) => {
        const moment = k * every
        expect(nextOf({ every }, moment - 1, 0)).toBe(moment)
        expect(nextOf({ every }, moment, 0)).toBe(moment + every)
      }),
    )
  })

  it('is calculated: no timer is ever set', () => {
    const timeout = vi.spyOn(globalThis, 'setTimeout')
    firstOf({ cron: '* * * * * *' }, 0, 100)
    missedOf({ cron: '* * * * * *', missed: 'all' }, never, 100_000, 0)
    expect(timeout).not.toHaveBeenCalled()
    timeout.mockRestore()
  })
})

describe('the clock on the wall', () => {
  it('shows what a daily pattern says, once on every day, unless that time of day is skipped', () => {
    const times = fc.record({ hour: fc.integer({ min: 0, max: 23 }), minutes: fc.integer({ min: 0, max: 59 }) })
    fc.assert(
      fc.property(anyZone, times, fc.integer({ min: 2015, max: 2035 }), (timezone, { hour, minutes }, inYear) => {
        const read = wall(timezone)
        const start = Date.UTC(inYear, 0, 1)
        const all = firstOf({ cron: `${minutes} ${hour} * * *`, timezone }, start, 366).map(one => ({
          one,
          ...read(one),
        }))
        expect(new Set(all.map(({ date }) => date)).size).toBe(all.length)
        const wanted = [hour, minutes].map(part => `${part}`.padStart(2, '0')).join(':')
        for (const { one, date, time } of all) {
          if (time === wanted) continue
          // Skipped: it is the first moment after the clock went forward, past the wanted time.
          const before = read(one - minute)
          expect(`${before.date} ${before.time}` < `${date} ${wanted}` && wanted < time).toBe(true)
        }
        for (const [place, { one }] of all.slice(1).entries())
          expect(one - (all[place]?.one ?? 0)).toBeLessThanOrEqual(day + 2 * 60 * minute)
      }),
      { numRuns: 10 },
    )
  })

  it('goes forward: what would be skipped happens at the first moment after', () => {
    expect(isoOf({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
    expect(isoOf({ cron: '0 0 * * *', timezone: 'America/Santiago' }, '2026-09-05T12:00:00Z', 2)).toEqual([
      '2026-09-06T04:00:00.000Z',
      '2026-09-07T03:00:00.000Z',
    ])
  })

  it('goes back: a time of day that comes twice counts once, what is every so often goes on', () => {
    expect(isoOf({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
    expect(isoOf({ cron: '*/30 * * * *', timezone: 'Europe/Berlin' }, '2026-10-25T00:00:00Z', 5)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T02:00:00.000Z',
      '2026-10-25T02:30:00.000Z',
    ])
  })

  it('is no matter of milliseconds: a day of 24 hours is another one after it changed', () => {
    const start = '2026-03-28T08:00:00Z'
    expect(isoOf({ every: day }, start, 1)).toEqual(['2026-03-29T08:00:00.000Z'])
    expect(isoOf({ cron: '0 9 * * *', timezone: 'Europe/Berlin' }, start, 1)).toEqual(['2026-03-29T07:00:00.000Z'])
  })
})

describe('the calendar', () => {
  it('has a 29th of February every fourth year, but for most full hundreds', () => {
    expect(isoOf({ cron: '0 0 29 2 *' }, '2095-01-01T00:00:00Z', 3)).toEqual([
      '2096-02-29T00:00:00.000Z',
      '2104-02-29T00:00:00.000Z',
      '2108-02-29T00:00:00.000Z',
    ])
  })

  it('has a 31st in seven months, and an end in all', () => {
    fc.assert(
      fc.property(anyStart, start => {
        const date = (moment: number) => new Date(moment)
        for (const moment of firstOf({ cron: '0 0 31 * *' }, start, 14)) expect(date(moment).getUTCDate()).toBe(31)
        const months = firstOf({ cron: '0 0 31 * *' }, start, 7).map(moment => date(moment).getUTCMonth())
        expect(new Set(months)).toEqual(new Set([0, 2, 4, 6, 7, 9, 11]))
        const ends = firstOf({ cron: '0 0 L * *' }, start, 24)
        for (const moment of ends) expect(date(moment + day).getUTCDate()).toBe(1)
        expect(new Set(ends.map(moment => date(moment).getUTCMonth())).size).toBe(12)
      }),
      { numRuns: 10 },
    )
  })
})

describe('what was missed', () => {
  it('happens once, late, by default; then it goes on as planned', () => {
    const schedule: Schedule = { every: 1_000 }
    expect(missedOf(schedule, 2_000, 5_500, 0)).toEqual([5_000])
    expect(nextOf(schedule, 5_499, 0)).toBe(6_000)
  })

  it('happens not at all, or as often as it was missed', () => {
    expect(missedOf({ every: 1_000, missed: 'none' }, 2_000, 5_500, 0)).toEqual([])
    expect(missedOf({ every: 1_000, missed: 'all' }, 2_000, 5_500, 0)).toEqual([3_000, 4_000, 5_000])
  })

  it('is at most 1,000, the newest', () => {
    for (const schedule of [
      { every: minute, missed: 'all' },
      { cron: '* * * * *', missed: 'all' },
    ] as const) {
      const missed = missedOf(schedule, never, at('2026-01-01T00:00:30Z'), at('2025-01-01T00:00:00Z'))
      expect(missed).toHaveLength(1_000)
      expect(missed.at(-1)).toBe(at('2026-01-01T00:00:00Z'))
      expect(missed[0]).toBe(at('2026-01-01T00:00:00Z') - 999 * minute)
    }
  })

  it('is what was due before now, no more and no less, by whichever rule', () => {
    const parts = fc.tuple(fc.nat({ max: 10 }), fc.nat({ max: 10 }))
    fc.assert(
      fc.property(anySchedule, parts, ({ schedule, startedAt }, [seen, later]) => {
        const all = firstOf(schedule, startedAt, seen + later + 2)
        const since = seen === 0 ? never : (all[Math.min(seen, all.length) - 1] ?? never)
        const now = all.at(-1) ?? 0
        const due = all.filter(moment => moment > since && moment < now)
        expect(missedOf({ ...schedule, missed: 'all' }, since, now, startedAt)).toEqual(due)
        expect(missedOf({ ...schedule, missed: 'once' }, since, now, startedAt)).toEqual(due.slice(-1))
        expect(missedOf({ ...schedule, missed: 'none' }, since, now, startedAt)).toEqual([])
        // What is due right now is on time.
        expect(nextOf(schedule, now - 1, startedAt)).toBe(now)
      }),
      { numRuns: 40 },
    )
  })

  it('is nothing once it is over', () => {
    expect(missedOf({ every: 1_000, times: 2, missed: 'all' }, 2_000, 9_000, 0)).toEqual([])
    expect(missedOf({ every: 1_000, times: 3, missed: 'all' }, 2_000, 9_000, 0)).toEqual([3_000])
  })

  it('ends with the last moment that the schedule allows', () => {
    expect(missedOf({ every: 1_000, until: 2_000, missed: 'all' }, 0, 9_000, 0)).toEqual([1_000, 2_000])
    expect(missedOf({ every: 1_000, until: 1_999, missed: 'all' }, 0, 9_000, 0)).toEqual([1_000])
  })

  it('begins with the moment from which a pattern counts, if that is one of its moments', () => {
    const schedule: Schedule = { cron: '* * * * *', from: minute, missed: 'all' }
    expect(missedOf(schedule, never, 3 * minute, 0)).toEqual([minute, 2 * minute])
    expect(missedOf(schedule, never, minute, 0)).toEqual([])
  })

  it('may be a moment that was over before it began', () => {
    expect(missedOf({ at: 500 }, never, 1_000, 1_000)).toEqual([500])
    expect(missedOf({ at: 500, missed: 'none' }, never, 1_000, 1_000)).toEqual([])
    expect(nextOf({ at: 500 }, 999, 1_000)).toBe(undefined)
  })
})

describe('what is due', () => {
  const dueAt = (missed: Missed, since: number, now: number) => dueOf(planned({ every: day, missed }, 0), since, now, 0)

  it('is what happens at this very millisecond, and nothing of the next', () => {
    for (const missed of ['none', 'once', 'all'] as const) {
      expect(dueAt(missed, never, day), missed).toEqual([day])
      expect(dueAt(missed, never, day - 1), missed).toEqual([])
      expect(dueAt(missed, day, day), missed).toEqual([])
    }
  })

  it('is not what is late by a minute, if what was missed does not happen', () => {
    expect(dueAt('none', never, day + minute - 1)).toEqual([day])
    expect(dueAt('none', never, day + minute)).toEqual([])
    expect(dueAt('once', never, day + minute)).toEqual([day])
  })

  it('is the newest, or all of them, when the machine slept', () => {
    expect(dueAt('none', never, 3 * day)).toEqual([3 * day])
    expect(dueAt('once', never, 3 * day)).toEqual([3 * day])
    expect(dueAt('all', never, 3 * day)).toEqual([day, 2 * day, 3 * day])
  })

  it('is nothing after the last moment that a date can hold', () => {
    expect(nextOf({ cron: '* * * * *' }, 8_640_000_000_000_000, 0)).toBe(undefined)
  })
})

describe('a planned schedule', () => {
  it('says what depends on its start, as JSON', () => {
    expect(planned({ after: 500 }, 1_000)).toEqual({ at: 1_500, missed: 'once' })
    expect(planned({ every: 500, times: 3, missed: 'all' }, 1_000)).toEqual({
      every: 500,
      from: 1_500,
      until: 2_500,
      missed: 'all',
    })
    const until = new Date('2026-12-31T00:00:00Z')
    expect(planned({ cron: '@daily', until, from: '2026-01-01T00:00:00Z' }, 0)).toEqual({
      cron: '@daily',
      timezone: 'UTC',
      from: at('2026-01-01T00:00:00Z'),
      until: until.getTime(),
      missed: 'once',
    })
  })

  it('is the same schedule, also when it comes out of a journal', () => {
    fc.assert(
      fc.property(anySchedule, ({ schedule, startedAt }) => {
        const plan = planned(schedule, startedAt)
        const read: Schedule = JSON.parse(JSON.stringify(plan))
        expect(planned(read, startedAt)).toStrictEqual(plan)
        expect(planned(plan, startedAt + 1)).toBe(plan)
        expect(firstOf(read, startedAt, 5)).toEqual(firstOf(schedule, startedAt, 5))
      }),
      { numRuns: 50 },
    )
  })

  it('cannot be changed', () => {
    const plan = planned({ every: 500 }, 0)
    expect(() => Reflect.set(plan, 'every', 1) || expect.unreachable()).toThrow()
    const mine = { every: 500 }
    expect(nextOf(mine, 0, 0)).toBe(500)
    mine.every = 700
    expect(nextOf(mine, 0, 0)).toBe(700)
  })
})

describe('a schedule that cannot be', () => {
  /** As from a program without types. */
  const plan = (given: unknown) => Reflect.apply(planned, undefined, [given, at('2026-01-01T00:00:00Z')])

  it.each([
    [
      { every: 0 },
      'every',
      '"every" of a schedule cannot be 0: that is no whole number from 1. Write { every: 60_000 }.',
    ],
    [{ every: 1.5 }, 'every', 'cannot be 1.5'],
    [{ every: '60' }, 'every', 'cannot be "60"'],
    [{ every: 8_640_000_000_000_000 }, 'every', 'no date reaches that far'],
    [{ after: -1 }, 'after', 'no whole number from 0'],
    [{ after: 8_640_000_000_000_000 }, 'after', 'no date reaches that far'],
    [{ at: '2026-05-01' }, 'at', 'ISO 8601 with seconds and zone such as "2026-05-01T09:00:00Z"'],
    [{ at: '2026-05-01T09:00:00' }, 'at', 'that is no moment'],
    [{ at: '2026-02-29T09:00:00Z' }, 'at', 'that is no moment'],
    [{ at: new Date(Number.NaN) }, 'at', 'cannot be Invalid Date'],
    [{ at: 1e16 }, 'at', 'that is no moment'],
    [{ at: undefined }, 'at', 'that is no moment'],
    [{ every: 5, until: 'soon' }, 'until', 'cannot be "soon"'],
    [{ every: 5, until: '2025-01-01T00:00:00Z' }, 'until', 'it is over before anything happens'],
    [{ every: 5, times: 0 }, 'times', 'no whole number from 1'],
    [{ cron: '0 25 * * *' }, 'cron', '"0 25 * * *": Invalid value for hour: 25. Write { cron: "0 9 * * 1-5" }'],
    [{ cron: '0 9 * *' }, 'cron', 'it has five, six or seven fields'],
    [{ cron: '2026-01-01T00:00:00Z' }, 'cron', 'it has five, six or seven fields'],
    [{ cron: '@reboot' }, 'cron', '@reboot'],
    [{ cron: '0 0 30 2 *' }, 'cron', 'that never happens'],
    [{ cron: 5 }, 'cron', 'cannot be 5'],
    [{ cron: 'x'.repeat(1_000_000) }, 'cron', '...'],
    [{ cron: '@daily', timezone: 'Mars/Olympus' }, 'timezone', 'Write { timezone: "Europe/Berlin" }'],
    [
      { cron: '@daily', timeZone: 'Europe/Berlin' },
      'timeZone',
      'with cron it knows no such word. Write cron, missed, timezone',
    ],
    [{ cron: '@daily', times: 1_001 }, 'times', 'no whole number from 1 to 1000'],
    [{ at: 5, times: 2 }, 'times', 'with at it knows no such word'],
    [{ at: 5, every: 5 }, 'kind', 'it says one of at, after, every and cron'],
    [{}, 'kind', 'it says one of'],
    [{ every: 5, missed: 'some' }, 'missed', '"once", "all" or "none"'],
    ['@daily', 'kind', 'it is an object'],
    [null, 'kind', 'it is an object'],
  ])('is refused with what to write instead: %j', (given, field, sentence) => {
    expect(() => plan(given)).toThrow(ScheduleError)
    expect(() => plan(given)).toThrow(expect.objectContaining({ code: 'SCHEDULE', field }))
    expect(() => plan(given)).toThrow(sentence)
  })

  it('says so in few words, however much was given', () => {
    expect(() => plan({ cron: 'x '.repeat(500_000) })).toThrow(/^.{1,400}$/s)
  })
})
