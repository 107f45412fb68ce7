import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'

/** At most `max` restarts in any period of `within` milliseconds. One more makes the supervisor give up. */
export interface RestartIntensity {
  readonly max: number
  readonly within: number
}

/** Three restarts in five seconds; Erlang/OTP allows one. */
export const defaultIntensity: RestartIntensity = { max: 3, within: 5_000 }

/** A restart that counts. One event on which several children failed counts once. */
export interface Restart {
  /** Milliseconds since any fixed moment. */
  readonly at: number
  /** The id of the event that led to the failures of the children, if an event did. */
  readonly cause: string | undefined
  readonly children: readonly string[]
}

/**
 * Adds the restart of a child to the restarts of the period.
 *
 * @param restarts earlier ones, the oldest first
 * @returns the restarts of the period including this one, and whether they are too many
 */
export function addRestart(
  restarts: readonly Restart[],
  { at, cause, child }: { readonly at: number; readonly cause?: string | undefined; readonly child: string },
  { max, within }: RestartIntensity,
): { readonly restarts: readonly Restart[]; readonly exceeded: boolean } {
  const recent = restarts.filter(restart => at - restart.at <= within)
  const shared = recent.find(one => cause !== undefined && one.cause === cause && !one.children.includes(child))
  const all = shared
    ? recent.map(one => (one === shared ? { ...one, children: [...one.children, child] } : one))
    : [...recent, { at, cause, children: [child] }]
  return { restarts: all, exceeded: all.length > max }
}

/** Why a supervisor gave up. */
export interface Escalated {
  /** How many restarts there would have been, within how many milliseconds. */
  readonly restarts: number
  readonly within: number
  /** Why the agent ended the last time, in words. */
  readonly lastError: string
  /** The id of the event that led to the last failure of the agent, if an event did. */
  readonly on?: string | undefined
}

/** The supervisor of agents outside the parties gave up in an earlier process. The agents begin anew. */
export class GaveUpError extends TroupeError {
  readonly code = 'GAVE_UP'
  /** The agent that would have restarted too often. */
  readonly address: Address
  constructor(address: Address, { restarts, within, lastError }: Escalated, options?: ErrorOptions) {
    super(
      `Before this start, "${address}" would have been restart number ${restarts} within ${within} ms, and its supervisor gave up. The last error was: ${lastError.replace(/\.$/, '')}. All agents outside the parties begin anew, with the mail that waits for them. Fix the agent, or allow more restarts.`,
      options,
    )
    this.address = address
  }
}

/** A supervisor gave up: its agents restarted too often. */
export class EscalatedError extends TroupeError {
  readonly code = 'ESCALATED'
  /** The agent that would have restarted too often. */
  readonly address: Address
  readonly restarts: number
  readonly within: number
  /** The id of the event that led to the last failure of the agent, if an event did. */
  readonly on: string | undefined
  /** Why the agent ended the last time, in words. */
  readonly lastError: string
  /** @param options `cause` is what the agent threw the last time, if it was in this process */
  constructor(address: Address, { restarts, within, lastError, on }: Escalated, options?: ErrorOptions) {
    super(
      `"${address}" would have been restart number ${restarts} within ${within} ms, so its supervisor gave up and stopped its agents. The last error was: ${lastError.replace(/\.$/, '')}. Fix the agent, or allow more restarts.`,
      options,
    )
    this.address = address
    this.restarts = restarts
    this.within = within
    this.lastError = lastError
    this.on = on
  }
}
