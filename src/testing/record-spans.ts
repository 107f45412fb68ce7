import { AsyncLocalStorage } from 'node:async_hooks'
import type { Around, Clock, Span, SpanEnd, SpanFacts, TraceContext } from '../index.ts'

/** One span of a `SpanRecorder`, in its tree. */
export interface RecordedSpan {
  readonly facts: SpanFacts
  /** With `payloads: true` alone. */
  readonly payload: unknown
  /** The span that led to it; nothing if none did, or if another recorder has it. */
  readonly parent: RecordedSpan | undefined
  /** In the order in which they began. */
  readonly children: readonly RecordedSpan[]
  /** Milliseconds by the clock of the recorder. */
  readonly begunAt: number
  /** Nothing while it goes on, like `how`. */
  readonly endedAt: number | undefined
  readonly how: SpanEnd | undefined
}

/** An `around` that keeps all spans in memory, as trees of times. */
export interface SpanRecorder extends Around {
  /** The spans without a parent, in the order in which they began. */
  readonly roots: readonly RecordedSpan[]
  /** The span that the running code belongs to. */
  readonly current: RecordedSpan | undefined
  /** How many spans it did not keep, because it had as many as it may keep. */
  readonly dropped: number
  /**
   * The trees as text: a line for each span, with what it is about, how long it took and how it ended.
   *
   * @param isShown says which spans are printed, with what is below them; all by default
   */
  print(isShown?: (span: RecordedSpan) => boolean): string
}

/** What a recorder keeps, and how much of it. */
export interface RecordOptions {
  /** Whether it keeps payloads; `false` by default. */
  readonly payloads?: boolean
  /** How many spans it keeps; 100,000 by default. */
  readonly most?: number
}

type Recorded = { -readonly [K in keyof RecordedSpan]: RecordedSpan[K] } & { readonly children: RecordedSpan[] }

/**
 * Records what a runtime does as trees of times. The same recorder may follow several runtimes, one after the other: work that another
 * process began, on the same journal, is below the span that wanted it.
 *
 * @example
 * const clock = createSimulatedClock()
 * const recorder = recordSpans(clock)
 * const runtime = await createRuntime({ party, clock, around: recorder }).start()
 * await runtime.parties.create({ inputs: ['20 guests'] })
 * console.log(recorder.print())
 *
 * @param clock the clock of the runtime
 */
export function recordSpans(
  clock: Pick<Clock, 'now' | 'elapsed'>,
  { payloads = false, most = 100_000 }: RecordOptions = {},
): SpanRecorder {
  const roots: RecordedSpan[] = []
  const byId = new Map<string, Recorded>()
  const inside = new AsyncLocalStorage<Recorded>()
  const now = () => clock.elapsed?.() ?? clock.now()
  let dropped = 0

  const parentOf = (facts: SpanFacts, parent: TraceContext | undefined) => {
    if (parent) return byId.get(parent['span'] ?? '')
    // Code of the application calls the runtime: it may be part of a span.
    const isCall = facts.kind === 'publish' || (facts.kind === 'ask' && facts.from === 'outside')
    return isCall ? inside.getStore() : undefined
  }

  const begin = (facts: SpanFacts, trace: TraceContext | undefined, payload?: unknown): Span | undefined => {
    if (byId.size >= most) {
      dropped++
      return undefined
    }
    const parent = parentOf(facts, trace)
    const times = { begunAt: now(), endedAt: undefined, how: undefined }
    const span: Recorded = { facts, payload, parent, children: [], ...times }
    const id = `${byId.size + 1}`
    byId.set(id, span)
    if (parent) parent.children.push(span)
    else roots.push(span)
    return {
      trace: { span: id },
      run: call => inside.run(span, call),
      end(how) {
        span.endedAt = now()
        span.how = how
      },
    }
  }

  return {
    payloads,
    begin,
    roots,
    get current() {
      return inside.getStore()
    },
    get dropped() {
      return dropped
    },
    print: (isShown = () => true) => linesOf(roots, isShown, '').join('\n'),
  }
}

function linesOf(spans: readonly RecordedSpan[], isShown: (span: RecordedSpan) => boolean, indent: string): string[] {
  return spans
    .filter(isShown)
    .flatMap(span => [
      `${indent}${titleOf(span.facts)}: ${endOf(span)}`,
      ...linesOf(span.children, isShown, `${indent}  `),
    ])
}

function titleOf(facts: SpanFacts): string {
  switch (facts.kind) {
    case 'publish':
      return `publish ${facts.types.join(', ')}`
    case 'step':
      return `step ${facts.agent} ${facts.type}${timesOf(facts.attempt)}`
    case 'work':
      return `${facts.work} ${facts.name}${timesOf(facts.attempt)}`
    case 'ask':
      return `ask ${facts.type} ${facts.from} -> ${facts.to}`
    case 'handler':
      return `handler ${facts.address} ${facts.type}`
    default:
      return `append ${facts.partition} ${facts.frames}`
  }
}

function timesOf(attempt: number): string {
  return attempt > 1 ? ` #${attempt}` : ''
}

function endOf({ begunAt, endedAt, how }: RecordedSpan): string {
  if (!how || endedAt === undefined) return 'not ended'
  const took = `${endedAt - begunAt} ms`
  if (how.status === 'ok') return took
  return `${took}, ${how.status === 'error' ? how.code : how.status}`
}
