import type { Address } from '../actor/address.ts'
import { checkId } from '../actor/address.ts'
import { missedOf, nextOf } from '../actor/occurrences.ts'
import { type PlannedSchedule, planned, type Schedule } from '../actor/schedule.ts'
import { accept } from '../actor/tally.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import type { ScheduleStanding, Standing } from '../journal/standing.ts'
import type { Partition, Shared } from './partition.ts'

/** Where the event of a schedule goes. */
export interface ScheduleOptions {
  /** The party that hears it; left out, only agents outside parties do. */
  readonly party?: string
}

/** A schedule that goes on. */
export interface ScheduleInfo {
  readonly name: string
  readonly party: string | undefined
  readonly schedule: PlannedSchedule
  /** The type of its event. */
  readonly type: string
  /** Epoch milliseconds. */
  readonly next: number
}

interface Running extends ScheduleStanding {
  next: number
  cancel: () => void
}

interface SchedulesHost {
  readonly shared: Shared
  /** @throws PartyNotFoundError, PartyStoppedError, RuntimeStateError */
  partition(party: string | undefined): Partition
}

/**
 * Events that are said at certain times, once or again and again. They are in the journal, so they go on after the process
 * has ended; what was missed meanwhile is made up for as each schedule says.
 *
 * @example
 * await runtime.schedules.set('report', { cron: '0 9 * * 1-5', timezone: 'Europe/Berlin' }, reportWanted({}))
 * await runtime.schedules.set('reminder', { after: 3_600_000 }, reminded({ what: 'cake' }), { party: party.id })
 */
export class Schedules {
  readonly #host: SchedulesHost
  readonly #running = new Map<Address, Map<string, Running>>()

  constructor(host: SchedulesHost) {
    this.#host = host
  }

  /**
   * Begins a schedule; resolves when that is durable. One that is there already under its name goes on if it is the same,
   * and makes way for this one if not, so a program may say at each start what it wants.
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
    const { type, data } = this.#host.shared.catalog.check(event)
    const startedAt = partition.now()
    const plan = planned(schedule, startedAt)
    const known = this.#of(partition.address).get(name)
    if (!known || !isSame(known, schedule, { type, data })) {
      const entry = { name, plan, event: { type, data }, startedAt, last: undefined }
      partition.append({ kind: 'outside' }, [{ kind: 'scheduled', seq: partition.nextSeq(), ...entry }])
      this.#begin(partition, entry)
    }
    await partition.watermark.reached()
    return (
      this.list({ ...(party !== undefined && { party }) }).find(one => one.name === name) ??
      ended(name, party, plan, type)
    )
  }

  /** Ends a schedule; resolves to whether there was one when that is durable. @throws PartyNotFoundError, JournalAppendError */
  async remove(name: string, { party }: ScheduleOptions = {}): Promise<boolean> {
    const partition = this.#host.partition(party)
    const isThere = this.#of(partition.address).has(name)
    if (isThere) {
      this.#end(partition.address, name)
      partition.append({ kind: 'outside' }, [{ kind: 'unscheduled', seq: partition.nextSeq(), name }])
    }
    await partition.watermark.reached()
    return isThere
  }

  /** Those that go on, of one party or of all and of none. */
  list({ party }: ScheduleOptions = {}): readonly ScheduleInfo[] {
    return [...this.#running].flatMap(([address, running]) =>
      Array.from(running.values(), ({ name, plan, event, next }) => ({
        name,
        party: this.#host.shared.partition(address)?.party,
        schedule: plan,
        type: event.type,
        next,
      })).filter(one => party === undefined || one.party === party),
    )
  }

  /** Goes on with those that another owner has left. @internal */
  resume(partition: Partition, { schedules }: Standing): void {
    for (const schedule of schedules.values()) this.#begin(partition, schedule)
  }

  /** What a partition waits for. @internal */
  in(partition: Address): Iterable<string> {
    return this.#running.get(partition)?.keys() ?? []
  }

  /** A partition is there no more. @internal */
  forget(partition: Address): void {
    for (const name of [...this.in(partition)]) this.#end(partition, name)
  }

  #begin(partition: Partition, { last, ...schedule }: ScheduleStanding): void {
    this.#end(partition.address, schedule.name)
    const { plan, startedAt } = schedule
    const now = partition.now()
    const running: Running = { ...schedule, last, next: now, cancel: () => {} }
    this.#of(partition.address).set(schedule.name, running)
    for (const at of missedOf(plan, last ?? Number.NEGATIVE_INFINITY, now, startedAt)) occur(partition, running, at)
    this.#wait(partition, running, Math.max(now - 1, running.last ?? Number.NEGATIVE_INFINITY))
  }

  #wait(partition: Partition, running: Running, after: number): void {
    const { plan, startedAt, name } = running
    const next = nextOf(plan, after, startedAt)
    if (next === undefined) return this.#end(partition.address, name)
    running.next = next
    running.cancel = partition.shared.timers.after(Math.max(0, next - partition.now()), () => {
      occur(partition, running, next)
      this.#wait(partition, running, next)
    })
  }

  #end(partition: Address, name: string): void {
    const running = this.#running.get(partition)
    running?.get(name)?.cancel()
    running?.delete(name)
    if (running?.size === 0) this.#running.delete(partition)
  }

  #of(partition: Address): Map<string, Running> {
    const known = this.#running.get(partition) ?? new Map<string, Running>()
    this.#running.set(partition, known)
    return known
  }
}

/** Its time has come: that it has, and its event, are one frame. */
function occur(partition: Partition, running: Running, at: number): void {
  const { name, event } = running
  running.last = at
  try {
    partition.admit?.([event])
    accept(partition.shared.tally)
    const occurred = { kind: 'occurred' as const, seq: partition.nextSeq(), name, at }
    const envelope = partition.seal(event, { source: `${partition.address}/${name}` })
    const said = partition.persists(envelope) ? [{ kind: 'event' as const, envelope }] : []
    partition.append({ kind: 'outcome' }, [occurred, ...said], [envelope])
    partition.delivery.deliver(envelope)
  } catch (error) {
    partition.reportError('error', error)
  }
}

function isSame({ plan, startedAt, event }: ScheduleStanding, schedule: Schedule, wanted: EventOf): boolean {
  const again = planned(schedule, startedAt)
  return JSON.stringify([plan, event]) === JSON.stringify([again, wanted])
}

/** One whose only occurrence was over before it was durable. */
function ended(name: string, party: string | undefined, schedule: PlannedSchedule, type: string): ScheduleInfo {
  return { name, party, schedule, type, next: Number.POSITIVE_INFINITY }
}
