import type { EventOf } from '../../events/event.ts'
import type { PlannedSchedule } from '../../time/schedule.ts'
import type { EntryOf } from '../frame.ts'
import { forgetOldest } from './forget-oldest.ts'

/** An event that is said at certain times. */
export interface ScheduleStanding {
  readonly name: string
  readonly plan: PlannedSchedule
  readonly event: EventOf
  /** The version of its event's schema; left out for 1. */
  readonly version?: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** The last of its times that came, epoch milliseconds. */
  last: number | undefined
}

/** Schedules that are over are known by their names, the newest of each partition. */
const mostOver = 1_000

/** The schedules of a partition, by name. */
export class FoldedSchedules {
  readonly running = new Map<string, ScheduleStanding>()
  /** Schedules whose last time has come. */
  readonly over = new Map<string, ScheduleStanding>()

  start({ name, plan, event, version, startedAt }: EntryOf<'scheduled'>): void {
    const ofVersion = version === undefined ? {} : { version }
    this.over.delete(name)
    this.running.set(name, { name, plan, event, ...ofVersion, startedAt, last: undefined })
  }

  occur(entry: EntryOf<'occurred'>): void {
    const schedule = this.running.get(entry.name)
    if (schedule) schedule.last = entry.at
    if (entry.over) this.end(entry)
  }

  end({ name, over }: EntryOf<'occurred' | 'unscheduled'>): void {
    const schedule = this.running.get(name)
    this.running.delete(name)
    if (!over) this.over.delete(name)
    else if (schedule) rememberOver(this.over, schedule)
  }
}

/** Keeps a schedule that is over. Above 1,000 such schedules of a partition, the oldest is forgotten. */
export function rememberOver(over: Map<string, ScheduleStanding>, schedule: ScheduleStanding): void {
  over.delete(schedule.name)
  over.set(schedule.name, schedule)
  forgetOldest(over, mostOver)
}
