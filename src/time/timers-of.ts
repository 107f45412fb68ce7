import type { Clock, MeasuringClock } from '../clock.ts'
import { ClockTimers } from './clock-timers.ts'
import type { Scheduler } from './scheduler.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { Timers } from './timers.ts'

/**
 * The timers of a runtime.
 *
 * @param fault is called with the error of a timer; the other timers fire all the same
 */
export function timersOf(clock: Clock, scheduler: Pick<Scheduler, 'turn'>, fault: (error: unknown) => void): Timers {
  return isMeasuring(clock) ? new TimerWheel(clock, scheduler, fault) : new ClockTimers(clock, fault)
}

function isMeasuring(clock: Clock): clock is MeasuringClock {
  return clock.elapsed !== undefined
}
