import { TroupeError } from '../errors.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import type { Address } from '../mail/address.ts'

/** Whether the callee has answered, and said no. */
export function isRefused(error: unknown): error is AskRefusedByCalleeError {
  return error instanceof AskRefusedByCalleeError
}

/** Whether asking again may help: the callee failed and restarts, or its mailbox was full for the moment. */
export function isPassing(error: TroupeError): boolean {
  return error instanceof AskFailedError || (error instanceof AskRefusedError && error.reason === 'overflow')
}

/** No reply came within the deadline. */
export class AskTimeoutError extends TroupeError {
  readonly code = 'ASK_TIMEOUT'
  readonly type: string
  readonly to: Address
  readonly deadline: number
  constructor(type: string, to: Address, deadline: number) {
    super(
      `"${to}" did not answer "${type}" within ${deadline} ms. Give it more time, or handle its silence in onError.`,
    )
    this.type = type
    this.to = to
    this.deadline = deadline
  }
}

/** The callee stopped, or had stopped before it was asked. */
export class AskStoppedError extends TroupeError {
  readonly code = 'ASK_STOPPED'
  readonly type: string
  readonly to: Address
  constructor(type: string, to: Address) {
    super(`"${to}" is stopped and will not answer "${type}". Spawn it again, or ask another agent.`)
    this.type = type
    this.to = to
  }
}

/** The callee failed while it had the request in hand. */
export class AskFailedError extends TroupeError {
  readonly code = 'ASK_FAILED'
  readonly type: string
  readonly to: Address
  /** How the callee failed. */
  readonly why: string
  /** @param options `cause` is what the callee threw, where this process saw it */
  constructor(type: string, to: Address, why: string, options?: ErrorOptions) {
    super(`"${to}" failed while it had "${type}" in hand: ${why}. Ask again once it has restarted.`, options)
    this.type = type
    this.to = to
    this.why = why
  }
}

/** The callee could not take the request: its state does not handle it, or its mailbox is full. */
export class AskRefusedError extends TroupeError {
  readonly code = 'ASK_REFUSED'
  readonly type: string
  readonly to: Address
  readonly reason: 'not-handled' | 'overflow'
  constructor(type: string, to: Address, reason: 'not-handled' | 'overflow') {
    const why = reason === 'overflow' ? 'its mailbox is full' : 'the state it is in does not handle it'
    super(`"${to}" did not take "${type}": ${why}. Ask again later, or handle the request in that state.`)
    this.type = type
    this.to = to
    this.reason = reason
  }
}

/** Nobody waits for the answer any more: the asker's signal was aborted, or the ask that it was made for has ended. */
export class AskCancelledError extends TroupeError {
  readonly code = 'ASK_CANCELLED'
  readonly type: string
  readonly to: Address
  constructor(type: string, to: Address, cause: unknown) {
    super(
      `The ask "${type}" to "${to}" was cancelled before it was answered. Ask again if the answer is still wanted.`,
      {
        cause,
      },
    )
    this.type = type
    this.to = to
  }
}
