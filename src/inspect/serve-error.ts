import { TroupeError } from '../index.ts'

/** Why streams cannot be served. */
export type ServeReason = 'port-taken' | 'unreachable' | 'no-ws'

const whatToDo: Record<ServeReason, string> = {
  'port-taken': 'Use another port, or 0 for any that is free',
  unreachable: 'Use another port, or 0 for any that is free',
  'no-ws': 'Install ws beside troupe',
}

/** Streams cannot be served. */
export class InspectorServeError extends TroupeError {
  readonly code = 'INSPECTOR_SERVE'
  readonly port: number
  readonly reason: ServeReason
  constructor(port: number, reason: ServeReason, cause: unknown) {
    const text = cause instanceof Error ? cause.message : `${cause}`
    super(`The inspector cannot be served on port ${port}: ${text}. ${whatToDo[reason]}.`, { cause })
    this.port = port
    this.reason = reason
  }
}

/** Why the server could not listen on a port. */
export function whyNot(error: Error): ServeReason {
  return 'code' in error && error.code === 'EADDRINUSE' ? 'port-taken' : 'unreachable'
}
