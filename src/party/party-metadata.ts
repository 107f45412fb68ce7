import { TroupeError } from '../errors.ts'
import type { PartyMetadata } from '../journal/frame.ts'
import { takenOver } from '../values/copy.ts'
import { encoded } from '../values/json.ts'
import { nameOf } from '../values/value.ts'

/** The metadata of a new party, as a frame holds it. @throws PartyMetadataError, ValueError */
export function metadataOf(partyId: string, metadata: PartyMetadata): PartyMetadata {
  if (typeof metadata !== 'object' || metadata === null || !isPlain(metadata))
    throw new PartyMetadataError(partyId, metadata)
  // A plain object stays one.
  return encoded(takenOver(`the metadata of party "${partyId}"`, { ...metadata })) as PartyMetadata
}

/** Whether all that an object holds are properties of its own. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === Object.prototype || prototype === null
}

/** The metadata of a new party is no plain object. */
export class PartyMetadataError extends TroupeError {
  readonly code = 'PARTY_METADATA'
  readonly partyId: string
  constructor(partyId: string, metadata: unknown) {
    const found = foundOf(metadata)
    super(
      `The metadata of party "${partyId}" is ${found}. Say what belongs to the party by names: create({ metadata: { customer: "Ada" } }).`,
    )
    this.partyId = partyId
  }
}

function foundOf(metadata: unknown): string {
  if (metadata === null) return 'null'
  if (typeof metadata !== 'object') return `a ${typeof metadata}`
  return Array.isArray(metadata) ? 'an array' : nameOf(Object.getPrototypeOf(metadata))
}
