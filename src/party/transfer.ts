import { createHash } from 'node:crypto'
import * as z from 'zod'
import { type Address, partitionOf } from '../actor/address.ts'
import { TroupeError, textOf } from '../errors.ts'
import { append } from '../journal/append.ts'
import type { Frame } from '../journal/frame.ts'
import type { Checkpoint, Journal, Snapshot } from '../journal/journal.ts'

/** The version of the lines that are written here. */
const version = 1
/** How often a party is read until it holds still. */
const mostReads = 5

const checkpointLine = z.object({
  kind: z.literal('checkpoint'),
  agent: z.string(),
  incarnation: z.int(),
  position: z.int(),
  definition: z.string(),
  snapshot: z.unknown(),
})
const snapshotLine = z.object({ kind: z.literal('snapshot'), position: z.int(), hash: z.string(), body: z.string() })
// The hash over all lines says that a frame is what was written.
const frameLine = z.object({ kind: z.literal('frame'), frame: z.custom<Frame>(isFrame) })
const firstLine = z.object({ kind: z.literal('party'), version: z.int(), partyId: z.string(), pruned: z.int() })
const lastLine = z.object({ kind: z.literal('end'), lines: z.int(), hash: z.string() })
const line = z.discriminatedUnion('kind', [firstLine, checkpointLine, snapshotLine, frameLine, lastLine])

type Line = z.infer<typeof line>

/**
 * All that the journal holds of a party, as lines of JSON: what it is, its snapshot, the checkpoints of its agents, its
 * frames, and a last line with which a reader knows that it has all of them as they were written.
 *
 * @param durable up to where the party is durable now
 * @throws PartyMovingError if it never holds still for so long
 */
export async function* exported(journal: Journal, partyId: string, durable: () => number): AsyncGenerator<string> {
  const partition = partitionOf(partyId)
  const hash = createHash('sha256')
  let count = 0
  const lineOf = (one: Line) => {
    const text = JSON.stringify(one)
    if (one.kind !== 'end') hash.update(`${text}\n`)
    count++
    return text
  }
  const { saved, frames } = await readStill(journal, partition, durable)
  yield lineOf({ kind: 'party', version, partyId, pruned: saved.pruned })
  if (saved.snapshot) yield lineOf({ kind: 'snapshot', ...saved.snapshot })
  for (const [agent, { incarnation, position, definition, snapshot }] of saved.checkpoints)
    yield lineOf({ kind: 'checkpoint', agent, incarnation, position, definition, snapshot })
  for (const frame of frames) yield lineOf({ kind: 'frame', frame })
  yield lineOf({ kind: 'end', lines: count, hash: hash.digest('hex') })
}

/** Frames and checkpoints that belong together: nothing was appended while they were read. */
async function readStill(journal: Journal, partition: Address, durable: () => number) {
  for (let reads = 0; reads < mostReads; reads++) {
    const before = durable()
    const saved = await journal.saved(partition)
    const frames: Frame[] = []
    for await (const frame of journal.read(partition, saved.pruned)) frames.push(frame)
    const { pruned } = await journal.saved(partition)
    if (
      pruned === saved.pruned &&
      durable() === before &&
      (frames.at(-1)?.position ?? saved.snapshot?.position) === before
    )
      return { saved, frames }
  }
  throw new PartyMovingError(partition)
}

/**
 * Writes what was exported into a journal, whole or not at all; resolves with the id of the party.
 *
 * @param admit throws if the party must not come here
 * @throws PartyImportError
 */
export async function imported(
  journal: Journal,
  lines: Iterable<string> | AsyncIterable<string>,
  admit: (partyId: string) => void,
): Promise<string> {
  const hash = createHash('sha256')
  const checkpoints = new Map<string, Checkpoint>()
  const frames: Frame[] = []
  let first: z.infer<typeof firstLine> | undefined
  let last: z.infer<typeof lastLine> | undefined
  let snapshot: Snapshot | undefined
  let count = 0
  for await (const text of lines) {
    if (text.trim() === '') continue
    const one = parsed(text, count + 1)
    if (last || (count === 0) !== (one.kind === 'party'))
      throw new PartyImportError(count + 1, 'it is in the wrong place')
    if (one.kind === 'end') {
      if (one.lines !== count || one.hash !== hash.digest('hex'))
        throw new PartyImportError(count + 1, 'lines before it are missing or not as they were written')
      last = one
      continue
    }
    hash.update(`${text.trim()}\n`)
    count++
    if (one.kind === 'party') first = one
    else if (one.kind === 'snapshot') snapshot = one
    else if (one.kind === 'checkpoint') checkpoints.set(one.agent, one)
    else frames.push(one.frame)
  }
  if (!first || !last) throw new PartyImportError(count + 1, 'the end is missing')
  if (first.version > version)
    throw new PartyImportError(1, `it has version ${first.version}, and this program knows ${version}`)
  admit(first.partyId)
  const partition = partitionOf(first.partyId)
  await append(journal, partition, { epoch: 1, position: 0 }, frames, checkpoints)
  if (snapshot) await journal.save(partition, snapshot)
  if (first.pruned > 0) await journal.prune(partition, first.pruned)
  return first.partyId
}

function parsed(text: string, place: number): Line {
  try {
    return line.parse(JSON.parse(text))
  } catch (error) {
    throw new PartyImportError(place, textOf(error))
  }
}

/** The party did not hold still for as long as it takes to read it. */
export class PartyMovingError extends TroupeError {
  readonly code = 'PARTY_MOVING'
  readonly partition: Address
  constructor(partition: Address) {
    super(`"${partition}" was read ${mostReads} times, and went on each time meanwhile. Export it when it is idle.`)
    this.partition = partition
  }
}

/** What was to be imported is no party, or not all of one. */
export class PartyImportError extends TroupeError {
  readonly code = 'PARTY_IMPORT'
  /** Counted from 1. */
  readonly line: number
  constructor(line: number, why: string) {
    super(`Line ${line} of the party to import cannot be taken: ${why}. Nothing was imported; export it again.`)
    this.line = line
  }
}

function isFrame(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'position' in value && 'entries' in value
}
