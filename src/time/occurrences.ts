import { cronMoments, lastMoment, type Moments } from './cron.ts'
import { type PlannedSchedule, planned, type Schedule } from './schedule.ts'

/** Most missed occurrences that happen late. */
const mostMissed = 1_000

/** Milliseconds that an occurrence may be late without counting as missed: programs are busy, and timers are late. */
export const inTime = 60_000

/**
 * The first occurrence of a schedule after a moment.
 *
 * @example
 * nextOf({ every: 1_000 }, 5_500, 0) // 6_000
 *
 * @param after epoch milliseconds; `-Infinity` for the first of all
 * @param startedAt when the schedule began, epoch milliseconds
 * @returns epoch milliseconds, or nothing when it is over
 * @throws ScheduleError
 */
export function nextOf(schedule: Schedule, after: number, startedAt: number): number | undefined {
  const plan = planned(schedule, startedAt)
  const next = momentsOf(plan).next(Math.floor(after))
  return next !== undefined && next <= endOf(plan) ? next : undefined
}

/**
 * The occurrences that happen late, because the process was down or the machine slept at their time: the occurrences after
 * `since` and before `now`, as far as `missed` of the schedule wants them. What is due at `now` or later is not missed: `nextOf`
 * finds it.
 *
 * @example
 * for (const at of missedOf(schedule, lastOne, now, startedAt)) happen(at)
 * const next = nextOf(schedule, now - 1, startedAt)
 *
 * @param since the last occurrence that happened, epoch milliseconds; `-Infinity` if none has happened
 * @param now epoch milliseconds
 * @param startedAt when the schedule began, epoch milliseconds
 * @returns epoch milliseconds, the oldest first
 * @throws ScheduleError
 */
export function missedOf(schedule: Schedule, since: number, now: number, startedAt: number): readonly number[] {
  const plan = planned(schedule, startedAt)
  const most = { none: 0, once: 1, all: mostMissed }[plan.missed]
  const { previous } = momentsOf(plan)
  const missed: number[] = []
  let at = previous(Math.min(Math.ceil(now), endOf(plan) + 1))
  while (at !== undefined && at > since && missed.length < most) {
    missed.push(at)
    at = previous(at)
  }
  return missed.toReversed()
}

/**
 * Which occurrences after `since` and up to `now` happen now: usually one. If there are several, because the machine slept or its
 * clock was set forward, all but the newest were missed; the newest was missed too if it is a minute late.
 *
 * @param now epoch milliseconds
 * @returns epoch milliseconds, the oldest first
 */
export function dueOf(plan: PlannedSchedule, since: number, now: number, startedAt: number): readonly number[] {
  if (plan.missed !== 'none') return missedOf(plan, since, now + 1, startedAt)
  const [newest] = missedOf({ ...plan, missed: 'once' }, since, now + 1, startedAt)
  return newest !== undefined && now - newest < inTime ? [newest] : []
}

function momentsOf(plan: PlannedSchedule): Moments {
  if ('at' in plan) return once(plan.at)
  return 'every' in plan ? steps(plan.from, plan.every) : beginning(plan.from, cronMoments(plan.cron, plan.timezone))
}

function once(at: number): Moments {
  return {
    next: after => (at > after ? at : undefined),
    previous: before => (at < before ? at : undefined),
  }
}

// Calculates by the remainder of a division, which is exact for any number of steps.
function steps(from: number, step: number): Moments {
  return {
    next: after => (after < from ? from : after + step - ((after - from) % step)),
    previous: before => (before > from ? before - 1 - ((before - 1 - from) % step) : undefined),
  }
}

function beginning(from: number, { next, previous }: Moments): Moments {
  return {
    next: after => next(Math.max(after, from - 1)),
    previous: before => {
      const at = previous(before)
      return at !== undefined && at >= from ? at : undefined
    },
  }
}

function endOf(plan: PlannedSchedule): number {
  return 'at' in plan ? plan.at : (plan.until ?? lastMoment)
}
