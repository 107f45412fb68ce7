import type { Output, Step } from '../actor/step.ts'
import type { EventOf } from '../events/event.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { DeadReason } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import { encoded } from '../values/json.ts'
import type { Cause, Entry } from './frame.ts'

/** What the frame of a step calls in its partition. It is an interface because partitions, in a room above, write frames. */
export interface FrameHost {
  readonly address: Address
  nextSeq(): number
  /** What the clock shows, epoch milliseconds. */
  date(): number
  /** Whether an event that was said is journalled. */
  persists(envelope: Envelope): boolean
  persistsReply(type: string): boolean
  /** Of the schema of an event. */
  versionOf(type: string): number
  /** Whether the event on which a step failed is handed over again, and for which time. */
  redelivery(step: Step): number | undefined
  /** Makes an envelope of what an agent said. */
  seal(event: EventOf, id: string, step: Step, to?: Address): Envelope
}

/** A step as the journal will hold it, and what it said, journalled or not. */
export interface StepFrame {
  readonly cause: Cause
  readonly entries: readonly Entry[]
  readonly said: readonly Envelope[]
  /** Why the event that was handled is a dead letter now, if it is. */
  readonly dead: DeadReason | undefined
  /** Whether it goes back to its place in the mailbox instead. */
  readonly redelivered: boolean
}

/**
 * Writes down a step: what was handled, how it ended, and everything that it wants. Ids are derived from the position
 * that was handled, so a step that is run again after a crash produces the same ones.
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
  // Planned while the machine decided, so their positions come first; a start stays a start when it fails.
  const entries: Entry[] = planned.filter(
    ({ kind }) => outcome !== 'failed' || kind === 'agent' || kind === 'definition',
  )
  const said: Envelope[] = []
  for (const output of outputs) {
    if (output.kind === 'emit' || output.kind === 'send') {
      for (const { event, to } of whatIsSaid(output, entries, step, host)) {
        const envelope = host.seal(event, saidId(step, said.length, host), step, to)
        said.push(envelope)
        if (host.persists(envelope)) entries.push({ kind: 'event', envelope })
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
    const attempts = actor.attemptsAt(envelope)
    entries.push({ kind: 'dead', seq: host.nextSeq(), id: envelope.id, to, reason: dead, attempts, envelope })
  }
  if (attempt !== undefined && envelope)
    entries.push({ kind: 'redelivered', seq: host.nextSeq(), id: envelope.id, to, attempt })
  // Copied, because an array that grew has room to spare, and a journal keeps all of them.
  return { cause: causeOf(step), entries: [...entries], said, dead, redelivered: attempt !== undefined }
}

const none: readonly never[] = []

/** Most steps change their machine and want nothing more. */
function silent(step: Step): StepFrame {
  return { cause: causeOf(step), entries: none, said: none, dead: undefined, redelivered: false }
}

/** Most of the other steps say one event. */
function spoken(step: Step, event: EventOf, host: FrameHost): StepFrame {
  const envelope = host.seal(event, saidId(step, 0, host), step)
  const entries = host.persists(envelope) ? [{ kind: 'event' as const, envelope }] : none
  return { cause: causeOf(step), entries, said: [envelope], dead: undefined, redelivered: false }
}

function saidId({ actor, handled }: Step, place: number, host: FrameHost): string {
  return `${host.address}/${handled.seq}/${actor.name}/${place}`
}

/** What an agent said, as it leaves: what came out of transformations, if it went through any. */
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
  if (host.persists(offered)) entries.push({ kind: 'transformed', seq, id, type, by, into: into.length })
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
      const event = encoded({ ...output.event }) as EventOf
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
      // What an agent does with its own children is in its snapshot, and custom actions leave nothing behind.
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
