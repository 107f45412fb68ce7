import { TroupeError } from '../errors.ts'
import { Standing } from '../journal/fold/standing.ts'
import type { Frame } from '../journal/frame.ts'
import type { Journal, Snapshot } from '../journal/journal.ts'
import { type Recalled, snapshotBodyOf, snapshotOf, standingIn } from '../journal/recall.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'

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

const snapshotNames: OptionNames<SnapshotOptions> = { every: true, keep: true }

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
  /** Whether all of its frames wait. */
  isNew: boolean
  /** How it stood before the frames that wait; nothing where it is new, or only its last snapshot says so. */
  standing: Standing | undefined
  /** Frames that are not added up yet. */
  waiting: Frame[]
  /** Since its last snapshot. */
  frames: number
  /** Of its last snapshot, characters. */
  length: number
  isGone: boolean
}

interface Taken {
  readonly snapshot: Snapshot
  /** Up to which position nobody here wants frames any more. */
  readonly handled: number
}

/** So many frames wait where the journal does not last. Later it takes longer to come back to a frame than to add it up at once. */
const fewFrames = 100

/** How a partition stands is kept between two snapshots if they are no longer than this, in characters. */
const mostKept = 1_000_000

/**
 * A snapshot may be so much longer than what was appended since the last one, in characters a frame. Where snapshots are rare, so
 * that nothing but memory is won by them, they cost less than that; least where all of the one before is read first.
 */
const lengthPerFrame = { often: 500, readBack: 50, kept: 10 }

/**
 * Takes snapshots of partitions, so that recovery reads only what came after them and what is before them can be forgotten.
 * Nobody waits for it. It follows their frames as they become durable, and adds them up at once. Only where the journal does not
 * last, the first frames wait: most partitions end before there are more, and cost next to nothing.
 */
export class Snapshots {
  readonly #host: SnapshotsHost
  readonly #every: number
  readonly #keep: number
  readonly #isLasting: boolean
  readonly #followed = new WeakMap<Snapped, Followed>()
  /** The newest ones, until they are saved. */
  readonly #due = new Map<Snapped, () => Promise<Taken>>()
  readonly #saving = new Map<Snapped, Promise<void>>()
  /** Whether the journal keeps snapshots. */
  #isKept = false
  #isOver = false

  /** @throws SnapshotOptionsError */
  constructor(host: SnapshotsHost, options: SnapshotOptions = {}) {
    checkOptionNames('snapshots', options, snapshotNames)
    const { every, keep } = options
    this.#host = host
    this.#isLasting = host.journal.isLasting === true
    const usual = this.#isLasting ? lasting : inMemory
    this.#keep = checked('keep', keep ?? usual.keep)
    // What does not outlive the process need not be read back, unless it is to be kept small.
    const isWanted = this.#isLasting || this.#keep < Number.POSITIVE_INFINITY
    const often = keep === undefined ? usual.every : lasting.every
    this.#every = checked('every', every ?? (isWanted ? often : Number.POSITIVE_INFINITY))
  }

  /** A partition goes on where another owner has left it. */
  continue(partition: Snapped, { standing, frames }: Pick<Recalled, 'standing' | 'frames'>): void {
    if (this.#isWanted) this.#followed.set(partition, followedFrom(standing.copy(), frames))
  }

  /** A frame of a partition is durable and its state is shown: the next one of all that was appended there. */
  follow(partition: Snapped, frame: Frame): void {
    if (!this.#isWanted) return
    const followed = this.#follow(partition)
    if (followed.isGone) return
    followed.frames++
    followed.waiting.push(frame)
    if (this.#isLasting || followed.frames > fewFrames) addUp(partition.address, followed)
    if (followed.frames < this.#every || !this.#isWorthIt(partition, followed)) return
    try {
      this.#take(partition, followed)
    } catch (error) {
      // What this frame says becomes visible all the same.
      this.#host.fault(error)
    }
  }

  #isWorthIt(partition: Snapped, { frames, length, standing }: Followed): boolean {
    const { often, kept, readBack } = lengthPerFrame
    const rarely = standing ? kept : readBack
    if (frames * (this.#every < inMemory.every ? often : rarely) < length) return false
    // Where only the last snapshot says how it stood, that has to be there.
    return standing !== undefined || !this.#saving.has(partition)
  }

  /** A partition is there no more; resolves when nothing of it is saved any more. */
  async forget(partition: Snapped): Promise<void> {
    this.#followed.set(partition, { ...followedFrom(undefined, 0), isGone: true })
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
    const followed = { ...followedFrom(undefined, 0), isNew: true }
    this.#followed.set(partition, followed)
    return followed
  }

  #take(partition: Snapped, followed: Followed): void {
    followed.frames = 0
    addUp(partition.address, followed)
    const { waiting, standing } = followed
    const state = partition.saved()
    // What is followed goes on meanwhile, so it is written down at once.
    const taken = standing && this.#takenOf(standing, state, followed)
    followed.waiting = []
    this.#due.set(partition, async () => taken ?? this.#readBack(partition, waiting, state, followed))
    if (!this.#saving.has(partition)) this.#saving.set(partition, this.#saveAll(partition, followed))
  }

  #takenOf(standing: Standing, state: unknown, followed: Followed): Taken {
    standing.keepAnswers(key => this.#host.mayAskAgain(key))
    const snapshot = snapshotOf(standing, state)
    followed.length = snapshot.body.length
    return { snapshot, handled: unhandledFrom(standing) - 1 }
  }

  /** From how the last snapshot says that it stood. */
  async #readBack({ address }: Snapped, waiting: readonly Frame[], state: unknown, followed: Followed): Promise<Taken> {
    try {
      const { snapshot } = await this.#host.journal.saved(address)
      const standing = standingIn(address, snapshot && snapshotBodyOf(snapshot))
      for (const frame of waiting) standing.take(frame)
      const taken = this.#takenOf(standing, state, followed)
      followed.standing = standing
      return taken
    } catch (error) {
      followed.waiting = [...waiting, ...followed.waiting]
      throw error
    }
  }

  /** Those of one partition, one after the other. */
  async #saveAll(partition: Snapped, followed: Followed): Promise<void> {
    for (let due = this.#due.get(partition); due; due = this.#due.get(partition)) {
      this.#due.delete(partition)
      // Without it, recovery only takes longer.
      await this.#save(partition, due, followed).catch((error: unknown) => this.#host.fault(error))
    }
    this.#saving.delete(partition)
  }

  async #save(partition: Snapped, take: () => Promise<Taken>, followed: Followed): Promise<void> {
    const { address, watermark } = partition
    const { journal } = this.#host
    // What it covers is not read again: others must have heard of it before.
    await watermark.reached()
    await this.#host.heard()
    const { snapshot, handled } = await take()
    // Another partition may have come to its address.
    if (this.#follow(partition).isGone) return
    await journal.save(address, snapshot)
    if (!this.#isKept) await this.#check(address, snapshot)
    if (this.#isOver) return
    const isLarge = !this.#isLasting && snapshot.body.length > mostKept
    if (isLarge && followed.standing?.position === snapshot.position) followed.standing = undefined
    const upTo = Math.min(snapshot.position - this.#keep, handled)
    if (upTo <= 0) return
    this.#host.pruning(address, upTo)
    await journal.prune(address, upTo)
  }

  /** One that keeps frames alone is left alone: nothing can be forgotten there. */
  async #check(address: Address, snapshot: Snapshot): Promise<void> {
    const saved = await this.#host.journal.saved(address)
    this.#isKept = saved.snapshot?.hash === snapshot.hash
    this.#isOver ||= !this.#isKept
  }
}

function addUp(address: Address, followed: Followed): void {
  if (followed.isNew) followed.standing = new Standing(address)
  followed.isNew = false
  const { standing, waiting } = followed
  if (!standing) return
  for (const frame of waiting) standing.take(frame)
  waiting.length = 0
}

function followedFrom(standing: Standing | undefined, frames: number): Followed {
  return { isNew: false, standing, waiting: [], frames, length: 0, isGone: false }
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
