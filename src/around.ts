/**
 * What a follower sends along with everything that its span leads to: texts by name, such as `{ traceparent: '00-…' }`. Envelopes and
 * the journal keep it. Names and texts together have at most 2,048 characters.
 */
export type TraceContext = Readonly<Record<string, string>>

/** What a span is about, without any payload. */
export type SpanFacts = {
  /** The partition in which it happens, such as `party/p-1` or `runtime`. */
  readonly partition: string
  /** The id of the party; nothing outside the parties. */
  readonly party: string | undefined
  /** The id of the event that led to it, if an event did. */
  readonly cause: string | undefined
} & (
  | {
      /** Somebody outside the agents publishes events; it ends when they are durable, or refused. */
      readonly kind: 'publish'
      /** The types of the events: one, or those that are published together. */
      readonly types: readonly string[]
    }
  | {
      /** An agent handles one position of its partition. */
      readonly kind: 'step'
      readonly agent: string
      readonly incarnation: number
      /** The type of the event, or a word such as `outcome` or `xstate.init` for what is no event. */
      readonly type: string
      /** The id of the event; nothing for what is no event. */
      readonly id: string | undefined
      readonly position: number
      /** Counts how often the agent is handed the position, from 1. */
      readonly attempt: number
    }
  | {
      /** One attempt of work outside an agent. */
      readonly kind: 'work'
      /** The name of its kind, such as `effect`. */
      readonly work: string
      /** The name of the piece of work, such as `search-venues`. */
      readonly name: string
      readonly key: string
      /** The agent that wants it. */
      readonly agent: string
      /** Counted from 1, in all processes. */
      readonly attempt: number
      /** Whether another process began the work, and has ended. */
      readonly isRecovered: boolean
    }
  | {
      /** An ask, from the request to its outcome; the request may be sent several times. */
      readonly kind: 'ask'
      readonly type: string
      readonly key: string
      /** The address of the agent that asks; `outside` for a caller outside the agents. */
      readonly from: string
      readonly to: string
      /** Whether another process sent the request, and has ended. */
      readonly isRecovered: boolean
    }
  | {
      /** The function of `runtime.handle` answers a request. */
      readonly kind: 'handler'
      readonly type: string
      readonly key: string
      readonly address: string
    }
  | {
      /** The journal appends frames of one partition. */
      readonly kind: 'append'
      readonly frames: number
      /** The position of the first frame, and that of the last. */
      readonly from: number
      readonly to: number
      /** The contexts of the other steps and publishes whose frames it appends. */
      readonly links: readonly TraceContext[]
    }
)

/** How a span ended. */
export type SpanEnd =
  | { readonly status: 'ok' }
  /** `code` is that of a `TroupeError`, otherwise `UNEXPECTED`; the message of `error` may hold data. */
  | { readonly status: 'error'; readonly code: string; readonly error: unknown }
  /** Nobody wants the outcome any more. */
  | { readonly status: 'cancelled' }

/** Something that is followed from its begin to its end. */
export interface Span {
  /** What goes along with everything that the span leads to; without it, what led to the span goes along instead. */
  readonly trace?: TraceContext | undefined
  /**
   * Calls the code of the application that the span is about, once and at once, so that the code can see the span as the current one. The
   * function that it gets returns nothing and never throws.
   */
  run?(call: () => void): void
  /** Called once. If the process ends before, it is never called. */
  end(how: SpanEnd): void
}

/**
 * Follows what the runtime does: publishes, steps of agents, work outside them, asks, handlers, appends. It is told of each before it
 * begins and after it has ended, and what it sends along travels: with envelopes, from a step to what the step wants and says, to
 * the callee of an ask and back, and through the journal into the next process. It changes nothing: if it throws, the runtime reports
 * that once, as the warning `AROUND_FAILED`, and goes on.
 *
 * @example
 * const slowSteps: Around = {
 *   begin(facts) {
 *     if (facts.kind !== 'step') return undefined
 *     const since = performance.now()
 *     return { end: () => console.log(facts.agent, facts.type, performance.now() - since) }
 *   },
 * }
 * const runtime = createRuntime({ party, around: slowSteps })
 */
export interface Around {
  /** Whether `begin` gets payloads: the data of an event, the input of work or of an ask. `false` by default. */
  readonly payloads?: boolean
  /**
   * Something begins. Returns the span, or nothing if it is not to be followed.
   *
   * @param facts what begins
   * @param parent the context of what led to it; nothing where the journal and the envelopes hold none. Then a `publish`, or an `ask`
   *   from outside, belongs to the code that calls the runtime, and everything else begins by itself
   * @param payload frozen data, only with `payloads: true`
   */
  begin(facts: SpanFacts, parent: TraceContext | undefined, payload?: unknown): Span | undefined
}
