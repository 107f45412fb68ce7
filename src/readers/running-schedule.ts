import type { ScheduleStanding } from '../journal/fold/schedules.ts'
import { inTime, nextOf } from '../time/occurrences.ts'
import { type PlannedSchedule, planned } from '../time/schedule.ts'

/** A schedule that is not over. */
export interface Running extends ScheduleStanding {
  plan: PlannedSchedule
  startedAt: number
  next: number
  /** Whether the wait is measured in passing time, not by the date. */
  readonly isMeasured: boolean
  cancel: () => void
}

/**
 * The last occurrence that happened, epoch milliseconds; the next occurrence comes after it. If the date was set back since, the
 * last occurrence of a `cron` does not count: occurrences that are due by the present date happen again.
 */
export function lastOf({ plan, last = Number.NEGATIVE_INFINITY }: Running, now: number): number {
  return 'cron' in plan && last - now > inTime ? Number.NEGATIVE_INFINITY : last
}

/**
 * The clock was set back, so that an earlier occurrence may be the next one, or may be due already.
 *
 * @param looked when the date was read before, by the present clock: occurrences after it happen again
 */
export function setBack(running: Running, looked: number): void {
  beginBy(running, looked)
  const { plan, startedAt, next } = running
  running.next = nextOf(plan, looked, startedAt) ?? next
}

/**
 * A `cron` without a `from` began by a date that was wrong and is set back now: it begins by the right date. A `cron` with an end
 * does not, because the number of its occurrences would be wrong.
 */
export function beginBy(running: Running, now: number): void {
  const { plan, startedAt, last = startedAt } = running
  if (!('cron' in plan) || plan.until !== undefined || plan.from !== startedAt + 1) return
  const start = Math.min(last, startedAt - now > inTime ? now : startedAt)
  if (start >= startedAt) return
  const { cron, timezone, missed } = plan
  running.plan = planned({ cron, timezone, missed }, start)
  running.startedAt = start
}

/**
 * Milliseconds until the next occurrence: by the date, which may have been corrected, or by measuring. An `every` takes the
 * smaller of the two, and never waits longer than `every` after the last occurrence, or after its start if it has no later
 * `from`.
 *
 * @param measured milliseconds that are left by measuring
 */
export function leftOf({ plan, startedAt, next, last, isMeasured }: Running, now: number, measured: number): number {
  const byDate = next - now
  if (isMeasured && measured < Number.POSITIVE_INFINITY) return measured
  if (!('every' in plan)) return byDate
  const beginsLater = last === undefined && plan.from > startedAt + plan.every
  return Math.min(byDate, measured, beginsLater ? Number.POSITIVE_INFINITY : plan.every)
}
