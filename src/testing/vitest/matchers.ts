import type { MatcherState } from 'vitest'
import { type DeadReason, TroupeError } from '../../index.ts'
import { RunRecord } from '../run-record.ts'
import { TestRuntime } from '../test-runtime.ts'
import { becauseOf } from '../why.ts'

/** What a failed expectation quotes of each kind, at most. */
const mostShown = 10

type Named = string | { readonly type: string }

interface Result {
  readonly pass: boolean
  message(): string
}

/** One thing of a record, as expectations see it. */
interface Happening {
  readonly name: string
  readonly data: unknown
}

/** An argument of a matcher that may be left out. An argument that is `undefined` is not left out. */
type Given<T> = readonly T[]

/** What is expected: a name, and data if there is any. */
interface Wanted {
  readonly what: string
  readonly name: string
  readonly data: Given<unknown>
}

function recordOf(received: unknown, matcher: string): RunRecord {
  if (received instanceof TestRuntime) return received.record
  if (received instanceof RunRecord) return received
  throw new NoRunError(matcher)
}

const nameOf = (named: Named): string => (typeof named === 'string' ? named : named.type)

/** Looks for a name, and for data if there is any, and says what came instead. */
function found(state: MatcherState, record: RunRecord, happened: readonly Happening[], wanted: Wanted): Result {
  const { name, what, data } = wanted
  const words = (value: unknown) => state.utils.stringify(value, undefined, { min: true })
  const named = happened.filter(one => one.name === name)
  const isAny = data.length === 0
  const pass = named.some(one => isAny || state.equals(one.data, data[0]))
  const asked = `"${name}"${isAny ? '' : ` with ${words(data[0])}`}`
  const message = () => {
    if (pass) return `expected ${asked} not to be ${what}, but it was.${becauseOf(record)}`
    const instead = named.length > 0 ? named.map(one => words(one.data)) : [...new Set(happened.map(one => one.name))]
    const came = instead.length === 0 ? 'Nothing was.' : `Instead ${named.length > 0 ? 'with' : 'these were'}:`
    return [`expected ${asked} to be ${what}. ${came}`, ...shown(instead)].join('\n  ') + becauseOf(record)
  }
  return { pass, message }
}

function shown(all: readonly string[]): readonly string[] {
  const more = all.length - mostShown
  return more > 0 ? [...all.slice(-mostShown), `and ${more} before`] : all
}

function timesOf(count: number | undefined): string {
  return count === 1 ? 'once' : `${count} times`
}

/** The matchers for `expect.extend`. */
export const matchers = {
  toHavePublished(this: MatcherState, received: unknown, event: Named, ...data: Given<unknown>): Result {
    const record = recordOf(received, 'toHavePublished')
    const happened = record.events.map(({ type, data }) => ({ name: type, data }))
    return found(this, record, happened, { what: 'published', name: nameOf(event), data })
  },

  toHaveAsked(this: MatcherState, received: unknown, request: Named, ...data: Given<unknown>): Result {
    const record = recordOf(received, 'toHaveAsked')
    const happened = record.asks.map(({ type, input }) => ({ name: type, data: input }))
    return found(this, record, happened, { what: 'asked', name: nameOf(request), data })
  },

  toHaveRun(this: MatcherState, received: unknown, name: string, ...data: Given<unknown>): Result {
    const record = recordOf(received, 'toHaveRun')
    const happened = record.works.map(work => ({ name: work.name, data: work.input }))
    return found(this, record, happened, { what: 'run', name, data })
  },

  toHaveDeadLettered(this: MatcherState, received: unknown, event: Named, ...reason: Given<DeadReason>): Result {
    const record = recordOf(received, 'toHaveDeadLettered')
    const happened = record.deadLetters.map(letter => ({ name: letter.envelope.type, data: letter.reason }))
    return found(this, record, happened, { what: 'a dead letter', name: nameOf(event), data: reason })
  },

  toHaveRestarted(this: MatcherState, received: unknown, agent: string, ...times: Given<number>): Result {
    const record = recordOf(received, 'toHaveRestarted')
    const count = record.restarts.filter(one => one.agent === agent).length
    const pass = times.length === 0 ? count > 0 : count === times[0]
    const wanted = times.length === 0 ? '' : ` ${timesOf(times[0])}`
    const others = [...new Set(record.restarts.map(one => one.agent))].join(', ')
    const message = () =>
      `expected "${agent}" ${pass ? 'not ' : ''}to have restarted${wanted}; it has ${timesOf(count)}.${
        others === '' ? ' No agent has.' : ` These agents have: ${others}.`
      }${becauseOf(record)}`
    return { pass, message }
  },
}

/** A matcher was called with something that has no record of a run. */
export class NoRunError extends TroupeError {
  readonly code = 'NO_RUN'
  readonly matcher: string
  constructor(matcher: string) {
    super(
      `${matcher} was called with something else than a test runtime. Write expect(test), with test = await createTestRuntime(...).`,
    )
    this.matcher = matcher
  }
}
