import { TroupeError } from 'troupe'

/** The four kinds of failure that an agent may tell of. */
export type FailureType = 'timeout' | 'validation' | 'external_api' | 'internal'

/** Which kind of failure an error is. */
export const failureTypeOf = (error: unknown): FailureType => {
  if (!TroupeError.is(error)) return 'external_api'
  if (error.code === 'ASK_TIMEOUT') return 'timeout'
  return error.code === 'EVENT_PAYLOAD' ? 'validation' : 'internal'
}

/** What was thrown, in words. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)
