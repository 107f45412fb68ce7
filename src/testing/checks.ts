import { inspect } from 'node:util'
import { TroupeError } from '../index.ts'
import { type Duration, millisecondsOf } from './duration.ts'
import { type DataOf, type Happening, soughtIn, type Wanted } from './happening.ts'
import type { RunRecord } from './run-record.ts'
import { becauseOf, isOwn, type Run, recordIn } from './why.ts'

/** What a failed check quotes, at most. */
const mostShown = 10

/** Which of two happenings belong together, such as an order and its delivery. */
export type Same<A, B> = (first: DataOf<A>, then: DataOf<B>) => boolean

/**
 * Checks that something happened in a run, through all its processes.
 *
 * @example
 * eventually(test, cakeBaked)
 * eventually(test, published(cakeBaked, ({ tiers }) => tiers === 3))
 *
 * @param wanted an event by its definition or type, or what `published`, `asked`, `ran`, `died` and `restarted` give
 * @throws CheckError if it did not
 */
export function eventually(run: Run, wanted: Wanted): void {
  const record = recordIn(run)
  const sought = soughtIn(wanted)
  if (record.happenings.some(one => sought.isMet(one))) return
  throw new CheckError('eventually', `expected that ${sought.words}, but that did not happen.`, {
    record,
    kinds: [sought.kind],
  })
}

/**
 * Checks that something did not happen in a run, in none of its processes.
 *
 * @example
 * never(test, died(cakeOrdered))
 *
 * @throws CheckError if it did, with what led to it
 */
export function never(run: Run, wanted: Wanted): void {
  const record = recordIn(run)
  const sought = soughtIn(wanted)
  const at = record.happenings.find(one => sought.isMet(one))
  if (at) throw new CheckError('never', `expected that never ${sought.words}, but that happened.`, { record, at })
}

/**
 * Checks that something happened only after something else. A run in which the second thing never happened passes, so that one check
 * fits all runs of a test; `eventually` says that it has to.
 *
 * @example
 * before(test, published(orderApproved), ran('charge-card'))
 * before(test, orderApproved, orderShipped, (approved, shipped) => approved.id === shipped.id)
 *
 * @param same which of the two belong together, by their payloads or inputs; all by default
 * @throws CheckError for the first that happened too early
 */
export function before<const A extends Wanted, const B extends Wanted>(
  run: Run,
  first: A,
  then: B,
  same: Same<A, B> = () => true,
): void {
  const record = recordIn(run)
  const [earlier, later] = [soughtIn(first), soughtIn(then)]
  const seen: DataOf<A>[] = []
  for (const at of record.happenings) {
    if (later.isMet(at) && !seen.some(data => same(data, at.data)))
      throw new CheckError('before', `expected that ${earlier.words} before ${later.words}, but it was not so.`, {
        record,
        at,
        kinds: [earlier.kind],
      })
    if (earlier.isMet(at)) seen.push(at.data)
  }
}

/** How something is followed. */
export interface Following<A, B> {
  /** Which of the two belong together, by their payloads or inputs; all by default. */
  readonly same?: Same<A, B>
  /** How much time may pass between them, as `pass` takes it; any by default. */
  readonly within?: Duration
}

/**
 * Checks that something is followed by something else each time that it happens. A run in which the first thing never happened passes.
 *
 * @example
 * alwaysFollowedBy(test, orderPlaced, orderShipped, { same: (order, shipped) => order.id === shipped.id, within: '2 d' })
 *
 * @throws CheckError for the first that was not followed; DurationError
 */
export function alwaysFollowedBy<const A extends Wanted, const B extends Wanted>(
  run: Run,
  first: A,
  then: B,
  { same = () => true, within = Number.MAX_SAFE_INTEGER }: Following<A, B> = {},
): void {
  const record = recordIn(run)
  const [earlier, later] = [soughtIn(first), soughtIn(then)]
  const most = millisecondsOf(within)
  for (const [place, at] of record.happenings.entries()) {
    if (!earlier.isMet(at)) continue
    const isFollowed = record.happenings
      .slice(place + 1)
      .some(next => later.isMet(next) && next.time - at.time <= most && same(at.data, next.data))
    const limit = most === Number.MAX_SAFE_INTEGER ? '' : ` within ${within}${typeof within === 'number' ? ' ms' : ''}`
    if (!isFollowed)
      throw new CheckError(
        'alwaysFollowedBy',
        `expected that ${later.words}${limit} each time after ${earlier.words}, but it was not so.`,
        { record, at, after: place, kinds: [later.kind] },
      )
  }
}

/** What is shown of a run in which a check failed. */
interface Seen {
  readonly record: RunRecord
  /** The happening that the check failed on. */
  readonly at?: Happening
  /** What came instead: of these kinds, after this place. */
  readonly kinds?: readonly Happening['kind'][]
  readonly after?: number
}

/** A run did not do what it has to. The message shows what came instead, and what led to it. */
export class CheckError extends TroupeError {
  readonly code = 'RUN_CHECK'
  readonly check: 'eventually' | 'never' | 'before' | 'alwaysFollowedBy'
  /** The happening on which the check failed; none if something is missing in the whole run. */
  readonly at: Happening | undefined
  constructor(check: CheckError['check'], expected: string, { record, at, kinds = [], after = -1 }: Seen) {
    super(`${check}: ${expected}`)
    const place = at ? `\nIt failed on: ${lineOf(at, record)}` : ''
    const sentence = this.message
    // Errors are one line each. The run below it needs more; it quotes JSON alone, so nothing in it controls a terminal.
    this.message = `${sentence}${place}${insteadIn(record, kinds, after)}${becauseOf(record, at?.event)}`
    if (this.stack !== undefined) this.stack = this.stack.replace(sentence, () => this.message)
    this.check = check
    this.at = at
  }
}

const verbs: Readonly<Record<Happening['kind'], string>> = {
  published: 'was published',
  asked: 'was asked',
  ran: 'ran',
  died: 'became a dead letter',
  restarted: 'restarted',
}

function insteadIn({ happenings }: RunRecord, kinds: readonly Happening['kind'][], after: number): string {
  if (kinds.length === 0) return ''
  const came = happenings.slice(after + 1).filter(({ kind, name }) => kinds.includes(kind) && !isOwn(name))
  const names = came.map(({ name }) => name)
  const counted = [...new Set(names)].map(name => {
    const times = names.filter(one => one === name).length
    return times === 1 ? name : `${name} (${times} times)`
  })
  const more = counted.length > mostShown ? `, and ${counted.length - mostShown} more` : ''
  const when = after < 0 ? '' : ' after it'
  const listed = counted.length === 0 ? 'nothing' : counted.slice(0, mostShown).join(', ') + more
  return `\nWhat ${kinds.map(kind => verbs[kind]).join(' or ')}${when}: ${listed}.`
}

function lineOf({ kind, name, data, agent, time }: Happening, { happenings }: RunRecord): string {
  const text = data === undefined ? '' : ` ${inspect(data, { breakLength: Number.POSITIVE_INFINITY })}`
  const seconds = ((time - (happenings[0]?.time ?? time)) / 1_000).toFixed(1)
  return `"${name}" ${verbs[kind]}, ${agent}, at ${seconds} s${text.slice(0, 100)}`
}
