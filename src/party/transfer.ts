import { createHash } from 'node:crypto'
import * as z from 'zod'
import { TroupeError } from '../errors.ts'
import type { Frame } from '../journal/frame.ts'
import { mostPosition } from '../journal/frame-shape.ts'
import type { Journal } from '../journal/journal.ts'
import { lazily } from '../lazily.ts'
import { type Address, partitionOf } from '../mail/address.ts'
import { isDeeper, mostLevels as mostLevelsOfValues } from '../values/value.ts'

/** The version of the format of an export. */
export const version = 1

/** A party is read so often, at most, until it does not change meanwhile. */
const mostReads = 5

/** Most levels of a line: the levels of a value in JSON, and room for machines inside machines. */
const mostLevels = mostLevelsOfValues + 200

const line = lazily(() => {
  const position = z.int().min(0).max(mostPosition)
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('party'), version: z.int().min(1), partyId: z.string(), pruned: position }),
    z.object({ kind: z.literal('snapshot'), position, hash: z.string(), body: z.string() }),
    z.object({
      kind: z.literal('checkpoint'),
      agent: z.string(),
      incarnation: z.int().nonnegative(),
      position,
      definition: z.string(),
      snapshot: z.unknown(),
    }),
    z.object({ kind: z.literal('frame'), frame: z.unknown() }),
    z.object({ kind: z.literal('end'), lines: z.int(), hash: z.string() }),
  ])
})

/** A line of an exported party. */
export type Line = z.infer<ReturnType<typeof line>>

export type LineOf<K extends Line['kind']> = Extract<Line, { readonly kind: K }>

/** @throws SyntaxError, RangeError, z.ZodError */
export function lineIn(text: string): Line {
  return line().parse(jsonIn(text))
}

/** @throws SyntaxError, RangeError */
export function jsonIn(text: string): unknown {
  const json: unknown = JSON.parse(text)
  if (isDeeper(json, mostLevels)) throw new RangeError(`it has more than ${mostLevels} levels`)
  return json
}

/**
 * All that the journal holds of a party, as lines of JSON: its id, its snapshot, the checkpoints of its agents, its frames, and a
 * last line by which a reader checks that all lines are there and unchanged.
 *
 * @param durable gives the position up to which the party is durable now
 * @throws PartyMovingError if it changes during every read
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

/** Reads frames and checkpoints that belong together: nothing was appended meanwhile. */
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

/** The party changed each time that it was read. */
export class PartyMovingError extends TroupeError {
  readonly code = 'PARTY_MOVING'
  readonly partition: Address
  constructor(partition: Address) {
    super(`"${partition}" was read ${mostReads} times, and went on each time meanwhile. Export it when it is idle.`)
    this.partition = partition
  }
}
