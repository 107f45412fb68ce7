import * as z from 'zod'
import { TroupeError, textOf } from '../errors.ts'
import { lazily } from '../lazily.ts'
import { cronMoments, lastMoment } from './cron.ts'

/** A point in time: epoch milliseconds, a date, or ISO 8601 with seconds and zone, such as `2026-05-01T09:00:00+02:00`. */
export type Moment = number | Date | string

/**
 * What happens to missed occurrences: their time passed while the process was down or the machine slept, or because the clock was
 * set forward. `once` (the default): the newest happens late. `all`: all happen late, at most the newest 1,000. `none`: none
 * happens. Then the schedule goes on as planned.
 */
export type Missed = 'once' | 'all' | 'none'

interface MissedRule {
  readonly missed?: Missed
}

/** The first and last moment, and the number of occurrences. */
interface Span {
  /** Nothing happens before this moment. */
  readonly from?: Moment
  /** Nothing happens after this moment. */
  readonly until?: Moment
  /** How many occurrences there are; missed occurrences count too. */
  readonly times?: number
}

/** Once, at a date. */
export interface ScheduleAt extends MissedRule {
  readonly at: Moment
}

/** Once, after some time. */
export interface ScheduleAfter extends MissedRule {
  /**
   * Milliseconds from its start, by passing time: a corrected clock does not change it. Another process uses the date that was
   * calculated at the start.
   */
  readonly after: number
}

/** Again and again, each time after the same span of time. */
export interface ScheduleEvery extends MissedRule, Span {
  /**
   * Milliseconds of passing time: a day is not always 86,400,000. The first occurrence is at `from`, or without `from` this long
   * after the start. Each next occurrence is calculated from the first, so that delays do not add up. If the clock is set back,
   * the next occurrence still waits no longer than `every`. If the clock is set forward, an occurrence comes sooner.
   */
  readonly every: number
}

/** Again and again, at dates that a cron expression names. */
export interface ScheduleCron extends MissedRule, Span {
  /**
   * Minute, hour, day of the month, month, day of the week; seconds may stand before them, and years behind; or a word such as
   * `@daily`. If days of the month and days of the week are given, either of them is enough. Daylight saving: a time of day that
   * is skipped happens at the first moment after the gap, and a time of day that comes twice happens once. A pattern with a
   * wildcard, step, list or range among hours, minutes or seconds follows the clock on the wall in both cases. If the date is set
   * back by more than a minute, the schedule follows the corrected date, and times that come again happen again. A schedule with
   * `times` or `until` still begins when it was planned to begin: at its start, by the date of then.
   */
  readonly cron: string
  /**
   * The time zone of the hours and days, such as `Europe/Berlin`; `UTC` by default, so that the schedule is the same on every
   * machine.
   */
  readonly timezone?: string
  /** How many occurrences there are; missed occurrences count too. At most 1,000. */
  readonly times?: number
}

/**
 * When something happens, once or again and again. An inert value.
 *
 * @example
 * const reminder: Schedule = { at: '2026-05-01T09:00:00Z' }
 * const heartbeat: Schedule = { every: 60_000, times: 10 }
 * const report: Schedule = { cron: '0 9 * * 1-5', timezone: 'Europe/Berlin', missed: 'none' }
 */
export type Schedule = ScheduleAt | ScheduleAfter | ScheduleEvery | ScheduleCron

/**
 * A schedule that has begun, with all fields as JSON values, for the journal. It can be used as a schedule, and then is the same
 * schedule.
 */
export type PlannedSchedule = PlannedOnce | PlannedEvery | PlannedCron

/** A `ScheduleAt` or `ScheduleAfter` that has begun. */
export interface PlannedOnce {
  readonly at: number
  readonly missed: Missed
}

interface PlannedSpan {
  readonly from: number
  readonly until?: number
  readonly missed: Missed
}

/** A `ScheduleEvery` that has begun. */
export interface PlannedEvery extends PlannedSpan {
  readonly every: number
}

/** A `ScheduleCron` that has begun. */
export interface PlannedCron extends PlannedSpan {
  readonly cron: string
  readonly timezone: string
}

/** The options of each kind of schedule. */
const options = {
  at: [],
  after: [],
  every: ['from', 'until', 'times'],
  cron: ['timezone', 'from', 'until', 'times'],
} as const

const kinds = ['at', 'after', 'every', 'cron'] as const

const mostByCron = 1_000

/** Schedules that were planned in this process need no second check. */
const plans = new WeakMap<Schedule, PlannedSchedule>()

/**
 * Checks a schedule and works out what depends on its start: `after` becomes `at`, `times` becomes `until`.
 *
 * @example
 * planned({ every: 1_000, times: 3 }, 0) // { every: 1_000, from: 1_000, until: 3_000, missed: 'once' }
 *
 * @param startedAt epoch milliseconds
 * @throws ScheduleError if its fields contradict each other, or nothing would ever happen
 */
export function planned(schedule: Schedule, startedAt: number): PlannedSchedule {
  const known = plans.get(schedule)
  if (known) return known
  const missed = missedRuleOf(schedule)
  checkOptions(schedule)
  const plan = Object.freeze({ ...planOf(schedule, Math.floor(startedAt)), missed })
  plans.set(plan, plan)
  return plan
}

function planOf(schedule: Schedule, startedAt: number) {
  if ('at' in schedule) return { at: momentOf('at', schedule.at) }
  if ('after' in schedule) return { at: laterOf(schedule.after, startedAt) }
  return 'every' in schedule ? everyOf(schedule, startedAt) : byCron(schedule, startedAt)
}

function laterOf(after: number, startedAt: number): number {
  const at = startedAt + whole('after', after, { least: 0 }, '{ after: 5_000 }')
  if (at <= lastMoment) return at
  throw new ScheduleError('after', after, 'no date reaches that far', '{ after: 5_000 }')
}

function everyOf({ every, ...span }: ScheduleEvery, startedAt: number) {
  const ms = whole('every', every, { least: 1 }, '{ every: 60_000 }')
  const { times } = span
  const begin = span.from === undefined ? startedAt + ms : momentOf('from', span.from)
  const from = begin >= startedAt ? begin : startedAt + ms - ((startedAt - begin) % ms)
  if (from > lastMoment) throw new ScheduleError('every', every, 'no date reaches that far', '{ every: 60_000 }')
  if (times !== undefined) whole('times', times, { least: 1 }, '{ every: 60_000, times: 10 }')
  const last = times === undefined ? undefined : from + (times - 1) * ms
  return { every: ms, from, ...endOf(span, from, last) }
}

function byCron({ cron, timezone = 'UTC', times, ...span }: ScheduleCron, startedAt: number) {
  checkTimezone(timezone)
  const { next } = momentsOf(cron, timezone)
  const begin = span.from === undefined ? Number.NEGATIVE_INFINITY : momentOf('from', span.from)
  // Without `from`, the first occurrence comes after the start, not at it.
  const from = begin >= startedAt ? begin : startedAt + 1
  const first = next(from - 1)
  if (first === undefined) throw new ScheduleError('cron', cron, 'that never happens', example)
  if (times !== undefined) whole('times', times, { least: 1, most: mostByCron }, '{ cron: "0 9 * * 1-5", times: 10 }')
  let last = times === undefined ? undefined : first
  for (let count = 1; last !== undefined && count < (times ?? 0); count++) last = next(last)
  return { cron, timezone, from, ...endOf(span, first, last) }
}

/** @param last the last occurrence, if the schedule has `times` */
function endOf({ until }: Span, first: number, last = Number.POSITIVE_INFINITY): { readonly until?: number } {
  const end = Math.min(last, until === undefined ? Number.POSITIVE_INFINITY : momentOf('until', until))
  if (first > end)
    throw new ScheduleError('until', until, 'it is over before anything happens', 'a later moment, or leave it out')
  return end <= lastMoment ? { until: end } : {}
}

const example = '{ cron: "0 9 * * 1-5" }: minute, hour, day of the month, month, day of the week'

function momentsOf(cron: string, timezone: string) {
  try {
    return cronMoments(cron, timezone)
  } catch (error) {
    throw new ScheduleError('cron', cron, textOf(error).replace(/^CronPattern: /, ''), example)
  }
}

function checkTimezone(timezone: string): void {
  try {
    // Throws for a time zone that does not exist.
    Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    throw new ScheduleError('timezone', timezone, 'there is none of this name', '{ timezone: "Europe/Berlin" }')
  }
}

/** A schedule has exactly one kind and only the options of that kind: a misspelt option would be ignored silently. */
function checkOptions(schedule: Schedule): void {
  const said = Object.keys(schedule)
  const [kind, ...more] = kinds.filter(one => said.includes(one))
  if (kind === undefined || more.length > 0)
    throw new ScheduleError('kind', said.join(', '), 'it says one of at, after, every and cron', '{ every: 60_000 }')
  const may: readonly string[] = [kind, 'missed', ...options[kind]]
  const strange = said.find(one => !may.includes(one))
  if (strange !== undefined)
    throw new ScheduleError(
      strange,
      Reflect.get(schedule, strange),
      `with ${kind} it knows no such word`,
      may.join(', '),
    )
}

function missedRuleOf(schedule: Schedule): Missed {
  if (typeof schedule !== 'object' || schedule === null)
    throw new ScheduleError('kind', schedule, 'it is an object', '{ every: 60_000 }')
  const { missed = 'once' } = schedule
  if (missed === 'once' || missed === 'all' || missed === 'none') return missed
  throw new ScheduleError('missed', missed, 'there is no such rule', '"once", "all" or "none"')
}

const isoMoment = lazily(() => z.iso.datetime({ offset: true }))

function momentOf(field: string, moment: Moment): number {
  const at = epochOf(moment)
  if (Number.isInteger(at) && Math.abs(at) <= lastMoment) return at
  const write = 'epoch milliseconds, a date, or ISO 8601 with seconds and zone such as "2026-05-01T09:00:00Z"'
  throw new ScheduleError(field, moment, 'that is no moment', write)
}

function epochOf(moment: unknown): number {
  if (moment instanceof Date) return moment.getTime()
  if (typeof moment === 'number') return moment
  return isoMoment().safeParse(moment).success ? Date.parse(`${moment}`) : Number.NaN
}

interface Range {
  readonly least: number
  readonly most?: number
}

function whole(field: string, value: number, { least, most = lastMoment }: Range, write: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  const upTo = most === lastMoment ? '' : ` to ${most}`
  throw new ScheduleError(field, value, `that is no whole number from ${least}${upTo}`, write)
}

/** A schedule is wrong: a field is impossible, or fields contradict each other. */
export class ScheduleError extends TroupeError {
  readonly code = 'SCHEDULE'
  /** The wrong field; `kind` if the schedule is not exactly one kind. */
  readonly field: string
  readonly value: unknown
  constructor(field: string, value: unknown, wrong: string, write: string) {
    super(`"${field}" of a schedule cannot be ${shown(value)}: ${wrong}. Write ${write}.`)
    this.field = field
    this.value = value
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : textOf(value)
  return text.length > 100 ? `${text.slice(0, 100)}...` : text
}
