import type { Address } from '../actor/address.ts'
import { TroupeError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { Standing } from '../journal/standing.ts'
import { type Recallable, recall, snapshotOf } from './recall.ts'

/** When snapshots of partitions are taken, and what is kept behind them. */
export interface SnapshotOptions {
  /** Frames of a partition between two snapshots; 1,000 by default. */
  readonly every?: number
  /** Frames' positions that are kept behind a snapshot; all by default. What anybody has yet to read is kept in any case. */
  readonly keep?: number
}

/** A partition, as far as its snapshots are concerned. */
export interface Snapped {
  readonly address: Address
  /** The state that it begins with, to be read back beside the live one. */
  blank(): Recallable | undefined
  readonly watermark: { reached(): Promise<void> }
}

interface SnapshotsHost {
  readonly journal: Journal
  /** Resolves when all that agents outside the parties have heard so far is durable. */
  heard(): Promise<void>
  fault(error: unknown): void
}

/** A snapshot may be so much longer than what was appended since the last one, in bytes a frame. */
const bytesPerFrame = 500

/**
 * Takes snapshots of partitions, one after the other, so that recovery reads only what came after them: it reads back what the
 * journal holds, as recovery does, and saves what that adds up to. Nobody waits for it.
 */
export class Snapshots {
  readonly #host: SnapshotsHost
  readonly #every: number
  readonly #keep: number
  readonly #lengths = new WeakMap<Snapped, number>()
  readonly #wanted = new Set<Snapped>()
  #taking: Promise<void> | undefined
  #isOver = false

  /** @throws SnapshotOptionsError */
  constructor(host: SnapshotsHost, { every, keep = Number.POSITIVE_INFINITY }: SnapshotOptions = {}) {
    this.#host = host
    // What does not outlive the process need not be read back, unless it is to be kept small.
    const usual = host.journal.isLasting || keep < Number.POSITIVE_INFINITY ? 1_000 : Number.POSITIVE_INFINITY
    this.#every = checked('every', every ?? usual)
    this.#keep = checked('keep', keep)
  }

  /** So many frames of a partition are durable since its last snapshot; whether it is time for another. */
  isDue(partition: Snapped, frames: number): boolean {
    return frames >= this.#every && frames * bytesPerFrame >= (this.#lengths.get(partition) ?? 0)
  }

  take(partition: Snapped): void {
    if (this.#isOver) return
    this.#wanted.add(partition)
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = undefined
    })
  }

  /** Resolves when the one under way is over; there are no more. */
  async end(): Promise<void> {
    this.#isOver = true
    this.#wanted.clear()
    await this.#taking
  }

  async #takeAll(): Promise<void> {
    for (const partition of this.#wanted) {
      this.#wanted.delete(partition)
      // Without it, recovery only takes longer.
      await this.#take(partition).catch((error: unknown) => this.#host.fault(error))
    }
  }

  async #take(partition: Snapped): Promise<void> {
    const { journal } = this.#host
    const { address } = partition
    const state = partition.blank()
    const { standing } = await recall(journal, { partition: address, epoch: 0, position: 0 }, state)
    const snapshot = snapshotOf(standing, state)
    this.#lengths.set(partition, snapshot.body.length)
    // What it covers is not read again: others must have heard of it before.
    await partition.watermark.reached()
    await this.#host.heard()
    await journal.save(address, snapshot)
    const upTo = Math.min(snapshot.position - this.#keep, unhandledFrom(standing) - 1)
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
