import { TroupeError } from '../errors.ts'
import { Standing } from '../journal/fold/standing.ts'
import type { Frame } from '../journal/frame.ts'
import type { Journal, Snapshot } from '../journal/journal.ts'
import { type Recalled, snapshotBodyOf, snapshotOf, standingIn } from '../journal/recall.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'

/** The defaults of `SnapshotOptions`, for journals that outlive the process and for those in memory. */
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
   * a reader has yet to read is kept in any case.
   */
  readonly keep?: number
}

const snapshotNames: OptionNames<SnapshotOptions> = { every: true, keep: true }

/** The part of a partition that snapshots use. */
export interface Snapped {
  readonly address: Address
  /** The shown state for a snapshot; `undefined` if the partition has no state. */
  saved(): unknown
  readonly watermark: { reached(): Promise<void> }
}

interface SnapshotsHost {
  readonly journal: Journal
  /** Resolves when all that agents outside the parties have heard so far is durable. */
  heard(): Promise<void>
  /** Whether the answer to an ask may be asked for again. */
  mayAskAgain(key: string): boolean
  /** Called before frames up to a position are forgotten, except frames that readers have not read. */
  pruning(partition: Address, upTo: number): void
  fault(error: unknown): void
}

/** The durable part of a partition. */
interface Followed {
  /** Whether all frames of the partition wait. */
  isNew: boolean
  /** What the frames before `waiting` add up to; `undefined` if there are none, or only the last snapshot holds it. */
  standing: Standing | undefined
  /** Frames that are not added up yet. */
  waiting: Frame[]
  /** The number of frames since the last snapshot. */
  frames: number
  /** The length of the last snapshot, characters. */
  length: number
  isGone: boolean
}

interface Taken {
  readonly snapshot: Snapshot
  /** The position up to which no agent needs frames any more. */
  readonly handled: number
}

/**
 * Frames that wait to be added up together if the journal ends with the process: that takes less time than to add up each one in the
 * middle of other work.
 */
const fewFrames = 100

/** Characters. Between two snapshots, the standing is kept in memory if snapshots are no longer than this. */
const mostKept = 1_000_000

/**
 * A snapshot may be this long for each frame since the last one, in characters: otherwise the next snapshot waits for more frames.
 * `often` is for journals that outlive the process, `kept` for journals in memory, where snapshots only save memory, and
 * `readBack` where the last snapshot has to be read first.
 */
const lengthPerFrame = { often: 500, readBack: 50, kept: 10 }

/**
 * Takes snapshots of partitions, so that recovery reads only what came after them and what is before them can be forgotten.
 * Nothing waits for snapshots. Frames are added up as they become durable, or if the journal ends with the process, a hundred at a time:
 * most partitions end before there are so many, and cost next to nothing.
 */
export class Snapshots {
  readonly #host: SnapshotsHost
  readonly #every: number
  readonly #keep: number
  readonly #isLasting: boolean
  readonly #followed = new WeakMap<Snapped, Followed>()
  /** The newest snapshots, until they are saved. */
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
    // A journal that ends with the process needs snapshots only to forget frames.
    const isWanted = this.#isLasting || this.#keep < Number.POSITIVE_INFINITY
    const often = keep === undefined ? usual.every : lasting.every
    this.#every = checked('every', every ?? (isWanted ? often : Number.POSITIVE_INFINITY))
  }

  /** Follows a partition that goes on where another owner left it. */
  continue(partition: Snapped, { standing, frames }: Pick<Recalled, 'standing' | 'frames'>): void {
    if (this.#isWanted) this.#followed.set(partition, followedFrom(standing.copy(), frames))
  }

  /** Takes the next durable frame of a partition, after its state is shown. */
  follow(partition: Snapped, frame: Frame): void {
    if (!this.#isWanted) return
    const followed = this.#follow(partition)
    if (followed.isGone) return
    followed.frames++
    followed.waiting.push(frame)
    if (this.#isLasting || followed.waiting.length >= fewFrames) addUp(partition.address, followed)
    if (followed.frames < this.#every || !this.#isWorthIt(partition, followed)) return
    try {
      this.#take(partition, followed)
    } catch (error) {
      // The events of this frame become visible all the same.
      this.#host.fault(error)
    }
  }

  #isWorthIt(partition: Snapped, { frames, length, standing }: Followed): boolean {
    const { often, kept, readBack } = lengthPerFrame
    const rarely = standing ? kept : readBack
    if (frames * (this.#every < inMemory.every ? often : rarely) < length) return false
    // If only the last snapshot holds what the frames add up to, it has to be saved first.
    return standing !== undefined || !this.#saving.has(partition)
  }

  /** Forgets a partition that ended; resolves when no snapshot of it is being saved any more. */
  async forget(partition: Snapped): Promise<void> {
    this.#followed.set(partition, { ...followedFrom(undefined, 0), isGone: true })
    this.#due.delete(partition)
    await this.#saving.get(partition)
  }

  /** Takes no more snapshots; resolves when all that were taken are saved. */
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
    // The partition goes on meanwhile, so the snapshot becomes data at once.
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

  /** Adds up frames, beginning with the last snapshot. */
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

  /** Saves the snapshots of one partition one after the other. */
  async #saveAll(partition: Snapped, followed: Followed): Promise<void> {
    for (let due = this.#due.get(partition); due; due = this.#due.get(partition)) {
      this.#due.delete(partition)
      // Without the snapshot, recovery only takes longer.
      await this.#save(partition, due, followed).catch((error: unknown) => this.#host.fault(error))
    }
    this.#saving.delete(partition)
  }

  async #save(partition: Snapped, take: () => Promise<Taken>, followed: Followed): Promise<void> {
    const { address, watermark } = partition
    const { journal } = this.#host
    // The frames before the snapshot are not read again, so that agents outside the parties must have heard their events first.
    await watermark.reached()
    await this.#host.heard()
    const { snapshot, handled } = await take()
    // Another partition may have the address by now.
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

  /** Takes no more snapshots if the journal does not keep them: it can forget no frames then. */
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

/** An option of `snapshots` is not a possible number. */
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
