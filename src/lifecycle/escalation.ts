import type { AnyActorRef } from 'xstate'
import { isOf } from '../errors.ts'
import type { Entry } from '../journal/frame.ts'
import type { Address } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { EscalatedError } from '../supervision/restart-intensity.ts'
import { type Failure, failureOf } from '../thrown.ts'
import type { Roster } from './roster.ts'

// All partitions share these two tables, because a table of weak references for each would slow down garbage collection.
/** The errors of incarnations that failed outside their machines, such as in `onInit`. */
const failures = new WeakMap<AnyActorRef, Failure>()
/** The origin of the failure because of which a supervisor gave up, by the supervisor's error. */
const origins = new WeakMap<EscalatedError, Origin>()

/** Keeps why an incarnation failed, where its machine does not know that it has. */
export function keepFailure(incarnation: AnyActorRef, failure: Failure): void {
  failures.set(incarnation, failure)
}

/** Why an incarnation or a supervisor failed. */
export function failureOfRef(ref: AnyActorRef | undefined): Failure {
  const known = ref && failures.get(ref)
  return known ?? failureOf(ref?.getSnapshot().error)
}

/** The origin of the failure because of which a supervisor gave up; `undefined` if it did not give up. */
export function originOfEscalation(supervisor: AnyActorRef | undefined): Origin | undefined {
  const error: unknown = supervisor?.getSnapshot().error
  return isOf(error, EscalatedError) ? origins.get(error) : undefined
}

/** A supervisor gives up, because a child of it would be restarted too often. */
export interface Escalation {
  readonly error: EscalatedError
  /** The error with which the child failed; `undefined` if it ended without an error each time. */
  readonly failure: Failure | undefined
  readonly origin: Origin | undefined
}

/** A child that would be restarted too often. */
interface Restarted {
  readonly id: string
  readonly address: Address
  readonly restarts: number
  readonly within: number
  /** The origin of its last failure. */
  readonly origin: Origin | undefined
}

export function escalationOf(roster: Roster, { id, address, restarts, within, origin }: Restarted): Escalation {
  const { lastError, failure } = lastErrorOf(roster, id)
  const cause = failure && { cause: failure.error }
  const error = new EscalatedError(address, { restarts, within, lastError, on: origin?.causationid }, cause)
  if (origin) origins.set(error, origin)
  return { error, failure, origin }
}

/** The journal's entry for a root supervisor that gives up. */
export function escalationEntry({ error, failure }: Escalation, seq: number): Entry {
  const { address: agent, restarts, within, lastError } = error
  const { code, stack } = failure?.words ?? {}
  const thrown = { ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) }
  return { kind: 'escalated', seq, agent, restarts, within, error: lastError, ...thrown }
}

/** Why a child ended the last time, in words and as it was thrown. */
function lastErrorOf(roster: Roster, id: string): { readonly lastError: string; readonly failure?: Failure } {
  const ref = roster.isTree(id) ? roster.supervisor(id) : roster.find(id)?.ref
  const { status, error } = ref?.getSnapshot() ?? {}
  if (status === 'done') return { lastError: 'none, as it was done each time' }
  const failure = failureOfRef(ref)
  const lastError = isOf(error, EscalatedError) ? `${error.address}: ${error.lastError}` : failure.words.message
  return { lastError, failure }
}
