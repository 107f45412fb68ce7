import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Around, Span, SpanEnd, SpanFacts, TraceContext } from '../index.ts'
import { type ContractCase, casesOf } from './contract-case.ts'

/** A span as an `Around` has recorded it. */
export interface SeenSpan {
  /** Tells it from other spans. */
  readonly id: string
  /** The `id` of the span that led to it; nothing if none did. */
  readonly parent: string | undefined
  /** How it ended; nothing while it goes on. */
  readonly status: SpanEnd['status'] | undefined
}

/** An `Around` that is tested, and how to look at what it recorded. */
export interface AroundCase {
  readonly around: Around
  /** All spans so far, in the order in which they began. Left out with `records: false` alone. */
  seen?(): readonly SeenSpan[]
}

/** What an `Around` may leave out, as long as it says so. */
export interface AroundAbilities {
  /** Whether its spans can be looked at through `seen`; `true` by default. */
  readonly records?: boolean
}

type Check = (tested: AroundCase) => void | Promise<void>
type Look = (around: Around, seen: () => readonly SeenSpan[]) => void | Promise<void>

/**
 * What the port `Around` promises, as cases for any test runner: run them on an `Around` of your own.
 *
 * @example
 * describe('my around', () => {
 *   for (const { name, run } of aroundContract(() => ({ around: myAround() }), { records: false })) it(name, run)
 * })
 *
 * @param create makes an `Around` for one case, with nothing recorded
 * @param abilities `records: false` leaves out the cases that look at recorded spans
 */
export function aroundContract(
  create: () => AroundCase | Promise<AroundCase>,
  { records = true }: AroundAbilities = {},
): readonly ContractCase[] {
  return casesOf({ ...itFits, ...(records && itRecords) }, create)
}

const place = { partition: 'party/p1', party: 'p1', cause: undefined }
const publish: SpanFacts = { kind: 'publish', ...place, types: ['a.b'] }
const step: SpanFacts = {
  kind: 'step',
  ...place,
  agent: 'party/p1/cook',
  incarnation: 1,
  type: 'a.b',
  id: 'e-1',
  position: 1,
  attempt: 1,
}
const named = { key: 'party/p1/cook@1/work', isRecovered: false }
const work: SpanFacts = {
  kind: 'work',
  ...place,
  ...named,
  work: 'effect',
  name: 'bake',
  agent: step.agent,
  attempt: 1,
}
const ask: SpanFacts = { kind: 'ask', ...place, ...named, type: 'a.ask', from: step.agent, to: 'runtime/oven' }
const handler: SpanFacts = { kind: 'handler', ...place, type: 'a.ask', key: named.key, address: 'runtime/oven' }
const append: SpanFacts = { kind: 'append', ...place, frames: 2, from: 1, to: 4, links: [{ other: 'trace' }] }
const kinds = [publish, step, work, ask, handler, append].map(facts => Object.freeze(facts))

const ends: readonly SpanEnd[] = [
  { status: 'ok' },
  { status: 'error', code: 'UNEXPECTED', error: new Error('no') },
  { status: 'error', code: 'UNEXPECTED', error: undefined },
  { status: 'cancelled' },
]

const itFits: Readonly<Record<string, Check>> = {
  'begins a span of each kind, with a parent and without, and ends it in each way'({ around }) {
    const parent = around.begin(publish, undefined)?.trace
    for (const facts of kinds)
      for (const how of ends) for (const led of [undefined, parent]) around.begin(facts, led)?.end(how)
  },

  'takes contexts that it does not know'({ around }) {
    const unknown: readonly TraceContext[] = [{}, { traceparent: 'no' }, { unknown: 'x'.repeat(2_000) }]
    for (const parent of unknown) around.begin(step, Object.freeze(parent))?.end({ status: 'ok' })
  },

  'sends along texts by name, 2,048 characters at most'({ around }) {
    for (const facts of kinds) {
      const { trace = {} } = around.begin(facts, undefined) ?? {}
      const parts = Object.entries(trace).flat()
      assert.ok(
        parts.every(part => typeof part === 'string'),
        'a context holds texts alone',
      )
      assert.ok(parts.join('').length <= 2_048, 'a context has 2,048 characters at most')
      assert.deepEqual(structuredClone(trace), { ...trace })
    }
  },

  'calls what a span is about once, at once, also inside another span'({ around }) {
    const calls: string[] = []
    runIn(around.begin(step, undefined), () => {
      calls.push('outer')
      runIn(around.begin(publish, undefined), () => calls.push('inner'))
      calls.push('outer again')
    })
    assert.deepEqual(calls, ['outer', 'inner', 'outer again'])
  },

  async 'keeps the asynchronous context of the code that it calls'({ around }) {
    const inside = new AsyncLocalStorage<string>()
    const found: (string | undefined)[] = []
    await inside.run('mine', async () => {
      let done = Promise.resolve()
      runIn(around.begin(work, undefined), () => {
        done = Promise.resolve().then(() => void found.push(inside.getStore()))
      })
      await done
    })
    assert.deepEqual(found, ['mine'])
  },

  'lets a parent end before what it led to'({ around }) {
    const parent = around.begin(step, undefined)
    parent?.end({ status: 'ok' })
    const child = around.begin(work, parent?.trace)
    around.begin(step, child?.trace)?.end({ status: 'ok' })
    child?.end({ status: 'cancelled' })
  },
}

const itRecords: Readonly<Record<string, Check>> = {
  'records each span once, and how it ended': ifSeen((around, seen) => {
    for (const how of ends) around.begin(step, undefined)?.end(how)
    around.begin(work, undefined)
    const statuses = seen().map(({ status }) => status)
    assert.deepEqual(statuses, ['ok', 'error', 'error', 'cancelled', undefined])
    assert.equal(new Set(seen().map(({ id }) => id)).size, 5)
  }),

  'records what led to what, also when the context went through JSON': ifSeen((around, seen) => {
    const root = around.begin(publish, undefined)
    const first = around.begin(step, throughJson(root?.trace))
    around.begin(work, throughJson(first?.trace))
    around.begin(ask, throughJson(first?.trace))
    const [one, two, three, four] = seen()
    assert.deepEqual(
      [one, two, three, four].map(span => span?.parent),
      [undefined, one?.id, two?.id, two?.id],
    )
  }),

  async 'takes what the application publishes inside a span as a part of it, also after a wait'(tested) {
    await ifSeen(async (around, seen) => {
      let done = Promise.resolve()
      runIn(around.begin(work, undefined), () => {
        done = Promise.resolve().then(() => around.begin(publish, undefined)?.end({ status: 'ok' }))
      })
      await done
      around.begin(publish, undefined)
      const [outer, inner, other] = seen()
      assert.deepEqual([inner?.parent, other?.parent], [outer?.id, undefined])
    })(tested)
  },

  'takes a step without a parent as the begin of a tree, whatever code runs': ifSeen((around, seen) => {
    runIn(around.begin(step, undefined), () => void around.begin(step, undefined))
    assert.deepEqual(
      seen().map(({ parent }) => parent),
      [undefined, undefined],
    )
  }),
}

/** A check for an `Around` whose spans can be looked at. */
function ifSeen(look: Look): Check {
  return tested => {
    assert.ok(tested.seen, 'Give `seen`, or say `records: false`.')
    return look(tested.around, () => tested.seen?.() ?? [])
  }
}

function runIn(span: Span | undefined, call: () => void): void {
  if (span?.run) span.run(call)
  else call()
}

function throughJson(trace: TraceContext | undefined): TraceContext | undefined {
  return trace && JSON.parse(JSON.stringify(trace))
}
