import type * as z from 'zod'
import { type Place, placeOf, TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import type { RequestDefinition } from '../events/request.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Timers } from '../time/timers.ts'
import { type Outcome, type OutsideLogic, outside } from './outside.ts'

/** 60 seconds: how long an ask waits when nobody says otherwise. */
export const defaultDeadline = 60_000

/** Where a request goes and how long its asker waits. */
export interface AskOptions {
  /** An agent of the same party, or a full address; left out, it is the one agent that hears the request. */
  readonly to?: Address
  /** Milliseconds until the ask fails with `AskTimeoutError`; 60,000 by default, `Infinity` to wait for ever. */
  readonly deadline?: number
  /**
   * How often a safe request is sent again when its callee failed or its mailbox was full; 0 by default. A callee that fails
   * on it each time restarts each time, which counts towards the intensity of its supervisor.
   */
  readonly retries?: number
  /** Milliseconds before the first retry, twice as long before each one after; 100 by default. */
  readonly retryAfter?: number
}

export const askNames: OptionNames<AskOptions> = { to: true, deadline: true, retries: true, retryAfter: true }

/** An invoked ask: its input is what is asked, its output the reply. */
export interface AskLogic<I, O> extends OutsideLogic<I, O> {}

/** The work of an invoked ask. */
export interface AskWork {
  readonly kind: 'ask'
  readonly request: RequestDefinition
  readonly to?: Address
  readonly deadline: number
  readonly retry: Retry
  /** Where it was declared. */
  readonly place: Place
}

/** How often, and after how many milliseconds, a request is sent again. */
export interface Retry {
  readonly retries: number
  readonly retryAfter: number
}

/**
 * An actor to invoke: asks whoever hears the request, and ends with the reply or a typed failure.
 *
 * @example
 * actors: { guests: ask(guestCount, { deadline: 2_000 }) }
 * // invoke: { id: 'guests', src: 'guests', input: { why: 'capacity' }, onDone: ..., onError: ... }
 *
 * @param options `to`: agent name or address; `deadline`: milliseconds; `retries` and `retryAfter`
 * @throws MissingDefinitionError, UnknownOptionError; AskRetryError if it is to retry a request that does not say that it is safe
 * @throws (as the invoke's error) NoAddressError, AskTimeoutError, AskStoppedError, AskFailedError, AskRefusedError,
 *   AskRefusedByCalleeError, AskCycleError, AskCancelledError
 */
export function ask<T extends string, I extends z.ZodType, O extends z.ZodType>(
  request: RequestDefinition<T, I, O>,
  options: AskOptions = {},
): AskLogic<z.input<I>, z.output<O>> {
  checkDeclared('ask', 'a request', request)
  checkOptionNames('ask', options, askNames)
  const { to, deadline = defaultDeadline } = options
  const retry = retryOf(request, options)
  const work: AskWork = { kind: 'ask', request, deadline, retry, place: placeOf(ask), ...(to !== undefined && { to }) }
  return outside('ask', work)
}

/** @throws AskRetryError */
export function retryOf(
  { type, safe }: RequestDefinition,
  { retries = 0, retryAfter = 100 }: { readonly retries?: number; readonly retryAfter?: number },
): Retry {
  if (retries !== 0 && !safe) throw new AskRetryError(type)
  return { retries, retryAfter }
}

/** One request on its way: who waits, for whom, and how its end is told. */
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
  /** What somebody outside calls it. */
  readonly requestId?: string | undefined
  /** The callee's incarnation that took it; none while it waits in the mailbox. */
  takenBy?: number | undefined
  readonly retry: Retry
  /** Sends the request again. */
  again(): void
  /** Its reply is in a frame that is not durable yet: what happens to the callee now no longer matters. */
  answered?: boolean
  settle(outcome: Outcome): void
}

/** One that has been opened. */
export interface OpenAsk extends PendingAsk {
  /** Counted from 1: the larger, the younger. */
  readonly order: number
  /** When it was opened, in the runtime's elapsed milliseconds. */
  readonly openedAt: number
  readonly cancelTimer: () => void
  /** How often it was sent again. */
  retried: number
  /** Takes the next retry back. */
  cancelRetry: () => void
  /** What is done for its sake alone, and ends with it. */
  dependents: Set<Cancel> | undefined
}

/** Is told of every ask, while somebody observes. */
export interface AskObserver {
  asked(ask: OpenAsk): void
  /** @param outcome none when its asker no longer waits */
  answered(ask: OpenAsk, outcome: Outcome | undefined): void
}

/** Ends what is done for an ask that ended without an answer. */
export type Cancel = (cause: TroupeError) => void

/**
 * The asks of a runtime that have no answer yet. Each ends exactly once, by the first of reply, failure, deadline and
 * cancellation; what comes later finds no entry and is the caller's to report.
 */
export class AskTable {
  readonly #pending = new Map<string, OpenAsk>()
  readonly #byCallee = new Map<Address, Set<string>>()
  readonly #byAsker = new Map<Address, Set<string>>()
  readonly #timers: Timers
  readonly #elapsed: () => number
  /** What those outside call their asks. */
  readonly #requestIds = new Set<string>()
  readonly #abandoned: (ask: PendingAsk) => void
  #count = 0
  observer: AskObserver | undefined

  /** @param abandoned is told of asks that end without an answer before anybody has taken the request */
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
    // Nobody asks those outside, so no circle goes through them.
    if (ask.partition !== undefined) note(this.#byAsker, ask.from, ask.key)
  }

  /** Milliseconds that are left of an ask; for ever, if it has ended or there is none. */
  remaining(key: string | undefined): number {
    const ask = key === undefined ? undefined : this.#pending.get(key)
    return ask ? Math.max(0, ask.openedAt + ask.deadline - this.#elapsed()) : Number.POSITIVE_INFINITY
  }

  /** Calls `cancel` when an ask ends without an answer; the returned function takes that back. */
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

  /**
   * The circle of asks that one is part of, each waiting for the next, if there is one. An ask that was taken waits for
   * those made on its behalf; one that must wait because its callee is busy waits for what the callee has asked.
   *
   * @param isBlocked whether the callee is busy and does not take the request meanwhile
   */
  circle(key: string, isBlocked: (ask: PendingAsk) => boolean): readonly OpenAsk[] | undefined {
    const start = this.#pending.get(key)
    // Who has asked nothing waits for nobody.
    if (!start || !this.#byAsker.has(start.to)) return undefined
    const seen = new Set<OpenAsk>()
    const search = (ask: OpenAsk, path: readonly OpenAsk[]): readonly OpenAsk[] | undefined => {
      for (const next of this.#awaited(ask, isBlocked)) {
        if (next === start) return path
        if (seen.has(next)) continue
        seen.add(next)
        const found = search(next, [...path, next])
        if (found) return found
      }
      return undefined
    }
    return search(start, [start])
  }

  #awaited(ask: OpenAsk, isBlocked: (ask: PendingAsk) => boolean): readonly OpenAsk[] {
    if (ask.answered) return []
    if (ask.takenBy === undefined) return isBlocked(ask) ? this.#at(this.#byAsker, ask.to) : []
    return this.#at(this.#byAsker, ask.to).filter(({ parent }) => parent === ask.key)
  }

  #at(index: ReadonlyMap<Address, ReadonlySet<string>>, address: Address): readonly OpenAsk[] {
    return [...(index.get(address) ?? [])].flatMap(key => this.#pending.get(key) ?? [])
  }

  get(key: string): PendingAsk | undefined {
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

  /** Ends an ask that its asker no longer waits for: nobody is told. */
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

  /** Ends what one callee owes: all of it, or only what an earlier incarnation had taken. */
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

/** Whether the callee has answered, and said no. */
export function isRefused(error: unknown): error is AskRefusedByCalleeError {
  return error instanceof AskRefusedByCalleeError
}

/** Whether asking again may help: the callee failed and restarts, or its mailbox was full for the moment. */
function isPassing(error: TroupeError): boolean {
  return error instanceof AskFailedError || (error instanceof AskRefusedError && error.reason === 'overflow')
}

/** No reply came within the deadline. */
export class AskTimeoutError extends TroupeError {
  readonly code = 'ASK_TIMEOUT'
  readonly type: string
  readonly to: Address
  readonly deadline: number
  constructor(type: string, to: Address, deadline: number) {
    super(
      `"${to}" did not answer "${type}" within ${deadline} ms. Give it more time, or handle its silence in onError.`,
    )
    this.type = type
    this.to = to
    this.deadline = deadline
  }
}

/** The callee stopped, or had stopped before it was asked. */
export class AskStoppedError extends TroupeError {
  readonly code = 'ASK_STOPPED'
  readonly type: string
  readonly to: Address
  constructor(type: string, to: Address) {
    super(`"${to}" is stopped and will not answer "${type}". Spawn it again, or ask another agent.`)
    this.type = type
    this.to = to
  }
}

/** The callee failed while it had the request in hand. */
export class AskFailedError extends TroupeError {
  readonly code = 'ASK_FAILED'
  readonly type: string
  readonly to: Address
  /** @param options `cause` is what the callee threw, where this process saw it */
  constructor(type: string, to: Address, why: string, options?: ErrorOptions) {
    super(`"${to}" failed while it had "${type}" in hand: ${why}. Ask again once it has restarted.`, options)
    this.type = type
    this.to = to
  }
}

/** The callee could not take the request: its state does not handle it, or its mailbox is full. */
export class AskRefusedError extends TroupeError {
  readonly code = 'ASK_REFUSED'
  readonly type: string
  readonly to: Address
  readonly reason: 'not-handled' | 'overflow'
  constructor(type: string, to: Address, reason: 'not-handled' | 'overflow') {
    const why = reason === 'overflow' ? 'its mailbox is full' : 'the state it is in does not handle it'
    super(`"${to}" did not take "${type}": ${why}. Ask again later, or handle the request in that state.`)
    this.type = type
    this.to = to
    this.reason = reason
  }
}

/** The ask would wait for itself: every agent on the path is busy with an ask to the next. */
export class AskCycleError extends TroupeError {
  readonly code = 'ASK_CYCLE'
  readonly type: string
  /** The addresses around the circle; the asker stands at both ends. */
  readonly path: readonly Address[]
  constructor(type: string, path: readonly Address[]) {
    super(
      `The ask "${type}" would wait for itself: ${path.join(' -> ')}. Let one of them take the request while it is busy, or ask before becoming busy.`,
    )
    this.type = type
    this.path = path
  }
}

/** A request is to be retried that does not say that answering it twice does no harm. */
export class AskRetryError extends TroupeError {
  readonly code = 'ASK_RETRY'
  readonly type: string
  constructor(type: string) {
    super(
      `The ask "${type}" cannot retry: its request does not say that answering it twice does no harm. Define it with { safe: true }, or leave retries out.`,
    )
    this.type = type
  }
}

/** Nobody waits for the answer any more: the asker's signal was aborted, or the ask that it was made for has ended. */
export class AskCancelledError extends TroupeError {
  readonly code = 'ASK_CANCELLED'
  readonly type: string
  readonly to: Address
  constructor(type: string, to: Address, cause: unknown) {
    super(
      `The ask "${type}" to "${to}" was cancelled before it was answered. Ask again if the answer is still wanted.`,
      {
        cause,
      },
    )
    this.type = type
    this.to = to
  }
}
