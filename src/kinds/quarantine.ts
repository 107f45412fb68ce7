import { codeOf, type TroupeError, textOf } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { JournalConflictError, type JournalError } from '../journal/journal.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { Status, Time } from '../partition/system.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import type { Living, Registry } from './registry.ts'

interface QuarantineParts {
  /** What addresses of this kind begin with. */
  readonly prefix: string
  /** What is reported when one is quarantined, besides the error. */
  quarantined?(id: string, reason: string): EventOf
  readonly system: Time & Status
  readonly partitions: Partitions
  readonly durable: { recoveringParty(partition: Address): void }
  /** Recovers one partition from the journal, or quarantines it; never rejects. */
  recover(partition: Address, options: { readonly isRetry: boolean }): Promise<void>
  /** The timers and schedules of a partition end in this process. */
  drop(partition: Address): void
}

/**
 * How often a partition goes on with frames that another owner has written to its journal. Otherwise two owners would take it from
 * each other for ever.
 */
const takeovers: RestartIntensity = { max: 5, within: 60_000 }

/** Puts partitions of a kind that cannot go on into quarantine, and restores them from there. */
export class Quarantine<P extends Living> {
  readonly #registry: Registry<P>
  readonly #parts: QuarantineParts
  /** The objects of quarantined partitions that callers still hold: they work again once their partition is restored. */
  readonly #disposed = new Map<string, P>()
  /** When each partition went on with the frames of another owner, on the clock that measures. */
  readonly #takeovers = new Map<string, readonly number[]>()
  /** The addresses of quarantined partitions that are not of this kind, by the id under which they are listed. */
  readonly #strange = new Map<string, Address>()

  constructor(registry: Registry<P>, parts: QuarantineParts) {
    this.#registry = registry
    this.#parts = parts
  }

  /** Quarantines what a partition holds, because it cannot be restored. */
  add(id: string, partition: Address, error: unknown): void {
    const { partitions } = this.#parts
    const quarantined = { code: codeOf(error), reason: textOf(error) }
    const why = this.#registry.errors.quarantined(id, quarantined)
    if (id !== partition) this.#dispose(id, why)
    else this.#strange.set(id, partition)
    this.#registry.quarantined.set(id, quarantined)
    this.#report(id, quarantined.reason)
    partitions.outside.reportError('error', why, partition)
  }

  #report(id: string, reason: string, when?: 'now'): void {
    const { quarantined, partitions } = this.#parts
    const event = quarantined?.(id, reason)
    if (event) partitions.outside.report(event, undefined, when)
  }

  #dispose(id: string, why: TroupeError): void {
    const { present } = this.#registry
    const one = present.get(id)
    one?.life.dispose(why)
    if (one) this.#disposed.set(id, one)
    present.delete(id)
    this.#parts.partitions.delete(this.addressOf(id))
  }

  /**
   * The journal accepts no more frames of a partition. If another owner wrote frames, the partition is restored and goes on after
   * them, but not without end.
   */
  failed(one: P, error: JournalError): void {
    const { id } = one.life
    const { present, beginning, quarantined } = this.#registry
    if (present.get(id) !== one) return
    if (beginning.get(id) === one) return
    quarantined.set(id, { code: error.code, reason: error.message })
    const { system } = this.#parts
    this.#report(id, error.message, 'now')
    if (!(error.cause instanceof JournalConflictError)) return
    const now = system.clock.elapsed()
    const times = [...(this.#takeovers.get(id) ?? []).filter(at => now - at <= takeovers.within), now]
    this.#takeovers.set(id, times)
    if (times.length <= takeovers.max) void this.#recover(id, { isRetry: false })
  }

  /**
   * Restores one and resolves with it.
   *
   * @param options `isRetry`: the caller wants one that works again; an imported party may have failed before
   */
  async restore(id: string, options: { readonly isRetry: boolean }): Promise<P> {
    if (this.#registry.isAway(id)) await this.#recover(id, options)
    // The runtime may have begun to stop meanwhile, which is why the party ended.
    if (options.isRetry) this.#parts.system.checkRunning()
    const one = this.#registry.get(id)
    const quarantined = this.#registry.quarantined.get(id)
    if (quarantined) throw this.#registry.errors.quarantined(id, quarantined)
    if (options.isRetry) one.life.checkOpen()
    return one
  }

  /** Restores one, after an earlier attempt has ended. */
  #recover(id: string, options: { readonly isRetry: boolean }): Promise<void> {
    const { recovering } = this.#registry
    const before = recovering.get(id) ?? Promise.resolve()
    const partition = this.addressOf(id)
    const over = before
      .then(() => {
        if (!this.#registry.isAway(id)) return undefined
        this.#parts.durable.recoveringParty(partition)
        return this.#parts.recover(partition, options)
      })
      .finally(() => {
        if (recovering.get(id) === over) recovering.delete(id)
      })
    recovering.set(id, over)
    return over
  }

  /** The one that recovery is about to fill: the object that callers hold, or a new one. */
  reopened(id: string, make: () => P): P {
    const { present } = this.#registry
    const known = present.get(id) ?? this.#disposed.get(id)
    this.#disposed.delete(id)
    if (known) this.#parts.drop(known.life.address)
    known?.life.reopen()
    const one = known ?? make()
    present.set(id, one)
    this.#parts.partitions.add(one.life.partition)
    return one
  }

  /** Where the journal holds what is listed under this id. */
  addressOf(id: string): Address {
    return this.#strange.get(id) ?? addressOf(this.#parts.prefix, id)
  }

  /** The journal holds nothing of it any more. */
  erased(id: string): void {
    this.#strange.delete(id)
  }

  /** One is deleted. */
  forget(id: string, why: TroupeError): void {
    this.#disposed.get(id)?.life.dispose(why)
    this.#disposed.delete(id)
    this.#registry.quarantined.delete(id)
    this.#takeovers.delete(id)
  }
}
