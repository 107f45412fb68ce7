import { TroupeError } from 'troupe'
import type { Failure } from './events.ts'

/** The failure that an agent says when it could not finish its work. */
export const failureOf = (agentName: string, executionId: string, error: unknown): Failure => ({
  agentName,
  executionId,
  error: error instanceof Error ? error.message : `${error}`,
  errorType: typeOf(error),
  retryCount: 0,
})

const typeOf = (error: unknown): Failure['errorType'] => {
  if (!TroupeError.is(error)) return 'external_api'
  if (error.code === 'ASK_TIMEOUT') return 'timeout'
  return error.code === 'EVENT_PAYLOAD' ? 'validation' : 'internal'
}
