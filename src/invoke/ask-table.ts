import type { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Timers } from '../time/timers.ts'
import { AskCancelledError, AskTimeoutError, isPassing, isRefused } from './ask-errors.ts'
import type { Retry } from './ask-options.ts'
import type { Outcome } from './outside.ts'

/** One request on its way: who asks, who is asked, and what to call when it ends. */
export interface PendingAsk {
  readonly key: string
  readonly type: string
  readonly from: Address
  /** The partition of the asker; none for somebody outside the agents. */
  readonly partition: Address | undefined
  readonly to: Address
  readonly deadline: number
  /** The ask on whose behalf this one is made. */
  readonly parent?: string | undefined
  /** The name that a caller outside the agents gave to it. */
  readonly requestId?: string | undefined
  /** The callee's incarnation that took the request; none while the request waits in the mailbox. */
  takenBy?: number | undefined
  readonly retry: Retry
  /** Sends the request again. */
  again(): void
  /** Whether the reply is in a frame that is not durable yet: what happens to the callee now no longer matters. */
  answered?: boolean
  settle(outcome: Outcome): void
}

/** An ask that has been opened. */
export interface OpenAsk extends PendingAsk {
  /** Counted from 1: the larger, the younger. */
  readonly order: number
  /** When it was opened, in the runtime's elapsed milliseconds. */
  readonly openedAt: number
  readonly cancelTimer: () => void
  /** How often the request was sent again. */
  retried: number
  /** Cancels the next retry. */
  cancelRetry: () => void
  /** Cancel the work that is done for this ask alone. */
  dependents: Set<Cancel> | undefined
}

/** Called for every ask, while somebody observes. */
export interface AskObserver {
  asked(ask: OpenAsk): void
  /** @param outcome none when its asker no longer waits */
  answered(ask: OpenAsk, outcome: Outcome | undefined): void
}

/** Ends what is done for an ask that ended without an answer. */
export type Cancel = (cause: TroupeError) => void

/**
 * The asks of a runtime that have no answer yet. Each ends exactly once, by the first of reply, failure, deadline and
 * cancellation. A later answer finds no entry, and the caller reports it.
 */
export class AskTable {
  readonly #pending = new Map<string, OpenAsk>()
  readonly #byCallee = new Map<Address, Set<string>>()
  readonly #byAsker = new Map<Address, Set<string>>()
  readonly #timers: Timers
  readonly #elapsed: () => number
  /** The names that callers outside the agents gave to their requests. */
  readonly #requestIds = new Set<string>()
  readonly #abandoned: (ask: PendingAsk) => void
  #count = 0
  observer: AskObserver | undefined

  /** @param abandoned called with each ask that ends without an answer before the callee has taken the request */
  constructor(timers: Timers, elapsed: () => number, abandoned: (ask: PendingAsk) => void) {
    this.#timers = timers
    this.#elapsed = elapsed
    this.#abandoned = abandoned
  }

  get size(): number {
    return this.#pending.size
  }

  /** @param takenBy the incarnation of the callee that has taken it already */
  open(ask: PendingAsk, takenBy?: number): void {
    const timeout = () => this.fail(ask.key, new AskTimeoutError(ask.type, ask.to, ask.deadline))
    const cancelTimer = this.#timers.after(ask.deadline, timeout)
    const opened: OpenAsk = {
      ...ask,
      takenBy,
      answered: false,
      order: ++this.#count,
      openedAt: this.#elapsed(),
      cancelTimer,
      retried: 0,
      cancelRetry: nothing,
      dependents: undefined,
    }
    this.#pending.set(ask.key, opened)
    if (ask.requestId !== undefined) this.#requestIds.add(ask.requestId)
    this.observer?.asked(opened)
    note(this.#byCallee, ask.to, ask.key)
    // Nobody asks a caller outside the agents, so no circle goes through it.
    if (ask.partition !== undefined) note(this.#byAsker, ask.from, ask.key)
  }

  /** Milliseconds until the deadline of an ask; `Infinity` if there is no such ask any more. */
  remaining(key: string | undefined): number {
    const ask = key === undefined ? undefined : this.#pending.get(key)
    return ask ? Math.max(0, ask.openedAt + ask.deadline - this.#elapsed()) : Number.POSITIVE_INFINITY
  }

  /** Calls `cancel` when an ask ends without an answer, unless the returned function was called before. */
  during(key: string | undefined, cancel: Cancel): () => void {
    const ask = key === undefined ? undefined : this.#pending.get(key)
    if (!ask) return nothing
    ask.dependents ??= new Set()
    ask.dependents.add(cancel)
    return () => void ask.dependents?.delete(cancel)
  }

  /** The asks to one callee that it has not taken yet. */
  waitingFor(callee: Address): readonly PendingAsk[] {
    return this.#at(this.#byCallee, callee).filter(({ takenBy }) => takenBy === undefined)
  }

  /** Whether an address waits for any answer. */
  isAsking(asker: Address): boolean {
    return this.#byAsker.has(asker)
  }

  /** The asks of one agent. */
  madeBy(asker: Address): readonly OpenAsk[] {
    return this.#at(this.#byAsker, asker)
  }

  #at(index: ReadonlyMap<Address, ReadonlySet<string>>, address: Address): readonly OpenAsk[] {
    return [...(index.get(address) ?? [])].flatMap(key => this.#pending.get(key) ?? [])
  }

  get(key: string): OpenAsk | undefined {
    return this.#pending.get(key)
  }

  /** Whether somebody outside waits for the answer to a request of this name. */
  isTaken(requestId: string): boolean {
    return this.#requestIds.has(requestId)
  }

  /** Ends an ask; `false` when it had ended already. */
  close(key: string, outcome: Outcome): boolean {
    const ask = this.#forget(key)
    if (!ask) return false
    this.observer?.answered(ask, outcome)
    ask.settle(outcome)
    if (!outcome.ok && !isRefused(outcome.error)) this.#abandon(ask, outcome.error)
    return true
  }

  /** Ends an ask with a failure, unless it may be sent again; `false` when it had ended already. */
  fail(key: string, error: TroupeError): boolean {
    const ask = this.#pending.get(key)
    return (ask !== undefined && this.#retries(ask, error)) || this.close(key, { ok: false, error })
  }

  #retries(ask: OpenAsk, error: TroupeError): boolean {
    const { retries, retryAfter } = ask.retry
    const wait = retryAfter * 2 ** ask.retried
    if (ask.retried >= retries || !isPassing(error) || this.remaining(ask.key) <= wait) return false
    ask.retried++
    ask.takenBy = undefined
    this.#cancelDependents(ask, error)
    ask.cancelRetry = this.#timers.after(wait, () => ask.again())
    return true
  }

  /** Ends an ask that its asker no longer waits for; the asker is not called. */
  cancel(key: string): void {
    const ask = this.#forget(key)
    if (!ask) return
    this.observer?.answered(ask, undefined)
    this.#abandon(ask, 'its asker no longer waits')
  }

  #abandon(ask: OpenAsk, why: unknown): void {
    if (ask.takenBy === undefined) this.#abandoned(ask)
    this.#cancelDependents(ask, why)
  }

  #cancelDependents({ dependents, type, to }: OpenAsk, why: unknown): void {
    for (const cancel of [...(dependents ?? [])]) cancel(new AskCancelledError(type, to, why))
  }

  /** Fails the asks to one callee for which `why` gives an error. */
  failAllTo(callee: Address, why: (ask: PendingAsk) => TroupeError | undefined): void {
    for (const key of [...(this.#byCallee.get(callee) ?? [])]) {
      const ask = this.#pending.get(key)
      const error = ask && !ask.answered ? why(ask) : undefined
      if (error) this.fail(key, error)
    }
  }

  #forget(key: string): OpenAsk | undefined {
    const ask = this.#pending.get(key)
    if (!ask) return undefined
    this.#pending.delete(key)
    if (ask.requestId !== undefined) this.#requestIds.delete(ask.requestId)
    ask.cancelTimer()
    ask.cancelRetry()
    strike(this.#byCallee, ask.to, key)
    strike(this.#byAsker, ask.from, key)
    return ask
  }
}

const nothing = () => {}

function note(index: Map<Address, Set<string>>, address: Address, key: string): void {
  const keys = index.get(address)
  if (keys) keys.add(key)
  else index.set(address, new Set([key]))
}

function strike(index: Map<Address, Set<string>>, address: Address, key: string): void {
  const keys = index.get(address)
  keys?.delete(key)
  if (keys?.size === 0) index.delete(address)
}
