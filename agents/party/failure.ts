import { TroupeError } from 'troupe'
import type { Failure } from './events.ts'

/** What an agent tells of work that it could not finish. */
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
