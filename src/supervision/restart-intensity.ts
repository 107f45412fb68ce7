import type { Address } from '../actor/address.ts'
import { TroupeError } from '../errors.ts'

/** At most `max` restarts in any period of `within` milliseconds; one more escalates. */
export interface RestartIntensity {
  readonly max: number
  readonly within: number
}

/** Three restarts in five seconds; Erlang/OTP allows one. */
export const defaultIntensity: RestartIntensity = { max: 3, within: 5_000 }

/**
 * Adds a restart to those of the period.
 *
 * @param times when earlier restarts happened, epoch milliseconds, oldest first
 * @returns the restarts of the period including this one, and whether they are too many
 */
export function addRestart(
  times: readonly number[],
  now: number,
  { max, within }: RestartIntensity,
): { readonly times: readonly number[]; readonly exceeded: boolean } {
  const recent = [...times.filter(time => now - time <= within), now]
  return { times: recent, exceeded: recent.length > max }
}

/** A supervisor gave up: its agents restarted too often. */
export class EscalatedError extends TroupeError {
  readonly code = 'ESCALATED'
  readonly address: Address
  readonly restarts: number
  readonly within: number
  constructor(address: Address, restarts: number, within: number) {
    super(
      `"${address}" would have been restart number ${restarts} within ${within} ms, so its supervisor gave up and stopped its agents. Mend the agent, or allow more restarts.`,
    )
    this.address = address
    this.restarts = restarts
    this.within = within
  }
}
