import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'

/** What a partition that is idle still waits for. */
export interface WaitingFor {
  readonly agent: Address
  /**
   * A timer that will fire, mail behind an agent that is busy with nothing but timers, a schedule of the partition,
   * a person's answer about an effect in doubt, or the spawn of an agent of the last process that had mail, timers or outside
   * work.
   */
  readonly what: 'timer' | 'mail' | 'schedule' | 'answer' | 'spawn'
  /** The timer's id, the type of the oldest event that waits, or the name of the schedule, the effect or the agent. */
  readonly name: string
}

/**
 * How a partition came to rest: `settled` for good until something comes from outside, `waiting` for timers or for mail
 * behind them, or `stopped`.
 */
export interface Idle {
  readonly reason: 'settled' | 'waiting' | 'stopped'
  readonly waitingFor: readonly WaitingFor[]
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/**
 * Counts what is going on in a partition: turns asked for, asks, effects, decisions of supervision. When the count is
 * zero and the journal has caught up, the partition is idle.
 */
export class Activity {
  #count = 0
  #waiters: Waiter[] = []
  readonly #caughtUp: () => boolean

  constructor(caughtUp: () => boolean) {
    this.#caughtUp = caughtUp
  }

  get quiet(): boolean {
    return this.#count === 0 && this.#caughtUp()
  }

  begin(): void {
    this.#count++
  }

  end(): void {
    this.#count--
    this.check()
  }

  /** Checks again; call it when more is durable. */
  check(): void {
    if (this.#waiters.length === 0 || !this.quiet) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.resolve()
  }

  /** Ends all waiting at once. */
  release(error?: unknown): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (error === undefined) waiter.resolve()
      else waiter.reject(error)
    }
  }

  /** Resolves when quiet; the returned function gives up waiting. */
  whenQuiet(waiter: Waiter): () => void {
    this.#waiters.push(waiter)
    return () => {
      this.#waiters = this.#waiters.filter(other => other !== waiter)
    }
  }
}

/** The partition did not come to rest in time. */
export class IdleTimeoutError extends TroupeError {
  readonly code = 'IDLE_TIMEOUT'
  readonly partition: Address
  readonly timeout: number
  readonly underWay: readonly UnderWay[]
  constructor(partition: Address, timeout: number, underWay: readonly UnderWay[]) {
    super(
      `"${partition}" did not come to rest within ${timeout} ms${listed(underWay)}. Wait longer, or see that this ends: an effect with a timeout does.`,
    )
    this.partition = partition
    this.timeout = timeout
    this.underWay = underWay
  }
}

/** Work that an agent has invoked and that has not ended: an effect, an ask, a child. */
export interface UnderWay {
  readonly agent: Address
  /** Its name in the machine. */
  readonly name: string
}

/** `idle` waits long for a partition to come to rest. */
export class IdleLongError extends TroupeError {
  readonly code = 'IDLE_LONG'
  readonly partition: Address
  readonly underWay: readonly UnderWay[]
  constructor(partition: Address, ms: number, underWay: readonly UnderWay[]) {
    super(
      `"${partition}" has not come to rest for ${ms} ms, and somebody waits for that${listed(underWay)}. See that it ends: an effect with a timeout does.`,
    )
    this.partition = partition
    this.underWay = underWay
  }
}

function listed(underWay: readonly UnderWay[]): string {
  const each = underWay.slice(0, 5).map(({ agent, name }) => `"${agent}" waits for "${name}"`)
  return each.length === 0 ? '' : `: ${each.join(', ')}`
}

/** `idle` or `stop` was called inside a function that it would wait for. */
export class WaitInsideError extends TroupeError {
  readonly code = 'WAIT_INSIDE'
  readonly partition: Address
  readonly what: 'idle' | 'stop' | 'replay'
  constructor(partition: Address, what: 'idle' | 'stop' | 'replay') {
    super(
      `"${what}" was called inside an effect or subscriber of "${partition}", which it would wait for. Call it from outside.`,
    )
    this.partition = partition
    this.what = what
  }
}
