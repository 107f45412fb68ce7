import type { Actor } from '../actor/actor.ts'
import type { Delivery } from '../actor/delivery.ts'
import { unkept } from '../actor/kept.ts'
import type { Registry } from '../actor/registry.ts'
import { codeOf, TroupeError, textOf } from '../errors.ts'
import { type EventOf, trusted } from '../events/event.ts'
import { agentFailed, systemError } from '../events/runtime-events.ts'
import { type Address, runtimePartition } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { type Failure, onRejection, stackOf, withOriginal } from '../thrown.ts'
import type { Announcements, Audience } from './announcements.ts'
import type { Frames } from './frames.ts'
import type { System } from './system.ts'

/** Who may hear a report. */
type Listeners = Audience & Pick<System<{ readonly registry: Registry }>, 'partition'>

interface Parts {
  readonly frames: Frames
  readonly registry: Registry
  readonly delivery: Delivery
  readonly announcements: Announcements
}

/** Reports of the runtime about a partition. Reports are not journalled, because the facts that they report are. */
export class Reports {
  readonly #parts: Parts
  readonly #listeners: Listeners

  constructor(parts: Parts, listeners: Listeners) {
    this.#parts = parts
    this.#listeners = listeners
  }

  /**
   * Agents of the partition get a report at once; subscribers get it when the reported facts are durable. `now` is for reports
   * about a journal that refuses frames, because nothing would become durable: subscribers get the report at once, and agents do
   * not get it.
   */
  report(event: EventOf, origin?: Origin, when: 'durable' | 'now' = 'durable'): void {
    const { frames, delivery, announcements } = this.#parts
    const envelope = frames.seal(event, origin)
    if (when === 'now') return announcements.announceOutside(envelope)
    delivery.deliver(envelope)
    frames.watermark.whenDurable(() => announcements.announce(envelope))
  }

  /** Makes and reports a frequent event if it has a listener. The history of the bus does not hold it. */
  reportIfHeard(type: string, make: () => EventOf, origin?: Origin): void {
    if (this.isHeard(type)) this.#reportHeard(type, make(), origin)
  }

  // A function of its own: engines allocate an object at each call of a function that has a closure over its variables.
  #reportHeard(type: string, event: EventOf, origin?: Origin): void {
    const { frames, registry, delivery } = this.#parts
    const { bus } = this.#listeners
    const isHeardInside = registry.hears(type)
    // A report that only subscribers hear changes nothing: it takes no position and no id away from what agents do.
    const { correlationid, causationid } = origin ?? {}
    const place = isHeardInside ? {} : { id: bus.newNoteId(), at: frames.seq }
    const envelope = frames.seal(event, { ...place, correlationid, causationid })
    if (isHeardInside) delivery.deliver(envelope)
    frames.watermark.whenDurable(() => {
      bus.deliverUnrecorded(envelope)
      this.#listeners.overhear(envelope)
    })
  }

  /** Whether a report of this type has a listener. */
  isHeard(type: string): boolean {
    const { bus } = this.#listeners
    const { frames, registry } = this.#parts
    if (bus.isHeard(type, frames.party) || registry.hears(type)) return true
    if (frames.address === runtimePartition) return false
    return this.#listeners.partition(runtimePartition)?.registry.hears(type) === true
  }

  /** Reports an error as an event, without its payloads. */
  error(severity: 'warning' | 'error' | 'critical', error: unknown, address?: Address, origin?: Origin): void {
    const { frames } = this.#parts
    const about = { severity, code: codeOf(error), message: textOf(error), address: address ?? frames.address }
    const event = trusted(systemError, withOriginal({ ...about, ...placed(stackOf(error)) }, error))
    if (frames.watermark.failure) this.report(event, undefined, 'now')
    else this.report(event, origin)
  }

  /** Reports that an agent threw. */
  failed({ address, incarnation }: Actor, handled: string, { error, words }: Failure, origin?: Origin): void {
    const { code, message, stack } = words
    const about = { address, incarnation, handled, error: message, code, ...placed(stack) }
    this.report(trusted(agentFailed, withOriginal(about, error)), origin)
    this.error('error', new AgentFailedError(address, handled, error), address, origin)
  }

  /** Calls a watcher. One that throws is reported, and does no harm. */
  guard(what: Address, call: () => unknown): void {
    const failed = (error: unknown) => this.error('warning', new WatcherError(what, error))
    try {
      onRejection(call(), failed)
    } catch (error) {
      failed(error)
    }
  }
}

/** An agent threw while it handled something. */
export class AgentFailedError extends TroupeError {
  readonly code = 'AGENT_FAILED'
  readonly address: Address
  /** The type of the event that it was handling. */
  readonly handled: string
  constructor(address: Address, handled: string, cause: unknown) {
    super(`"${address}" failed${whileIn(handled)}: ${textOf(cause).replace(/\.$/, '')}. Fix its machine.`, { cause })
    this.address = address
    this.handled = handled
  }
}

function whileIn(handled: string): string {
  if (handled === 'xstate.init') return ' while it started'
  if (handled === 'outcome') return ' while it handled the outcome of what it had invoked'
  return handled === unkept ? '' : ` while it handled "${handled}"`
}

/** A watcher threw. */
export class WatcherError extends TroupeError {
  readonly code = 'WATCHER_FAILED'
  readonly address: Address
  constructor(address: Address, cause: unknown) {
    super(`A watcher of "${address}" failed: ${textOf(cause)}. The other watchers were called.`, { cause })
    this.address = address
  }
}

function placed(stack: string | undefined): { readonly stack?: string } {
  return stack === undefined ? {} : { stack }
}
