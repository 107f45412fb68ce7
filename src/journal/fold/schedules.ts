import type { EntryOf } from '../frame.ts'
import { forgetOldest } from './forget-oldest.ts'

/** An event that is said at certain times. */
export interface ScheduleStanding extends Omit<EntryOf<'scheduled'>, 'kind' | 'seq'> {
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

  start({ kind: _, seq: __, ...schedule }: EntryOf<'scheduled'>): void {
    this.over.delete(schedule.name)
    this.running.set(schedule.name, { ...schedule, last: undefined })
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
