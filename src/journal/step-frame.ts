import type { Output, Step } from '../actor/step.ts'
import type { EventOf } from '../events/event.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { DeadReason } from '../mail/dead-letters.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import { encoded } from '../values/json.ts'
import type { Cause, Entry } from './frame.ts'

/** What the frame of a step calls in its partition. It is an interface because partitions, in a room above, write frames. */
export interface FrameHost {
  readonly address: Address
  nextSeq(): number
  /** The time of the clock, epoch milliseconds. */
  date(): number
  persistsReply(type: string): boolean
  /** The version of the schema of an event. */
  versionOf(type: string): number
  /** The number of the next attempt if the agent gets the event again on which its step failed; else `undefined`. */
  redelivery(step: Step): number | undefined
  /** Makes the envelope of an event of an agent. */
  seal(event: EventOf, id: string, step: Step, to?: Address): Envelope
}

/** A step as the journal holds it, and the events that it says, journalled or not. */
export interface StepFrame {
  readonly cause: Cause
  readonly entries: readonly Entry[]
  readonly said: readonly Envelope[]
  /** Why the handled event is a dead letter now; `undefined` if it is none. */
  readonly dead: DeadReason | undefined
  /** Whether the handled event goes back to its place in the mailbox. */
  readonly redelivered: boolean
}

/**
 * Makes the frame of a step: what the step handled, how it ended, and everything that it wants. Ids are derived from the handled
 * position, so a step that runs again after a crash produces the same ids.
 *
 * @param planned the outside work that the step has invoked, or that it is a start
 */
export function frameOf(step: Step, planned: readonly Entry[], host: FrameHost): StepFrame {
  const { actor, handled, outcome, outputs } = step
  if (outcome === 'handled' && planned.length === 0) {
    const [first, second] = outputs
    if (!first) return silent(step)
    if (!second && first.kind === 'emit' && !first.passage) return spoken(step, first.event, host)
  }
  // Planned entries were made during the step, so their positions come first. A failed start is still a start.
  const entries: Entry[] = outcome === 'failed' ? planned.filter(isStart) : [...planned]
  const said: Envelope[] = []
  for (const output of outputs) {
    if (output.kind === 'emit' || output.kind === 'send') {
      for (const { event, to } of whatIsSaid(output, entries, step, host)) {
        const envelope = host.seal(event, saidId(step, said.length, host), step, to)
        said.push(envelope)
        if (isJournalled(envelope)) entries.push({ kind: 'event', envelope })
      }
    } else {
      const entry = entryOf(output, actor.address, handled, host)
      if (entry) entries.push(entry)
    }
  }
  const attempt = host.redelivery(step)
  const dead = attempt === undefined ? deadReason(step) : undefined
  const { envelope } = handled
  const to = actor.address
  if (dead && envelope) {
    const attempts = Math.max(1, actor.crashes.of(envelope))
    entries.push({ kind: 'dead', seq: host.nextSeq(), id: envelope.id, to, reason: dead, attempts, envelope })
  }
  if (attempt !== undefined && envelope)
    entries.push({ kind: 'redelivered', seq: host.nextSeq(), id: envelope.id, to, attempt })
  // An array that grew is copied, because it holds unused memory, and the journal keeps the array.
  const kept = entries.length === planned.length ? entries : [...entries]
  return { cause: causeOf(step), entries: kept, said, dead, redelivered: attempt !== undefined }
}

function isStart({ kind }: Entry): boolean {
  return kind === 'agent' || kind === 'definition'
}

const none: readonly never[] = []

/** The frame of a step that only changes its machine, as most steps do. */
function silent(step: Step): StepFrame {
  return { cause: causeOf(step), entries: none, said: none, dead: undefined, redelivered: false }
}

/** The frame of a step that says one event, as most other steps do. */
function spoken(step: Step, event: EventOf, host: FrameHost): StepFrame {
  const envelope = host.seal(event, saidId(step, 0, host), step)
  const entries = isJournalled(envelope) ? [{ kind: 'event' as const, envelope }] : none
  return { cause: causeOf(step), entries, said: [envelope], dead: undefined, redelivered: false }
}

function saidId({ actor, handled }: Step, place: number, host: FrameHost): string {
  return `${host.address}/${handled.seq}/${actor.name}/${place}`
}

/** The events that leave for one event of an agent: the results of the transformations, if it went through any. */
function whatIsSaid(
  output: Extract<Output, { readonly kind: 'emit' | 'send' }>,
  entries: Entry[],
  step: Step,
  host: FrameHost,
): readonly { readonly event: EventOf; readonly to?: Address | undefined }[] {
  if (output.kind === 'send' || !output.passage) return [output]
  const { by, into } = output.passage
  const seq = host.nextSeq()
  const offered = host.seal(output.event, `${host.address}/${seq}`, step)
  const { id, type } = offered
  if (isJournalled(offered)) entries.push({ kind: 'transformed', seq, id, type, by, into: into.length })
  return into.map(({ event, to }) => ({ event, to: to === undefined ? undefined : addressOf(host.address, to) }))
}

function entryOf(output: Output, agent: Address, handled: Origin, host: FrameHost): Entry | undefined {
  switch (output.kind) {
    case 'reply':
      if (!host.persistsReply(output.event.type)) return undefined
      return { kind: 'reply', seq: host.nextSeq(), key: output.event.ask, data: output.event.data }
    case 'refusal':
      if (!host.persistsReply(output.event.type)) return undefined
      return { kind: 'refusal', seq: host.nextSeq(), key: output.event.ask, refusal: output.event.data }
    case 'timer': {
      const { id, key, delay, to } = output
      const event = eventAsJson(output.event)
      const origin = originIn(handled)
      const when = delay === Number.POSITIVE_INFINITY ? {} : { at: host.date() + delay, delay }
      const version = host.versionOf(event.type)
      const what = version > 1 ? { event, version } : { event }
      const keyed = key === id ? {} : { key }
      const timer = { kind: 'timer' as const, seq: host.nextSeq(), agent, id, ...keyed, ...when, ...what, origin }
      return to === undefined ? timer : { ...timer, to }
    }
    case 'cancel':
      return { kind: 'cancelled', seq: host.nextSeq(), agent, id: output.id }
    case 'drop':
      return { kind: 'dropped', seq: host.nextSeq(), key: output.key }
    default:
      // The snapshot of an agent holds what it does with its own children, and custom actions need no entry.
      return undefined
  }
}

function causeOf(step: Step): Cause {
  const { actor, handled, outcome } = step
  const { address: agent, incarnation } = actor
  const { seq, type, envelope, causationid: on, correlationid: correlation } = handled
  const cause = { kind: 'step' as const, agent, incarnation, handled: seq, type, outcome }
  const { words } = step.failure ?? {}
  if (!words) return cause
  const { message: error, code, stack } = words
  const led = on === undefined ? { correlation } : { on, correlation }
  return { ...cause, error, code, ...(stack !== undefined && { stack }), ...(!envelope && led) }
}

function deadReason({ outcome, handled }: Step): DeadReason | undefined {
  if (!handled.envelope) return undefined
  if (outcome === 'failed') return 'failed'
  return outcome === 'ignored' && handled.envelope.to !== undefined ? 'ignored' : undefined
}

/** The event of a timer, as the journal holds it. Events of XState have no payloads of the catalogue, and may hold values that JSON has not. */
export function eventAsJson(event: { readonly type: string }): EventOf {
  return encoded({ ...event }) as EventOf
}
