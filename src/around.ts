/**
 * The context of a span: texts by name, such as `{ traceparent: '00-…' }`. Everything that the span causes gets it, and envelopes
 * and the journal keep it. Names and texts together have at most 2,048 characters.
 */
export type TraceContext = Readonly<Record<string, string>>

/** The facts about a span. No payload is among them. */
export type SpanFacts = {
  /** The partition in which it happens, such as `party/p-1` or `runtime`. */
  readonly partition: string
  /** The id of the party; nothing outside the parties. */
  readonly party: string | undefined
  /** The id of the event that led to it, if an event did. */
  readonly cause: string | undefined
} & (
  | {
      /** Code outside the agents publishes events. The span ends when they are durable, or refused. */
      readonly kind: 'publish'
      /** The types of the events: one, or those that are published together. */
      readonly types: readonly string[]
    }
  | {
      /** An agent handles one position of its partition. */
      readonly kind: 'step'
      readonly agent: string
      readonly incarnation: number
      /** The type of the event. A position that is no event has a word, such as `outcome` or `xstate.init`. */
      readonly type: string
      /** The id of the event; `undefined` if the position is no event. */
      readonly id: string | undefined
      readonly position: number
      /** Counts how often the agent is handed the position, from 1. */
      readonly attempt: number
    }
  | {
      /** One attempt at a piece of work that an agent has invoked, such as an effect. */
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
  /** The outcome is no longer wanted. */
  | { readonly status: 'cancelled' }

/** One thing that the runtime does, from its begin to its end. */
export interface Span {
  /** The context of everything that this span causes. Left out, the context of the parent is used. */
  readonly trace?: TraceContext | undefined
  /**
   * Calls the application's code, once and at once, in a context in which this span is the current one. The function `call` returns
   * nothing and never throws.
   */
  run?(call: () => void): void
  /** Called once. If the process ends before, it is never called. */
  end(how: SpanEnd): void
}

/**
 * Follows what the runtime does: publishes, steps of agents, work outside them, asks, handlers, appends. The runtime calls `begin`
 * before each and `end` after it. The context of a span travels: with envelopes, from a step to the work and the events of the step,
 * to the callee of an ask and back, and through the journal into the next process. An `Around` changes nothing: if it throws, the
 * runtime reports that once, as the warning `AROUND_FAILED`, and goes on.
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
   * Called before something begins. Returns its span, or `undefined` to leave it out.
   *
   * @param facts what begins
   * @param parent the context of its cause; `undefined` if envelopes and journal hold none. Then a `publish`, or an `ask` from outside,
   *   belongs to the code that calls the runtime, and everything else is the first span of its tree
   * @param payload frozen data, only with `payloads: true`
   */
  begin(facts: SpanFacts, parent: TraceContext | undefined, payload?: unknown): Span | undefined
}
