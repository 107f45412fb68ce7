import type { Address } from '../actor/address.ts'
import { TroupeError } from '../errors.ts'
import type { Frame } from '../journal/frame.ts'
import type { Journal, Snapshot } from '../journal/journal.ts'
import { Standing } from '../journal/standing.ts'
import { type Recalled, recall, snapshotOf } from './recall.ts'

/** Frames between two snapshots, and positions that are kept behind one, where nobody says otherwise. */
const lasting = { every: 100, keep: Number.POSITIVE_INFINITY }
const inMemory = { every: 10_000, keep: 10_000 }

/** When snapshots of partitions are taken, and what is kept behind them. */
export interface SnapshotOptions {
  /**
   * Frames of a partition between two snapshots; 100 by default, and 10,000 where the journal ends with the process and `keep` is
   * not given.
   */
  readonly every?: number
  /**
   * Positions of frames that are kept behind a snapshot; all by default, and 10,000 where the journal ends with the process. What
   * anybody has yet to read is kept in any case.
   */
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
  /** Whether somebody may ask again for the answer to an ask. */
  mayAskAgain(key: string): boolean
  /** Frames up to a position are about to be forgotten, as far as readers have come. */
  pruning(partition: Address, upTo: number): void
  fault(error: unknown): void
}

/** A partition, as far as it is durable. */
interface Followed {
  /** None where all of it is read back when a snapshot is due. */
  standing: Standing | undefined
  /** Since its last snapshot. */
  frames: number
  /** Of its last snapshot, characters. */
  length: number
}

/** What a snapshot is to be of. */
interface Due {
  readonly position: number
  /** Of the partition, at that position. */
  readonly state: unknown
  readonly followed: Followed
}

interface Taken {
  readonly snapshot: Snapshot
  /** Up to which position nobody here wants frames any more. */
  readonly handled: number
}

/** How a partition stood is kept for the next snapshot if its own is no longer than this, in characters. */
const mostKept = 1_000_000

/**
 * A snapshot may be so much longer than what was appended since the last one, in characters a frame. Where snapshots are rare, so
 * that nothing but memory is won by them, they cost less than that; least where all of the one before is read first.
 */
const lengthPerFrame = { often: 500, readBack: 50, kept: 10 }

/**
 * Takes snapshots of partitions, so that recovery reads only what came after them and what is before them can be forgotten.
 * Nobody waits for it. Where the journal lasts, it follows their frames as they become durable; where it does not, snapshots are
 * rare, and frames are read back when one is due: until then a partition costs nothing.
 */
export class Snapshots {
  readonly #host: SnapshotsHost
  readonly #every: number
  readonly #keep: number
  readonly #isFollowing: boolean
  readonly #followed = new WeakMap<Snapped, Followed>()
  readonly #gone = new WeakSet<Snapped>()
  /** The newest ones, until they are saved. */
  readonly #due = new Map<Snapped, () => Promise<Taken>>()
  readonly #saving = new Map<Snapped, Promise<void>>()
  /** Whether the journal keeps snapshots. */
  #isKept = false
  #isOver = false

  /** @throws SnapshotOptionsError */
  constructor(host: SnapshotsHost, { every, keep }: SnapshotOptions = {}) {
    this.#host = host
    this.#isFollowing = host.journal.isLasting === true
    const usual = this.#isFollowing ? lasting : inMemory
    this.#keep = checked('keep', keep ?? usual.keep)
    // What does not outlive the process need not be read back, unless it is to be kept small.
    const isWanted = this.#isFollowing || this.#keep < Number.POSITIVE_INFINITY
    const often = keep === undefined ? usual.every : lasting.every
    this.#every = checked('every', every ?? (isWanted ? often : Number.POSITIVE_INFINITY))
  }

  /** A partition goes on where another owner has left it. */
  continue(partition: Snapped, { standing, frames }: Pick<Recalled, 'standing' | 'frames'>): void {
    if (!this.#isWanted) return
    this.#followed.set(partition, { standing: this.#isFollowing ? standing.copy() : undefined, frames, length: 0 })
  }

  /** A frame of a partition is durable and its state is shown: the next one of all that was appended there. */
  follow(partition: Snapped, frame: Frame): void {
    if (!this.#isWanted || this.#gone.has(partition)) return
    const followed = this.#follow(partition)
    if (this.#isFollowing) followed.standing?.take(frame)
    followed.frames++
    if (followed.frames >= this.#every && this.#isWorthIt(followed)) this.#take(partition, followed, frame.position)
  }

  #isWorthIt({ frames, length, standing }: Followed): boolean {
    const { often, kept, readBack } = lengthPerFrame
    const rarely = standing ? kept : readBack
    return frames * (this.#every < inMemory.every ? often : rarely) >= length
  }

  /** A partition is there no more; resolves when nothing of it is saved any more. */
  async forget(partition: Snapped): Promise<void> {
    this.#gone.add(partition)
    this.#followed.delete(partition)
    this.#due.delete(partition)
    await this.#saving.get(partition)
  }

  /** Resolves when those under way are saved; there are no more. */
  async end(): Promise<void> {
    this.#isOver = true
    this.#due.clear()
    await Promise.all(this.#saving.values())
  }

  get #isWanted(): boolean {
    return this.#every < Number.POSITIVE_INFINITY && !this.#isOver
  }

  #follow(partition: Snapped): Followed {
    const known = this.#followed.get(partition)
    if (known) return known
    const standing = this.#isFollowing ? new Standing(partition.address) : undefined
    const followed = { standing, frames: 0, length: 0 }
    this.#followed.set(partition, followed)
    return followed
  }

  #take(partition: Snapped, followed: Followed, position: number): void {
    followed.frames = 0
    const due: Due = { position, state: partition.saved(), followed }
    // What is followed goes on meanwhile, so it is written down at once.
    const taken = this.#isFollowing && followed.standing ? this.#takenOf(followed.standing, due) : undefined
    this.#due.set(partition, async () => taken ?? (await this.#readBack(partition, due)))
    if (!this.#saving.has(partition)) this.#saving.set(partition, this.#saveAll(partition))
  }

  #takenOf(standing: Standing, { state, followed }: Due): Taken {
    standing.keepAnswers(key => this.#host.mayAskAgain(key))
    const snapshot = snapshotOf(standing, state)
    followed.length = snapshot.body.length
    return { snapshot, handled: unhandledFrom(standing) - 1 }
  }

  /** How a partition stood at a position: from how it did before, or from the snapshot of that. */
  async #readBack({ address }: Snapped, due: Due): Promise<Taken> {
    const { journal } = this.#host
    const { followed, position: upTo } = due
    const { standing } = await recall(journal, { partition: address, epoch: 0, upTo, from: followed.standing })
    const taken = this.#takenOf(standing, due)
    followed.standing = taken.snapshot.body.length <= mostKept ? standing : undefined
    return taken
  }

  /** Those of one partition, one after the other. */
  async #saveAll(partition: Snapped): Promise<void> {
    for (let due = this.#due.get(partition); due; due = this.#due.get(partition)) {
      this.#due.delete(partition)
      // Without it, recovery only takes longer.
      await this.#save(partition, due).catch((error: unknown) => this.#host.fault(error))
    }
    this.#saving.delete(partition)
  }

  async #save(partition: Snapped, take: () => Promise<Taken>): Promise<void> {
    const { address, watermark } = partition
    const { journal } = this.#host
    // What it covers is not read again: others must have heard of it before.
    await watermark.reached()
    await this.#host.heard()
    const taken = await take()
    // Another partition may have come to its address.
    if (this.#gone.has(partition)) return
    const { snapshot, handled } = taken
    await journal.save(address, snapshot)
    if (!this.#isKept) await this.#check(address, snapshot)
    if (this.#isOver) return
    const upTo = Math.min(snapshot.position - this.#keep, handled)
    if (upTo <= 0) return
    this.#host.pruning(address, upTo)
    await journal.prune(address, upTo)
  }

  /** One that keeps frames alone is left alone: all of them would be read each time. */
  async #check(address: Address, snapshot: Snapshot): Promise<void> {
    const saved = await this.#host.journal.saved(address)
    this.#isKept = saved.snapshot?.hash === snapshot.hash
    this.#isOver ||= !this.#isKept
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
