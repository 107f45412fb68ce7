import * as z from 'zod'
import { TroupeError, textOf } from '../errors.ts'
import { lazily } from '../lazily.ts'
import { cronMoments, lastMoment } from './cron.ts'

/** A point in time: epoch milliseconds, a date, or ISO 8601 with seconds and zone, such as `2026-05-01T09:00:00+02:00`. */
export type Moment = number | Date | string

/**
 * What becomes of occurrences whose time passed while the process was down or the machine slept, or because its clock was set
 * forward: the newest one happens late (`once`, the default), all of them do, of more than 1,000 the newest (`all`), or `none`.
 * Then it goes on as planned.
 */
export type Missed = 'once' | 'all' | 'none'

interface MissedRule {
  readonly missed?: Missed
}

/** Between when, and how often at most. */
interface Span {
  /** Nothing happens before; at this very moment it may. */
  readonly from?: Moment
  /** Nothing happens after; at this very moment it may. */
  readonly until?: Moment
  /** How many occurrences there are; those that were missed count. */
  readonly times?: number
}

/** Once, at a date. */
export interface ScheduleAt extends MissedRule {
  readonly at: Moment
}

/** Once, after some time. */
export interface ScheduleAfter extends MissedRule {
  /** Milliseconds from its start, however the clock is corrected; another process goes by the date that this led to. */
  readonly after: number
}

/** Again and again, each time after the same span of time. */
export interface ScheduleEvery extends MissedRule, Span {
  /**
   * Milliseconds of time that passes: a day is not always 86,400,000. It begins at `from`, if that is given, or else when so many
   * have passed since its start. Each occurrence is counted from the first, so that no delay adds up; where the clock is set back,
   * none waits longer than this for the one before, or the first for its start, and where it is set forward, one comes sooner.
   */
  readonly every: number
}

/** Again and again, at dates that a cron expression names. */
export interface ScheduleCron extends MissedRule, Span {
  /**
   * Minute, hour, day of the month, month, day of the week; seconds may stand before them, and years behind; or a word such as
   * `@daily`. Days of the month and of the week are alternatives where both are given. When clocks go forward, a time of day
   * that is skipped happens at the first moment after, and when they go back, it happens once; what happens every so often (a
   * wildcard, step, list or range among hours, minutes or seconds) goes by the clock on the wall both times. Where a date that was
   * wrong is taken back by more than a minute, it goes by the date that is right, and happens again at times that come again. One
   * that has `times` or `until` begins when it was to begin, though: at its start by the date of then.
   */
  readonly cron: string
  /** Whose hours and days these are, such as `Europe/Berlin`; `UTC` by default, so that it is the same on every machine. */
  readonly timezone?: string
  /** As above; at most 1,000. */
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

/** A schedule that has begun, complete and as JSON values, for the journal. It is a schedule too: the same one. */
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

/** What each kind may say besides. */
const options = {
  at: [],
  after: [],
  every: ['from', 'until', 'times'],
  cron: ['timezone', 'from', 'until', 'times'],
} as const

const kinds = ['at', 'after', 'every', 'cron'] as const

const mostByCron = 1_000

/** What was planned here needs no second look. */
const plans = new WeakMap<Schedule, PlannedSchedule>()

/**
 * Checks a schedule and works out what depends on its start: `after` becomes `at`, `times` becomes `until`.
 *
 * @example
 * planned({ every: 1_000, times: 3 }, 0) // { every: 1_000, from: 1_000, until: 3_000, missed: 'once' }
 *
 * @param startedAt epoch milliseconds
 * @throws ScheduleError if it says what cannot be, or nothing would ever happen
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
  const at = startedAt + whole('after', after, 0, '{ after: 5_000 }')
  if (at <= lastMoment) return at
  throw new ScheduleError('after', after, 'no date reaches that far', '{ after: 5_000 }')
}

function everyOf({ every, ...span }: ScheduleEvery, startedAt: number) {
  const ms = whole('every', every, 1, '{ every: 60_000 }')
  const { times } = span
  const begin = span.from === undefined ? startedAt + ms : momentOf('from', span.from)
  const from = begin >= startedAt ? begin : startedAt + ms - ((startedAt - begin) % ms)
  if (from > lastMoment) throw new ScheduleError('every', every, 'no date reaches that far', '{ every: 60_000 }')
  if (times !== undefined) whole('times', times, 1, '{ every: 60_000, times: 10 }')
  const last = times === undefined ? undefined : from + (times - 1) * ms
  return { every: ms, from, ...endOf(span, from, last) }
}

function byCron({ cron, timezone = 'UTC', times, ...span }: ScheduleCron, startedAt: number) {
  checkTimezone(timezone)
  const { next } = momentsOf(cron, timezone)
  const begin = span.from === undefined ? Number.NEGATIVE_INFINITY : momentOf('from', span.from)
  // Left to its start, it begins with the first moment after.
  const from = begin >= startedAt ? begin : startedAt + 1
  const first = next(from - 1)
  if (first === undefined) throw new ScheduleError('cron', cron, 'that never happens', example)
  if (times !== undefined) whole('times', times, 1, '{ cron: "0 9 * * 1-5", times: 10 }', mostByCron)
  let last = times === undefined ? undefined : first
  for (let count = 1; last !== undefined && count < (times ?? 0); count++) last = next(last)
  return { cron, timezone, from, ...endOf(span, first, last) }
}

/** @param last the last occurrence, if they are counted */
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
    // Only to see whether there is one.
    Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    throw new ScheduleError('timezone', timezone, 'there is none of this name', '{ timezone: "Europe/Berlin" }')
  }
}

/** Exactly one kind, and nothing that it does not know: a misspelt word would be left out without a sound. */
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

function whole(field: string, value: number, least: number, write: string, most = lastMoment): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  const upTo = most === lastMoment ? '' : ` to ${most}`
  throw new ScheduleError(field, value, `that is no whole number from ${least}${upTo}`, write)
}

/** A schedule says what cannot be. */
export class ScheduleError extends TroupeError {
  readonly code = 'SCHEDULE'
  /** What is wrong in it; `kind`, if that is the whole of it. */
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
