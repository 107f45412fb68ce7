import type { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Timers } from '../time/timers.ts'
import { AskCancelledError, AskTimeoutError, isPassing, isRefused } from './ask-errors.ts'
import type { Outcome } from './outside.ts'
import { type Cancel, nothing, type PendingAsk } from './pending-ask.ts'

/** Called for every ask, while there is an observer. */
export interface AskObserver {
  asked(ask: PendingAsk): void
  /** @param outcome `undefined` if its asker no longer waits */
  answered(ask: PendingAsk, outcome: Outcome | undefined): void
}

/** What the tables of asks of a runtime share. */
interface AskGround {
  readonly timers: Timers
  elapsed(): number
  /** Called with each ask that ends without an answer before the callee has taken the request. */
  readonly abandoned: (ask: PendingAsk) => void
  /** The names that callers outside the agents gave to their requests. */
  readonly requestIds: Set<string>
  observer: AskObserver | undefined
  size: number
}

/**
 * The asks of a runtime that have no answer yet. Each ends exactly once, by the first of reply, failure, deadline and
 * cancellation. A later answer finds no entry, and the caller reports it.
 */
export class AskTable {
  readonly #pending = new Map<string, PendingAsk>()
  readonly #byCallee = new Map<Address, Set<string>>()
  readonly #byAsker = new Map<Address, Set<string>>()
  readonly #ground: AskGround
  #count = 0

  constructor(ground: AskGround) {
    this.#ground = ground
  }

  /** The asks that a partition makes or gets, if other partitions reach it by messages: each side keeps its own half of an ask. */
  apart(): AskTable {
    return new AskTable(this.#ground)
  }

  /** How many asks of this runtime have no answer yet. */
  get size(): number {
    return this.#ground.size
  }

  set observer(observer: AskObserver | undefined) {
    this.#ground.observer = observer
  }

  /** @param takenBy the incarnation of the callee that has taken it already */
  open(ask: PendingAsk, takenBy?: number): void {
    const { key, deadline, to } = ask
    const timeout = () => this.fail(key, new AskTimeoutError(ask.type, to, deadline))
    ask.takenBy = takenBy
    ask.order = ++this.#count
    ask.openedAt = this.#ground.elapsed()
    ask.cancelTimer = this.#ground.timers.after(deadline, timeout)
    this.#pending.set(key, ask)
    if (ask.requestId !== undefined) this.#ground.requestIds.add(ask.requestId)
    if (ask.behalf === undefined) {
      this.#ground.size++
      this.#ground.observer?.asked(ask)
    }
    note(this.#byCallee, to, key)
    // A caller outside the agents cannot be asked, so no circle goes through it.
    if (ask.partition !== undefined) note(this.#byAsker, ask.from, key)
  }

  /** Opens an ask in place of what was known of it before. */
  reopen(before: PendingAsk, ask: PendingAsk): void {
    before.cancelTimer()
    strike(this.#byCallee, before.to, before.key)
    strike(this.#byAsker, before.from, before.key)
    ask.dependents = before.dependents
    this.open(ask, before.takenBy)
  }

  /** Milliseconds until the deadline of an ask; `Infinity` if there is no such ask any more. */
  remaining(key: string | undefined): number {
    const ask = key === undefined ? undefined : this.#pending.get(key)
    return ask ? Math.max(0, ask.openedAt + ask.deadline - this.#ground.elapsed()) : Number.POSITIVE_INFINITY
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
  madeBy(asker: Address): readonly PendingAsk[] {
    return this.#at(this.#byAsker, asker)
  }

  #at(index: ReadonlyMap<Address, ReadonlySet<string>>, address: Address): readonly PendingAsk[] {
    return [...(index.get(address) ?? [])].flatMap(key => this.#pending.get(key) ?? [])
  }

  get(key: string): PendingAsk | undefined {
    return this.#pending.get(key)
  }

  /** Whether a caller outside the agents waits for the answer to a request with this id. */
  isTaken(requestId: string): boolean {
    return this.#ground.requestIds.has(requestId)
  }

  /** Ends an ask; `false` when it had ended already. */
  close(key: string, outcome: Outcome): boolean {
    const ask = this.#forget(key)
    if (!ask) return false
    if (ask.behalf === undefined) this.#ground.observer?.answered(ask, outcome)
    ask.settle(outcome)
    if (!outcome.ok && !isRefused(outcome.error)) this.#abandon(ask, outcome.error)
    return true
  }

  /** Ends an ask with a failure, unless it may be sent again; `false` when it had ended already. */
  fail(key: string, error: TroupeError): boolean {
    const ask = this.#pending.get(key)
    return (ask !== undefined && this.#retries(ask, error)) || this.close(key, { ok: false, error })
  }

  #retries(ask: PendingAsk, error: TroupeError): boolean {
    const { retries, retryAfter } = ask.retry
    const wait = retryAfter * 2 ** ask.retried
    if (ask.retried >= retries || !isPassing(error) || this.remaining(ask.key) <= wait) return false
    ask.retried++
    ask.takenBy = undefined
    this.#cancelDependents(ask, error)
    ask.cancelRetry = this.#ground.timers.after(wait, () => ask.send())
    return true
  }

  /** Ends an ask that its asker no longer waits for; the asker is not called. */
  cancel(key: string): void {
    const ask = this.#forget(key)
    if (!ask) return
    if (ask.behalf === undefined) this.#ground.observer?.answered(ask, undefined)
    this.#abandon(ask, 'its asker no longer waits')
    ask.cancelled()
  }

  #abandon(ask: PendingAsk, why: unknown): void {
    if (ask.takenBy === undefined) this.#ground.abandoned(ask)
    this.#cancelDependents(ask, why)
  }

  #cancelDependents({ dependents, type, to }: PendingAsk, why: unknown): void {
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

  /** Fails the asks that came here as messages of other partitions. */
  failAllFromElsewhere(error: TroupeError): void {
    for (const { key, behalf, answered } of [...this.#pending.values()])
      if (behalf !== undefined && !answered) this.fail(key, error)
  }

  #forget(key: string): PendingAsk | undefined {
    const ask = this.#pending.get(key)
    if (!ask) return undefined
    this.#pending.delete(key)
    ask.isOver = true
    if (ask.behalf === undefined) this.#ground.size--
    if (ask.requestId !== undefined) this.#ground.requestIds.delete(ask.requestId)
    ask.cancelTimer()
    ask.cancelRetry()
    strike(this.#byCallee, ask.to, key)
    strike(this.#byAsker, ask.from, key)
    return ask
  }
}

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
