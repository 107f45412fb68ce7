import type { Catalog, UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { rememberOver, type ScheduleStanding } from '../journal/fold/schedules.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Address } from '../mail/address.ts'
import { checkId } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import { say } from '../partition/say.ts'
import type { System } from '../partition/system.ts'
import { dueOf, inTime, missedOf, nextOf } from '../time/occurrences.ts'
import { type PlannedSchedule, planned, type Schedule } from '../time/schedule.ts'
import { beginBy, lastOf, leftOf, type Running, setBack } from './running-schedule.ts'
import type { Unheard } from './unheard.ts'

/** Where the event of a schedule goes. */
export interface ScheduleOptions {
  /** The party that hears the event. Without it, only agents outside parties hear it. */
  readonly party?: string
}

/** A schedule that is not over. */
export interface ScheduleInfo {
  readonly name: string
  readonly party: string | undefined
  readonly schedule: PlannedSchedule
  /** The type of its event. */
  readonly type: string
  /** When its event happens next, epoch milliseconds. */
  readonly next: number
}

/** Milliseconds until the date is read again: it may have been corrected, or the machine may have slept. */
const longestWait = 30_000

interface SchedulesHost {
  readonly system: System<Partition>
  /** @throws PartyNotFoundError, PartyStoppedError, RuntimeStateError */
  partition(party: string | undefined): Partition
  readonly unheard: Unheard
}

/**
 * Publishes events at planned times, once or repeatedly. Schedules are in the journal, so the next process continues them.
 * Each schedule says what happens with the occurrences that were missed in between.
 *
 * @example
 * await runtime.schedules.set('report', { cron: '0 9 * * 1-5', timezone: 'Europe/Berlin' }, reportWanted({}))
 * await runtime.schedules.set('reminder', { after: 3_600_000 }, reminded({ what: 'cake' }), { party: party.id })
 */
export class Schedules {
  readonly #host: SchedulesHost
  readonly #running = new Map<Address, Map<string, Running>>()
  /** The schedules without further occurrences. */
  readonly #over = new Map<Address, Map<string, ScheduleStanding>>()

  constructor(host: SchedulesHost) {
    this.#host = host
  }

  /**
   * Begins a schedule; resolves when that is durable. A program may call it at each start: an equal schedule of that name goes
   * on, and a different one is replaced. An equal schedule that is over stays over, and `next` of the result is `Infinity`. Of
   * the schedules that are over, the newest 1,000 of each party are remembered.
   *
   * @param name letters a-z, digits and "-"; unique in its party
   * @throws ScheduleError, IllegalIdError, UnknownEventError, EventPayloadError, PartyNotFoundError, JournalAppendError
   */
  async set(
    name: string,
    schedule: Schedule,
    event: UncheckedEvent,
    { party }: ScheduleOptions = {},
  ): Promise<ScheduleInfo> {
    checkId('schedule', name)
    const partition = this.#host.partition(party)
    const { catalog } = this.#host.system
    const { type, data } = catalog.check(event)
    this.#host.unheard.said(type, partition)
    const known = this.#running.get(partition.address)?.get(name) ?? this.#over.get(partition.address)?.get(name)
    const { plan } =
      known && isSame(known, schedule, { type, data }, catalog)
        ? known
        : this.#start(partition, name, schedule, { type, data })
    await partition.watermark.reached()
    return (
      this.list({ ...(party !== undefined && { party }) }).find(one => one.name === name) ??
      ended(name, party, plan, type)
    )
  }

  #start(partition: Partition, name: string, schedule: Schedule, event: EventOf): ScheduleStanding {
    const startedAt = partition.date()
    const version = this.#host.system.catalog.versionOf(event.type)
    const plan = planned(schedule, startedAt)
    const entry = { name, plan, event, ...(version > 1 && { version }), startedAt, last: undefined }
    this.#over.get(partition.address)?.delete(name)
    partition.append({ kind: 'outside' }, [{ kind: 'scheduled', seq: partition.nextSeq(), ...entry }])
    this.#begin(partition, entry, 'after' in schedule)
    return entry
  }

  /**
   * Ends a schedule, or forgets a schedule that is over. Resolves when that is durable, with whether the schedule was running.
   *
   * @throws PartyNotFoundError, JournalAppendError
   */
  async remove(name: string, { party }: ScheduleOptions = {}): Promise<boolean> {
    const partition = this.#host.partition(party)
    const isThere = this.#end(partition.address, name)
    const wasOver = this.#over.get(partition.address)?.delete(name) ?? false
    if (isThere || wasOver)
      partition.append({ kind: 'outside' }, [{ kind: 'unscheduled', seq: partition.nextSeq(), name }])
    await partition.watermark.reached()
    return isThere
  }

  /** The schedules that are not over: of one party, or all of them. */
  list({ party }: ScheduleOptions = {}): readonly ScheduleInfo[] {
    return [...this.#running].flatMap(([address, running]) =>
      Array.from(running.values(), ({ name, plan, event, next }) => ({
        name,
        party: this.#host.system.partition(address)?.party,
        schedule: Object.freeze(plan),
        type: event.type,
        next,
      })).filter(one => party === undefined || one.party === party),
    )
  }

  /** Continues the schedules of the process before. @internal */
  resume(partition: Partition, { schedules, over }: Standing): void {
    if (over.size > 0) this.#over.set(partition.address, new Map(over))
    try {
      for (const schedule of schedules.values()) this.#begin(partition, schedule, false)
    } catch (error) {
      this.forget(partition.address)
      throw error
    }
  }

  /** The names of the schedules that a partition waits for. @internal */
  in(partition: Address): Iterable<string> {
    return this.#running.get(partition)?.keys() ?? []
  }

  /** A partition was deleted. @internal */
  forget(partition: Address): void {
    for (const name of [...this.in(partition)]) this.#end(partition, name)
    this.#over.delete(partition)
  }

  #begin(partition: Partition, { last, ...schedule }: ScheduleStanding, isMeasured: boolean): void {
    this.#end(partition.address, schedule.name)
    const now = partition.date()
    const running: Running = { ...schedule, last, next: now, isMeasured, cancel: () => {} }
    beginBy(running, now)
    const known = this.#running.get(partition.address) ?? new Map<string, Running>()
    this.#running.set(partition.address, known.set(schedule.name, running))
    const missed = missedOf(running.plan, last ?? Number.NEGATIVE_INFINITY, now, running.startedAt)
    this.#happen(partition, running, missed, Math.max(now - 1, lastOf(running, now)))
  }

  /** Some occurrences happen. The schedule continues with the first occurrence after a moment. */
  #happen(partition: Partition, running: Running, times: readonly number[], after: number): void {
    const { plan, startedAt, name } = running
    const next = nextOf(plan, Math.max(after, times.at(-1) ?? Number.NEGATIVE_INFINITY), startedAt)
    for (const at of times) occur(partition, running, at, next === undefined && at === times.at(-1))
    // The events may have led to its removal, or to another schedule of its name.
    if (this.#running.get(partition.address)?.get(name) !== running) return
    if (next === undefined) return this.#isOver(partition, running, times.length > 0)
    running.next = next
    this.#wait(partition, running, leftOf(running, partition.date(), Number.POSITIVE_INFINITY))
  }

  /** Waits in steps. @param left milliseconds that are left to measure */
  #wait(partition: Partition, running: Running, left: number): void {
    const step = Math.min(Math.max(0, left), longestWait)
    running.cancel = partition.system.timers.after(step, () => {
      // The party makes up for it when it is restored.
      if (!isOpen(partition)) return
      const now = partition.date()
      const measured = left - step
      if (leftOf(running, now, measured) > measured + inTime) setBack(running, now - step)
      const rest = leftOf(running, now, measured)
      if (rest > 0) return this.#wait(partition, running, rest)
      const { plan, startedAt, next } = running
      const times = next >= now ? [next] : dueOf(plan, next - 1, now, startedAt)
      this.#happen(partition, running, running.isMeasured ? [next] : times, Math.max(now, next))
    })
  }

  #isOver(partition: Partition, running: Running, isRecorded: boolean): void {
    const { name } = running
    this.#end(partition.address, name)
    const over = this.#over.get(partition.address) ?? new Map<string, ScheduleStanding>()
    this.#over.set(partition.address, over)
    rememberOver(over, running)
    if (!isRecorded)
      partition.append({ kind: 'outcome' }, [{ kind: 'unscheduled', seq: partition.nextSeq(), name, over: true }])
  }

  /** Returns whether the schedule was running. */
  #end(partition: Address, name: string): boolean {
    const running = this.#running.get(partition)
    running?.get(name)?.cancel()
    const isThere = running?.delete(name) ?? false
    if (running?.size === 0) this.#running.delete(partition)
    return isThere
  }
}

/** Whether the partition takes events from outside at all. */
function isOpen(partition: Partition): boolean {
  try {
    partition.admit?.([])
    return true
  } catch {
    return false
  }
}

/** An occurrence is due: one frame holds the occurrence and its event. */
function occur(partition: Partition, running: Running, at: number, isLast: boolean): void {
  const { name, event, version = 1 } = running
  running.last = at
  try {
    const { type, data } = partition.system.catalog.lifted({ ...event, version })
    partition.admit?.([{ type, data }])
    const occurred = {
      kind: 'occurred' as const,
      seq: partition.nextSeq(),
      name,
      at,
      ...(isLast && { over: true as const }),
    }
    const envelope = partition.seal({ type, data }, { source: `${partition.address}/${name}` })
    say(partition, envelope, { cause: { kind: 'outcome' }, before: [occurred] })
  } catch (error) {
    partition.reportError('error', error)
  }
}

/** Whether a schedule equals the one that a program sets, whose event may have a newer version. */
function isSame(
  { plan, startedAt, event, version = 1 }: ScheduleStanding,
  schedule: Schedule,
  wanted: EventOf,
  catalog: Catalog,
): boolean {
  if (JSON.stringify(plan) !== JSON.stringify(planned(schedule, startedAt)) || event.type !== wanted.type) return false
  try {
    return JSON.stringify(catalog.lifted({ ...event, version }).data) === JSON.stringify(wanted.data)
  } catch {
    // An event that cannot be lifted is a different one.
    return false
  }
}

/** The info of a schedule that is over. */
function ended(name: string, party: string | undefined, schedule: PlannedSchedule, type: string): ScheduleInfo {
  return { name, party, schedule: Object.freeze(schedule), type, next: Number.POSITIVE_INFINITY }
}
