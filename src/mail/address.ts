import { TroupeError } from '../errors.ts'
import { IllegalIdError } from '../ids.ts'

/**
 * Where an agent is reached: `party/<id>/<agent>` inside a party, `runtime/<agent>` outside all parties, `<kind>/<id>/<agent>` in
 * a partition of a kind of your own; children add segments.
 */
export type Address = string

/** What the addresses of parties begin with. */
export const partyPrefix = 'party'

/** The partition of agents that belong to no party. */
export const runtimePartition = 'runtime'

/**
 * Characters of an id at most. Ids are a part of addresses, which every envelope and every frame names, and people call files
 * after them: file systems take 255 bytes for a name with its ending.
 */
const longest = 200
const idPattern = new RegExp(`^[a-z0-9-]{1,${longest}}$`)
/** Parties are often called as something is in a database: `fp2025A12345`. */
const partyIdPattern = new RegExp(`^[A-Za-z0-9_-]{1,${longest}}$`)

/** The partition of a party. */
export function partitionOf(partyId: string): Address {
  return `${partyPrefix}/${partyId}`
}

/** The id of the party that a partition belongs to; `undefined` for the partition `runtime`. */
export function partyOf(partition: Address): string | undefined {
  return partition.startsWith('party/') ? partition.slice('party/'.length) : undefined
}

/** What the address of a partition begins with: `party`, `runtime`, or the name of a kind that the program has registered. */
export function kindIn(partition: Address): string {
  return partition.split('/', 1)[0] ?? ''
}

/** The address of a partition that is neither `runtime` nor a party: it belongs to a kind that the program has registered. */
export function ownAddressOf(partition: Address): Address | undefined {
  return partition === runtimePartition || partyOf(partition) !== undefined ? undefined : partition
}

/** How envelopes and journals name any partition but `runtime`: a party by its id, a partition of another kind by its address. */
export function keyOf(partition: Address): string {
  return partyOf(partition) ?? partition
}

/** The partition that such a key names. Ids of parties have no "/". */
export function partitionAt(key: string): Address {
  return key.includes('/') ? key : partitionOf(key)
}

/** An agent's address within a partition. */
export function addressOf(partition: Address, name: string): Address {
  return `${partition}/${name}`
}

/** Splits an address into its partition and the agent's name; a child's name has its parent's before it. */
export function splitAddress(address: Address): { readonly partition: Address; readonly name: string } {
  // The partition `runtime` has no id. The address of every other partition is its kind and its id.
  const cut = address.indexOf('/', address.startsWith('runtime/') ? 0 : address.indexOf('/') + 1)
  return cut < 0 ? { partition: address, name: '' } : { partition: address.slice(0, cut), name: address.slice(cut + 1) }
}

/** Whether a text can be the id of a party, or of a partition of another kind. */
export function isPartitionId(id: string): boolean {
  return typeof id === 'string' && partyIdPattern.test(id)
}

/**
 * @param what the kind of partition that the id is for, as errors name it
 * @throws IllegalIdError unless the id is made of letters a to z of either case, digits, "-" and "_", and has 1 to 200 of them
 */
export function checkPartitionId(id: string, what = 'party'): string {
  if (!isPartitionId(id))
    throw new IllegalIdError(what, id, `1 to ${longest} letters a to z, digits, "-" and "_", such as "party-42"`)
  return id
}

/** @throws IllegalIdError unless the id is made of a-z, 0-9 and "-", and has 1 to 200 of them */
export function checkId(kind: string, id: string): string {
  if (typeof id !== 'string' || !idPattern.test(id))
    throw new IllegalIdError(kind, id, `1 to ${longest} lower-case letters, digits and "-", such as "party-42"`)
  return id
}

/** There is no agent, pool or handler at an address. */
export class NoAddressError extends TroupeError {
  readonly code = 'NO_ADDRESS'
  readonly address: string
  constructor(address: string) {
    super(
      `Nobody is reached at "${address}". ${wayTo(address)} first, or check the address: "runtime/<agent>", "party/<id>/<agent>" or "<kind>/<id>/<agent>".`,
    )
    this.address = address
  }
}

function wayTo(address: string): string {
  const [kind = '', id] = address.split('/')
  if (id === undefined || kind === partyPrefix || kind === runtimePartition) return 'Spawn the agent'
  return `Open the partition "${kind}/${id}" with runtime.partitions(kind).open(id)`
}

/** The address is taken: another agent has it. */
export class AddressTakenError extends TroupeError {
  readonly code = 'ADDRESS_TAKEN'
  readonly address: Address
  constructor(address: Address) {
    super(`"${address}" is taken by a running agent. Stop it first, or spawn under another name.`)
    this.address = address
  }
}
