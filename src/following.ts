import type { Around, Span, SpanEnd, SpanFacts, TraceContext } from './around.ts'
import { codeOf, TroupeError, textOf } from './errors.ts'

/** How many characters the names and texts of a context may have together. */
export const mostTrace = 2_048

const ok: SpanEnd = { status: 'ok' }
const cancelled: SpanEnd = { status: 'cancelled' }

/** Begins spans with all that follow the runtime. Nothing that they do changes what they follow. */
export class Following {
  readonly #all: readonly Follower[]
  /** The step under way. */
  step: OpenSpan | undefined

  /** @param failed called with the first failure of each function of each `around` */
  constructor(all: readonly Around[], failed: (error: AroundError) => void) {
    this.#all = all.map(around => new Follower(around, failed))
  }

  /** @param payload data of the application, for those that ask for payloads */
  begin(facts: SpanFacts, parent: TraceContext | undefined, payload?: unknown): OpenSpan {
    const spans: FollowedSpan[] = []
    for (const follower of this.#all) {
      const span = follower.begin(facts, parent, payload)
      if (span) spans.push(span)
    }
    return new OpenSpan(spans, parent)
  }

  /** Calls what makes a step, and ends the span of the step after it. */
  during<T>(span: OpenSpan, call: () => T): T {
    const outer = this.step
    this.step = span
    try {
      return span.run(call)
    } catch (error) {
      span.fail(error)
      throw error
    } finally {
      this.step = outer
      span.succeed()
    }
  }
}

/** A span of all that follow the runtime. It ends once: later ends change nothing. */
export class OpenSpan {
  /** The context of everything that this span causes. */
  readonly trace: TraceContext | undefined
  readonly #spans: readonly FollowedSpan[]
  #isOver = false

  constructor(spans: readonly FollowedSpan[], parent: TraceContext | undefined) {
    this.#spans = spans
    this.trace = together(spans) ?? parent
  }

  /** Calls a function inside the span; returns and throws what it does. */
  run<T>(call: () => T): T {
    let inside = call
    for (const span of this.#spans) {
      const next = inside
      inside = () => span.run(next)
    }
    return inside()
  }

  succeed(): void {
    this.#end(ok)
  }

  fail(error: unknown): void {
    if (!this.#isOver) this.#end({ status: 'error', code: codeOf(error), error })
  }

  /** The outcome is no longer wanted. */
  cancel(): void {
    this.#end(cancelled)
  }

  /** Ends it as the outcome says. */
  close(outcome: { readonly ok: boolean; readonly error?: unknown }): void {
    if (outcome.ok) this.succeed()
    else this.fail(outcome.error)
  }

  /** Ends it as a promise ends, and returns that promise. */
  until<T>(work: Promise<T>): Promise<T> {
    work.then(
      () => this.succeed(),
      (error: unknown) => this.fail(error),
    )
    return work
  }

  #end(how: SpanEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const span of this.#spans) span.end(how)
  }
}

type Method = 'begin' | 'run' | 'end'

/** One `around`, and which of its functions have failed. */
class Follower {
  readonly #around: Around
  readonly #failed: (error: AroundError) => void
  readonly #reported = new Set<Method>()

  constructor(around: Around, failed: (error: AroundError) => void) {
    this.#around = around
    this.#failed = failed
  }

  begin(facts: SpanFacts, parent: TraceContext | undefined, payload: unknown): FollowedSpan | undefined {
    try {
      const around = this.#around
      const span = around.payloads ? around.begin(facts, parent, payload) : around.begin(facts, parent)
      return span && new FollowedSpan(span, this.#traceOf(span), this)
    } catch (error) {
      this.failed('begin', error)
      return undefined
    }
  }

  /** A frozen copy of the context of a span, if it can travel. */
  #traceOf({ trace }: Span): TraceContext | undefined {
    if (trace === undefined) return undefined
    const copy = Object.freeze({ ...trace })
    const fault = typeof trace === 'object' ? faultOfTrace(copy) : `is a ${typeof trace} instead of an object of texts`
    if (fault === undefined) return copy
    this.failed('begin', new TypeError(`its trace ${fault}`))
    return undefined
  }

  failed(method: Method, cause: unknown): void {
    if (this.#reported.has(method)) return
    this.#reported.add(method)
    this.#failed(new AroundError(method, cause))
  }
}

/** The span of one `around`, which cannot hurt what it is about. */
class FollowedSpan {
  readonly trace: TraceContext | undefined
  readonly #span: Span
  readonly #follower: Follower

  constructor(span: Span, trace: TraceContext | undefined, follower: Follower) {
    this.#span = span
    this.trace = trace
    this.#follower = follower
  }

  run<T>(call: () => T): T {
    const span = this.#span
    let called: (() => T) | undefined
    const once = () => {
      called ??= resultOf(call)
    }
    try {
      if (span.run) {
        span.run(once)
        if (!called) throw new TypeError('it did not call the function that it got')
      }
    } catch (error) {
      this.#follower.failed('run', error)
    }
    called ??= resultOf(call)
    return called()
  }

  end(how: SpanEnd): void {
    try {
      this.#span.end(how)
    } catch (error) {
      this.#follower.failed('end', error)
    }
  }
}

/** Calls a function; the returned function returns or throws what came of it. */
function resultOf<T>(call: () => T): () => T {
  try {
    const result = call()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** Says what is wrong with a context; `undefined` if it can travel. */
export function faultOfTrace(trace: Readonly<Record<string, unknown>>): string | undefined {
  let length = 0
  for (const [name, text] of Object.entries(trace)) {
    if (typeof text !== 'string') return `must hold texts alone, and "${name}" is none`
    length += name.length + text.length
  }
  return length > mostTrace ? `has ${length} characters, more than ${mostTrace}` : undefined
}

/** The contexts of all spans as one; where names are the same, the first one wins. */
function together(spans: readonly FollowedSpan[]): TraceContext | undefined {
  let all: TraceContext | undefined
  for (const { trace } of spans) {
    if (!trace) continue
    const both = all ? Object.freeze({ ...trace, ...all }) : trace
    if (faultOfTrace(both) === undefined) all = both
  }
  return all
}

/** A function of `around` threw, or gave what cannot travel. */
export class AroundError extends TroupeError {
  readonly code = 'AROUND_FAILED'
  /** The function that failed. */
  readonly method: 'begin' | 'run' | 'end'
  constructor(method: 'begin' | 'run' | 'end', cause: unknown) {
    super(
      `"${method}" of an around failed: ${textOf(cause)}. The work that it follows went on without it. Fix it; later failures of "${method}" are not reported.`,
      { cause },
    )
    this.method = method
  }
}
