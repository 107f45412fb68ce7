import { inDirectory } from '../../directory.ts'
import { checkCount } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'
import { type Batch, Frames } from './frames.ts'

/** Something that keeps frames. */
export interface Keeper {
  /** Returns, or resolves, when all of them are on the disk. */
  keep(batches: readonly Batch[]): Promise<unknown> | void
  /** How many frames it gives back, having read all of them. */
  count(): Promise<number> | number
  close(): Promise<void> | void
}

/** What is appended at the same time. */
interface Load {
  readonly partitions: number
  readonly frames: number
  readonly events: number
}

const loads: Readonly<Record<string, Load>> = {
  '100 events a frame': { partitions: 1, frames: 1, events: 100 },
  '1,000 events a frame': { partitions: 1, frames: 1, events: 1_000 },
  '100 frames of an event, together': { partitions: 1, frames: 100, events: 1 },
  '100 parties at once, a frame of an event each': { partitions: 100, frames: 1, events: 1 },
}

export const journalCases: readonly string[] = Object.keys(loads)

const warmUp = { full: 1_000, smoke: 0 } as const
const measured = { full: 1_500, smoke: 0 } as const

/** A contestant's rounds, from what makes its keeper in a directory. */
export function journalRounds(create: (directory: string) => Keeper | Promise<Keeper>): Cases {
  return Object.fromEntries(Object.entries(loads).map(([name, load]) => [name, roundOf(load, create)]))
}

const roundOf =
  (load: Load, create: (directory: string) => Keeper | Promise<Keeper>): Round =>
  (scale, tell) =>
    inDirectory(async directory => {
      const keeper = await create(directory)
      const sources = Array.from({ length: load.partitions }, (_, place) => new Frames(`party/p-${place}`))
      const cold = await appendFor(warmUp[scale], load, sources, keeper)
      const warm = await appendFor(measured[scale], load, sources, keeper)
      checkCount('frames', await keeper.count(), (cold.appends + warm.appends) * load.partitions * load.frames)
      const events = warm.appends * load.partitions * load.frames * load.events
      tell({ 'events a second': (events / warm.elapsed) * 1_000, 'ms an append': warm.elapsed / warm.appends })
      await keeper.close()
    })

/** Appends for so many milliseconds, each after the one before; frames are made off the watch. */
async function appendFor(ms: number, { frames, events }: Load, sources: readonly Frames[], keeper: Keeper) {
  let appends = 0
  let elapsed = 0
  do {
    const batches = sources.map(source => source.next(frames, events))
    const begin = performance.now()
    await keeper.keep(batches)
    elapsed += performance.now() - begin
    appends++
  } while (elapsed < ms)
  return { appends, elapsed }
}
