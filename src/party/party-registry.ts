import { TroupeError } from '../errors.ts'

/** A party that the journal holds and that cannot go on as things are. */
export interface QuarantinedParty {
  readonly partyId: string
  /** The code of the error because of which it is quarantined. */
  readonly code: string
  readonly reason: string
}

/** The part of a party that the registry uses. */
interface Registered {
  readonly id: string
  /** Whether its supervisor gave up. */
  readonly failed: boolean
}

/** Which parties there are, and what is happening to each. */
export class PartyRegistry<P extends Registered> {
  /** All parties in this process, the oldest first; also those that are being created, restored or deleted. */
  readonly present = new Map<string, P>()
  /** Parties that are being created: if the journal refuses one, it never existed. */
  readonly beginning = new Map<string, P>()
  /** The ids of parties that are being imported. */
  readonly importing = new Set<string>()
  /** Parties that cannot go on. One that failed in this process is present too. */
  readonly quarantined = new Map<string, QuarantinedParty>()
  /** Parties that are being restored; each promise resolves when the party is here or in quarantine. */
  readonly recovering = new Map<string, Promise<void>>()
  /** Parties that are being deleted: their ids are still taken, and `get` does not find them. */
  readonly leaving = new Map<P, Promise<unknown>>()
  /** The ids of quarantined parties that are being deleted. */
  readonly erasing = new Set<string>()

  /** @throws PartyNotFoundError, PartyQuarantinedError */
  get(id: string): P {
    const party = this.present.get(id)
    const quarantined = this.quarantined.get(id)
    if (this.isLeaving(id)) throw new PartyNotFoundError(id)
    if (quarantined && (!party || this.#isHalf(party))) throw new PartyQuarantinedError(quarantined)
    if (!party) throw new PartyNotFoundError(id)
    return party
  }

  list(): readonly P[] {
    return [...this.present.values()].filter(party => !this.leaving.has(party) && !this.#isHalf(party))
  }

  /** Whether a party is being deleted. */
  isLeaving(id: string): boolean {
    const party = this.present.get(id)
    return this.erasing.has(id) || (party !== undefined && this.leaving.has(party))
  }

  /** Whether a party can be restored: the journal holds it, and it does not work in this process. */
  isAway(id: string): boolean {
    if (this.isLeaving(id)) return false
    return this.quarantined.has(id) || this.present.get(id)?.failed === true
  }

  /** @throws PartyQuarantinedError, PartyExistsError if the id is taken */
  checkFree(id: string): void {
    const quarantined = this.quarantined.get(id)
    if (quarantined && !this.isLeaving(id)) throw new PartyQuarantinedError(quarantined)
    if (this.present.has(id) || this.quarantined.has(id) || this.importing.has(id)) throw new PartyExistsError(id)
  }

  /** Whether a quarantined party is being restored: only a part of it is in memory, so it must not be used yet. */
  #isHalf({ id }: P): boolean {
    return this.quarantined.has(id) && this.recovering.has(id)
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
    super(
      `Party "${partyId}" is quarantined (${code}): ${reason.replace(/\.?$/, '.')} Fix that and call runtime.parties.retry("${partyId}") or start again, or give the party up with runtime.parties.delete("${partyId}").`,
    )
    this.partyId = partyId
    this.reason = code
  }
}
