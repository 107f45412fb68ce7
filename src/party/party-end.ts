import { TroupeError } from '../errors.ts'

/** The party's supervisor gave up. */
export class PartyFailedError extends TroupeError {
  readonly code = 'PARTY_FAILED'
  readonly partyId: string
  constructor(partyId: string, cause: Error) {
    super(`Party "${partyId}" has failed: ${cause.message} Then call runtime.parties.retry("${partyId}").`, { cause })
    this.partyId = partyId
  }
}

/** The party was deleted, or its runtime stopped. */
export class PartyStoppedError extends TroupeError {
  readonly code = 'PARTY_STOPPED'
  readonly partyId: string
  constructor(partyId: string) {
    super(`Party "${partyId}" is stopped: it was deleted, or its runtime was stopped. Create another one.`)
    this.partyId = partyId
  }
}
