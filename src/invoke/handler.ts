import type * as z from 'zod'
import type { Clock } from '../clock.ts'
import { textOf } from '../errors.ts'
import { AskRefusedByCalleeError, type Refusal } from '../events/refusal.ts'
import { type RefusalOf, type RequestDefinition, refusalIn } from '../events/request.ts'
import type { Address } from '../mail/address.ts'
import { AskFailedError, AskRefusedError } from './ask-errors.ts'
import type { Outcome } from './outside.ts'

/** What the runtime hands to a handler. */
export interface HandlerScope {
  /** The key that an answer carries back: `request.fail(scope, { code, message })`. */
  readonly ask: string
  /** Aborted when the answer is not needed any more: the deadline has come, or the asker gave up. */
  readonly signal: AbortSignal
  /** The runtime's clock, epoch milliseconds. */
  now(): number
}

/** Answers a request, at once or by a promise. It refuses the request with what `request.fail` makes. */
export type HandlerFunction<I, O> = (input: I, scope: HandlerScope) => O | RefusalOf | Promise<O | RefusalOf>

/** A function that answers requests at an address, without a machine, a mailbox or a state. */
export class Handler {
  readonly address: Address
  readonly request: RequestDefinition
  readonly #answer: HandlerFunction<unknown, unknown>
  readonly #limit: number
  #inHand = 0
  #asked = 0

  /** @param limit how many requests may wait for its answer at one time */
  constructor(address: Address, request: RequestDefinition, answer: HandlerFunction<unknown, unknown>, limit: number) {
    this.address = address
    this.request = request
    this.#answer = answer
    this.#limit = limit
  }

  /** The key of the next request that a caller outside the agents sends. */
  nextKey(): string {
    return `outside/${this.address}/${++this.#asked}`
  }

  /** @throws AskRefusedError if it answers another request */
  check({ type }: Pick<RequestDefinition, 'type'>): void {
    if (type !== this.request.type) throw new AskRefusedError(type, this.address, 'not-handled')
  }

  /** Answers at once if its function does. Never throws, and never rejects. */
  answer(input: unknown, scope: HandlerScope): Outcome | Promise<Outcome> {
    if (this.#inHand >= this.#limit)
      return { ok: false, error: new AskRefusedError(this.request.type, this.address, 'overflow') }
    try {
      const output = this.#answer(input, scope)
      if (output instanceof Promise) return this.#later(output)
      return this.#ended(output)
    } catch (error) {
      return this.#failed(error)
    }
  }

  async #later(answer: Promise<unknown>): Promise<Outcome> {
    this.#inHand++
    try {
      return this.#ended(await answer)
    } catch (error) {
      return this.#failed(error)
    } finally {
      this.#inHand--
    }
  }

  #ended(output: unknown): Outcome {
    const refusal = refusalIn(this.request, output)
    return refusal ? this.#refused(refusal) : { ok: true, output: this.request.checkOutput(output) }
  }

  #refused(refusal: Refusal): Outcome {
    return { ok: false, error: new AskRefusedByCalleeError(this.request.type, this.address, refusal) }
  }

  #failed(error: unknown): Outcome {
    const refusal = refusalIn(this.request, error)
    if (refusal) return this.#refused(refusal)
    const { type } = this.request
    return { ok: false, error: new AskFailedError(type, this.address, textOf(error), { cause: error }) }
  }
}

/** A scope that makes its signal and its key when they are first read: most handlers read neither. */
export class LazyScope implements HandlerScope {
  readonly #clock: Pick<Clock, 'now'>
  #controller: AbortController | undefined
  #reason: unknown
  #isOver = false
  #ask: string | undefined
  readonly #handler: Handler

  /** @param ask the key of the ask, if it has a key already */
  constructor(clock: Pick<Clock, 'now'>, handler: Handler, ask?: string) {
    this.#handler = handler
    this.#ask = ask
    this.#clock = clock
  }

  get ask(): string {
    this.#ask ??= this.#handler.nextKey()
    return this.#ask
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isOver) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  now(): number {
    return this.#clock.now()
  }

  /** The asker no longer waits. */
  abort(reason: unknown): void {
    this.#isOver = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/** What `runtime.handle` returns. */
export interface HandlerRef {
  /** Where it is reached, such as `runtime/guests-count`. */
  readonly address: Address
  /** Ends the handler: requests that it has not answered fail with `AskStoppedError`. */
  stop(): void
}

/** How a handler is reached. */
export interface HandlerOptions {
  /** The last part of its address; by default the request's type with "-" for ".". */
  readonly name?: string
  /** How many requests may wait for its answer at one time; 1,000 by default. */
  readonly limit?: number
}

/** A typed function as the runtime keeps it. The schema that its input type comes from has parsed its input. */
export function anyHandler<I extends z.ZodType, O extends z.ZodType>(
  answer: HandlerFunction<z.output<I>, z.input<O>>,
): HandlerFunction<unknown, unknown> {
  return answer as HandlerFunction<unknown, unknown>
}
