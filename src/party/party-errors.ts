import { TroupeError } from '../errors.ts'
import type { KindErrors, Quarantined } from '../kinds/registry.ts'

/** A party that the journal holds and that cannot go on as things are. */
export interface QuarantinedParty extends Quarantined {
  /** The id of the party; of a partition of a kind that this program does not know, its address. */
  readonly partyId: string
}

/** The errors of parties. */
export const partyErrors: KindErrors = {
  failed: (id, cause) => new PartyFailedError(id, cause),
  stopped: id => new PartyStoppedError(id),
  notFound: id => new PartyNotFoundError(id),
  exists: id => new PartyExistsError(id),
  quarantined: (partyId, why) => new PartyQuarantinedError({ partyId, ...why }),
}

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

/** There is no party with this id. */
export class PartyNotFoundError extends TroupeError {
  readonly code = 'PARTY_NOT_FOUND'
  readonly partyId: string
  constructor(partyId: string) {
    super(`There is no party "${partyId}": it was never created, or is deleted. Look at runtime.parties.list().`)
    this.partyId = partyId
  }
}

/** A party with this id exists already. */
export class PartyExistsError extends TroupeError {
  readonly code = 'PARTY_EXISTS'
  readonly partyId: string
  constructor(partyId: string) {
    super(`There is a party "${partyId}" already. Get it with runtime.parties.get, or leave the id out.`)
    this.partyId = partyId
  }
}

/** The journal holds the party, but it cannot go on as things are. */
export class PartyQuarantinedError extends TroupeError {
  readonly code = 'PARTY_QUARANTINED'
  readonly partyId: string
  /** The code of the error because of which it is quarantined. */
  readonly reason: string
  constructor({ partyId, reason, code }: QuarantinedParty) {
    // A partition of a kind that this program does not know is listed among the parties, by its address.
    super(
      `${partyId.includes('/') ? 'The partition' : 'Party'} "${partyId}" is quarantined (${code}): ${reason.replace(/\.?$/, '.')} Fix that and call runtime.parties.retry("${partyId}") or start again, or give the party up with runtime.parties.delete("${partyId}").`,
    )
    this.partyId = partyId
    this.reason = code
  }
}
