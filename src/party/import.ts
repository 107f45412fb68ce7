import { createHash } from 'node:crypto'
import * as z from 'zod'
import { TroupeError, textOf } from '../errors.ts'
import { append } from '../journal/append.ts'
import { dateOf, type Frame } from '../journal/frame.ts'
import { frameIn, pieces } from '../journal/frame-shape.ts'
import { type Checkpoint, type Journal, JournalCorruptError, type Snapshot } from '../journal/journal.ts'
import { memoryJournal } from '../journal/memory.ts'
import { isAsWritten, recall } from '../journal/recall.ts'
import { lazily } from '../lazily.ts'
import { type Address, partitionOf } from '../mail/address.ts'
import type { PartyStatus } from '../state/store.ts'
import { planned } from '../time/schedule.ts'
import { decoded } from '../values/json.ts'
import { faultIn } from '../values/value.ts'
import { jsonIn, type Line, type LineOf, lineIn, version } from './transfer.ts'

/** How much of a party is taken from outside. */
export interface ImportOptions {
  /** Characters of one line; 67,108,864 by default. */
  readonly lineLimit?: number
  /** Characters of all lines, which are in memory together before any is written; 268,435,456 by default. */
  readonly totalLimit?: number
}

const statuses = ['initializing', 'planning', 'completed', 'error'] as const satisfies readonly PartyStatus[]
/** What a snapshot of a party holds. How it stands is looked at when all of it is read back. */
const snapshotBody = lazily(() => {
  const { count, name, time, value } = pieces()
  return z.looseObject({
    standing: z.looseObject({ position: count, time, date: time.optional() }),
    state: value.pipe(
      z.looseObject({
        own: z.looseObject({}).superRefine((own, { addIssue }) => {
          const fault = faultIn(own)
          if (fault) addIssue({ code: 'custom', message: `it holds ${fault.found}` })
        }),
        inputs: z.array(z.looseObject({ inputId: name })),
        status: z.enum(statuses),
        version: count,
      }),
    ),
  })
})

/** How far the times of a party may be ahead of the clock here, in milliseconds: a day. */
const mostAhead = 86_400_000

/** The last frame of a party, and what the clock showed where it came from. */
interface Last extends Pick<Frame, 'position' | 'time'> {
  readonly date: number
}

/** A party, as read from its lines. */
interface ImportedParty {
  readonly partition: Address
  readonly frames: readonly Frame[]
  readonly checkpoints: ReadonlyMap<string, Checkpoint>
  readonly snapshot: Snapshot | undefined
  readonly pruned: number
  /** The last frame, which may have been forgotten. */
  readonly last: Last
}

interface ImportHost {
  readonly journal: Journal
  /** What the clock shows, epoch milliseconds. */
  now(): number
  /** A party is about to come here. @throws why it must not */
  admit(partyId: string): void
}

/**
 * Reads a party that was exported, and checks all of it before anything is written.
 *
 * @throws PartyImportError, and what `admit` throws
 */
export async function readImport(
  lines: Iterable<string> | AsyncIterable<string>,
  host: ImportHost,
  options: ImportOptions = {},
): Promise<ImportedParty> {
  const reader = new ImportReader(host, options)
  for await (const text of lines) reader.read(text)
  return reader.end()
}

/**
 * Writes a party that was read, and records that no process had it since its last frame.
 *
 * @throws what the journal throws
 */
export async function writeImport(
  { partition, frames, checkpoints, snapshot, pruned, last }: ImportedParty,
  { journal, now, epoch }: Pick<ImportHost, 'journal' | 'now'> & { readonly epoch: number },
): Promise<void> {
  const seq = last.position + 1
  const date = now()
  // The clock of the machine where it comes from may be ahead.
  const since = Math.min(last.date, date)
  // Also so that the journal goes on behind the frames that were forgotten.
  const recovered: Frame = {
    partition,
    position: seq + 1,
    time: Math.max(last.time, date),
    clock: { date, jumped: Math.floor(since - last.date) },
    cause: { kind: 'recovery' },
    entries: [{ kind: 'recovered', seq, since, arrived: true }],
  }
  await append(journal, partition, { epoch, position: 0 }, [...frames, recovered], checkpoints)
  if (snapshot) await journal.save(partition, snapshot)
  if (pruned > 0) await journal.prune(partition, pruned)
}

/** Takes the lines of a party one after the other, each checked as it comes. */
class ImportReader {
  readonly #host: ImportHost
  readonly #lineLimit: number
  readonly #totalLimit: number
  readonly #latest: number
  readonly #hash = createHash('sha256')
  readonly #checkpoints = new Map<string, Checkpoint>()
  readonly #frames: Frame[] = []
  #first: LineOf<'party'> | undefined
  #snapshot: Snapshot | undefined
  #isWhole = false
  /** Lines so far, and their characters. */
  #count = 0
  #length = 0
  #last: Last = { position: 0, time: 0, date: 0 }

  constructor(host: ImportHost, { lineLimit = 67_108_864, totalLimit = 268_435_456 }: ImportOptions) {
    this.#host = host
    this.#lineLimit = lineLimit
    this.#totalLimit = totalLimit
    this.#latest = host.now() + mostAhead
  }

  read(text: string): void {
    this.#measure(text)
    const trimmed = text.trim()
    if (trimmed === '') return
    const line = this.#checked(() => lineIn(trimmed))
    if (this.#isWhole || (this.#count === 0) !== (line.kind === 'party'))
      throw this.#refused('it is in the wrong place')
    if (line.kind === 'end') return this.#takeEnd(line)
    this.#take(line)
    this.#hash.update(`${trimmed}\n`)
    this.#count++
  }

  async end(): Promise<ImportedParty> {
    const first = this.#first
    if (!first || !this.#isWhole) throw this.#refused('the end is missing')
    const partition = partitionOf(first.partyId)
    const [checkpoints, frames, snapshot, last, { pruned }] = [
      this.#checkpoints,
      this.#frames,
      this.#snapshot,
      this.#last,
      first,
    ]
    if (pruned > (snapshot?.position ?? 0))
      throw this.#refused(`frames up to ${pruned} were forgotten, and no snapshot covers them`)
    if (last.position < (snapshot?.position ?? 0))
      throw this.#refused(`the snapshot is of position ${snapshot?.position}, and the last frame is ${last.position}`)
    for (const [agent, { position }] of checkpoints)
      if (position > last.position) throw this.#refused(`the checkpoint of "${agent}" is of a frame that is missing`)
    const imported = { partition, frames, checkpoints, snapshot, pruned, last }
    await this.#tryOut(imported)
    return imported
  }

  #measure(text: string): void {
    if (typeof text !== 'string') throw this.#refused('it is no text')
    // So that empty lines have an end too.
    this.#length += text.length + 1
    if (text.length > this.#lineLimit)
      throw this.#refused(`it has ${text.length} characters, and ${this.#lineLimit} are allowed (lineLimit)`)
    if (this.#length > this.#totalLimit)
      throw this.#refused(`with it there are more than ${this.#totalLimit} characters in all (totalLimit)`)
  }

  #checked<T>(check: () => T): T {
    try {
      return check()
    } catch (error) {
      throw this.#refused(whyNot(error))
    }
  }

  #take(line: Exclude<Line, LineOf<'end'>>): void {
    if (line.kind === 'party') this.#takeFirst(line)
    else if (line.kind === 'snapshot') this.#takeSnapshot(line)
    else if (line.kind === 'checkpoint') this.#takeCheckpoint(line)
    else this.#takeFrame(line.frame)
  }

  #takeFirst(line: LineOf<'party'>): void {
    if (line.version > version) throw this.#refused(`it has version ${line.version}, and this program knows ${version}`)
    this.#host.admit(line.partyId)
    this.#first = line
  }

  #takeSnapshot({ position, hash, body }: LineOf<'snapshot'>): void {
    if (!isAsWritten({ hash, body })) throw this.#refused('the snapshot does not have the hash that it names')
    if (this.#snapshot || this.#frames.length > 0) throw this.#refused('it is in the wrong place')
    const { standing } = this.#checked(() => snapshotBody().parse(jsonIn(body)))
    if (standing.position !== position) throw this.#refused('the snapshot is not of the position that it names')
    this.#checkTime(standing.time)
    this.#snapshot = { position, hash, body }
    const { time, date = time } = standing
    this.#checkTime(date)
    this.#last = { position, time, date }
  }

  #takeCheckpoint({ kind: _, agent, ...checkpoint }: LineOf<'checkpoint'>): void {
    if (this.#checkpoints.has(agent)) throw this.#refused(`there are two checkpoints of "${agent}"`)
    this.#checked(() => decoded(checkpoint.snapshot))
    this.#checkpoints.set(agent, checkpoint)
  }

  #takeFrame(value: unknown): void {
    const frame = this.#checked(() => frameIn(value))
    const { partition, position, time } = frame
    const before = this.#frames.at(-1) ?? { position: this.#first?.pruned ?? 0, time: 0 }
    if (partition !== partitionOf(this.#first?.partyId ?? '')) throw this.#refused(`it is a frame of "${partition}"`)
    if (position <= before.position)
      throw this.#refused(`frame ${position} cannot come after position ${before.position}`)
    this.#checkTime(time)
    this.#checkTime(dateOf(frame))
    if (time < before.time) throw this.#refused(`frame ${position} is older than the frame before it`)
    this.#last = { position, time, date: dateOf(frame) }
    this.#frames.push(frame)
  }

  #checkTime(time: unknown): void {
    if (typeof time !== 'number' || !Number.isFinite(time)) throw this.#refused('its time is no number')
    if (time > this.#latest)
      throw this.#refused(`its time is more than a day ahead of the clock here (${time} and ${this.#host.now()})`)
  }

  #takeEnd({ lines, hash }: LineOf<'end'>): void {
    if (lines !== this.#count || hash !== this.#hash.digest('hex'))
      throw this.#refused('lines before it are missing or not as they were written')
    this.#isWhole = true
  }

  /** Reads the party back from a journal in memory, as recovery will read it. */
  async #tryOut(imported: ImportedParty): Promise<void> {
    try {
      const journal = memoryJournal()
      await writeImport(imported, { journal, now: this.#host.now, epoch: 1 })
      const { standing } = await recall(journal, { partition: imported.partition, epoch: 1 })
      for (const { plan, startedAt } of standing.schedules.values()) planned(plan, startedAt)
    } catch (error) {
      throw this.#refused(`what the lines add up to cannot be read back (${whyNot(error)})`)
    }
  }

  #refused(why: string): PartyImportError {
    return new PartyImportError(this.#count + 1, why)
  }
}

function whyNot(error: unknown): string {
  const reason = error instanceof JournalCorruptError && error.cause !== undefined ? error.cause : error
  const [issue] = reason instanceof z.ZodError ? reason.issues : []
  return issue ? `${issue.path.join('.')}: ${issue.message}` : textOf(reason)
}

/** What was to be imported is no party, or not all of one. */
export class PartyImportError extends TroupeError {
  readonly code = 'PARTY_IMPORT'
  /** The number of the line, from 1. */
  readonly line: number
  constructor(line: number, why: string) {
    super(`Line ${line} of the party to import cannot be taken: ${why}. Nothing was imported; export it again.`)
    this.line = line
  }
}
