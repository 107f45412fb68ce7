import type { Address } from '../actor/address.ts'
import { TroupeError } from '../errors.ts'
import type { Frame } from '../journal/frame.ts'
import type { Journal, Snapshot } from '../journal/journal.ts'
import { Standing } from '../journal/standing.ts'
import { type Recalled, snapshotOf } from './recall.ts'

/** Frames of a partition between two snapshots. */
const usually = 100

/** When snapshots of partitions are taken, and what is kept behind them. */
export interface SnapshotOptions {
  /** Frames of a partition between two snapshots; 100 by default. */
  readonly every?: number
  /** Frames' positions that are kept behind a snapshot; all by default. What anybody has yet to read is kept in any case. */
  readonly keep?: number
}

/** A partition, as far as its snapshots are concerned. */
export interface Snapped {
  readonly address: Address
  /** What a snapshot is to hold of its state as it is shown now; nothing if it has none. */
  saved(): unknown
  readonly watermark: { reached(): Promise<void> }
}

interface SnapshotsHost {
  readonly journal: Journal
  /** Resolves when all that agents outside the parties have heard so far is durable. */
  heard(): Promise<void>
  fault(error: unknown): void
}

/** A partition, as far as it is durable. */
interface Followed {
  readonly standing: Standing
  /** Since its last snapshot. */
  frames: number
  /** Of its last snapshot, characters. */
  length: number
}

interface Taken {
  readonly snapshot: Snapshot
  /** Up to which position nobody here wants frames any more. */
  readonly handled: number
}

/** A snapshot may be so much longer than what was appended since the last one, in characters a frame. */
const lengthPerFrame = 500

/**
 * Takes snapshots of partitions, so that recovery reads only what came after them: it follows their frames as they become
 * durable, and saves what those add up to. Nobody waits for it.
 */
export class Snapshots {
  readonly #host: SnapshotsHost
  readonly #every: number
  readonly #keep: number
  readonly #followed = new WeakMap<Snapped, Followed>()
  /** The newest ones, until they are saved. */
  readonly #taken = new Map<Snapped, Taken>()
  readonly #saving = new Map<Snapped, Promise<void>>()
  #isOver = false

  /** @throws SnapshotOptionsError */
  constructor(host: SnapshotsHost, { every, keep = Number.POSITIVE_INFINITY }: SnapshotOptions = {}) {
    this.#host = host
    // What does not outlive the process need not be read back, unless it is to be kept small.
    const usual = host.journal.isLasting || keep < Number.POSITIVE_INFINITY ? usually : Number.POSITIVE_INFINITY
    this.#every = checked('every', every ?? usual)
    this.#keep = checked('keep', keep)
  }

  /** A partition goes on where another owner has left it. */
  continue(partition: Snapped, { standing, frames }: Pick<Recalled, 'standing' | 'frames'>): void {
    if (this.#isWanted) this.#followed.set(partition, { standing: standing.copy(), frames, length: 0 })
  }

  /** A frame of a partition is durable and its state is shown: the next one of all that was appended there. */
  follow(partition: Snapped, frame: Frame): void {
    if (!this.#isWanted) return
    const followed = this.#follow(partition)
    followed.standing.take(frame)
    followed.frames++
    if (followed.frames >= this.#every && followed.frames * lengthPerFrame >= followed.length)
      this.#take(partition, followed)
  }

  /** Resolves when those under way are saved; there are no more. */
  async end(): Promise<void> {
    this.#isOver = true
    this.#taken.clear()
    await Promise.all(this.#saving.values())
  }

  get #isWanted(): boolean {
    return this.#every < Number.POSITIVE_INFINITY && !this.#isOver
  }

  #follow(partition: Snapped): Followed {
    const known = this.#followed.get(partition)
    if (known) return known
    const followed = { standing: new Standing(partition.address), frames: 0, length: 0 }
    this.#followed.set(partition, followed)
    return followed
  }

  #take(partition: Snapped, followed: Followed): void {
    const { standing } = followed
    const snapshot = snapshotOf(standing, partition.saved())
    followed.frames = 0
    followed.length = snapshot.body.length
    this.#taken.set(partition, { snapshot, handled: unhandledFrom(standing) - 1 })
    if (!this.#saving.has(partition)) this.#saving.set(partition, this.#saveAll(partition))
  }

  /** Those of one partition, one after the other. */
  async #saveAll(partition: Snapped): Promise<void> {
    for (let taken = this.#taken.get(partition); taken; taken = this.#taken.get(partition)) {
      this.#taken.delete(partition)
      // Without it, recovery only takes longer.
      await this.#save(partition, taken).catch((error: unknown) => this.#host.fault(error))
    }
    this.#saving.delete(partition)
  }

  async #save({ address, watermark }: Snapped, { snapshot, handled }: Taken): Promise<void> {
    const { journal } = this.#host
    // What it covers is not read again: others must have heard of it before.
    await watermark.reached()
    await this.#host.heard()
    await journal.save(address, snapshot)
    const upTo = Math.min(snapshot.position - this.#keep, handled)
    if (upTo > 0) await journal.prune(address, upTo)
  }
}

/** The oldest position that an agent may still want read back. */
function unhandledFrom({ agents, pools }: Standing): number {
  let first = Number.POSITIVE_INFINITY
  for (const mail of [...Array.from(agents.values(), agent => agent.mail), ...pools.values()])
    for (const seq of mail.keys()) first = Math.min(first, seq)
  return first
}

function checked(what: 'every' | 'keep', frames: number): number {
  if (!(frames >= (what === 'every' ? 1 : 0))) throw new SnapshotOptionsError(what, frames)
  return frames
}

/** Snapshots are to be taken, or frames to be kept, in a way that cannot be. */
export class SnapshotOptionsError extends TroupeError {
  readonly code = 'SNAPSHOT_OPTIONS'
  readonly option: 'every' | 'keep'
  readonly frames: number
  constructor(option: 'every' | 'keep', frames: number) {
    super(
      `snapshots: { ${option}: ${frames} } cannot be: use a number of frames, from ${option === 'every' ? 1 : 0} on.`,
    )
    this.option = option
    this.frames = frames
  }
}
