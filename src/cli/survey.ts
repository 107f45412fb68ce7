import { restorable } from '../agent/restorable.ts'
import { textOf } from '../errors.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Checkpoint, Journal, PartitionInfo } from '../journal/journal.ts'
import { type Recalled, recall } from '../journal/recall.ts'
import { type Address, partyOf } from '../mail/address.ts'
import type { DeadLetter } from '../mail/dead-letters.ts'
import type { App } from './app.ts'
import { storeFor } from './folded.ts'

/** The standing of a partition, as the journal shows it without a runtime. */
export interface PartitionSurvey {
  readonly partition: Address
  /** The id of its party; none for the agents outside the parties. */
  readonly party: string | undefined
  /** The position of its last frame. */
  readonly position: number
  /** Up to which position its frames were forgotten. */
  readonly pruned: number
  /** How many frames were read without damage. */
  readonly frames: number
  /** Why a runtime would quarantine it; `undefined` if none would. */
  readonly fault: string | undefined
  /** Why it goes on only with `development`. */
  readonly edited?: string | undefined
  /** `undefined` if it cannot be read. */
  readonly standing: Standing | undefined
  /** The checkpoints by the names of agents. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>
  /** Its state, if the application's party is known. */
  readonly state: object | undefined
}

/** A durable subscription, by its name. */
export interface ReaderSurvey {
  readonly name: string
  /** How many positions it has not read yet, in all partitions together. */
  readonly behind: number
}

/**
 * Reads every frame of a journal, and yields the standing of each partition.
 *
 * @param app if given, saved agents are compared with the agents of the application, and parties have states
 * @throws what the journal throws if nothing of it can be read; the reason of the signal
 */
export async function* survey(
  journal: Journal,
  app: App | undefined,
  signal: AbortSignal,
): AsyncGenerator<PartitionSurvey> {
  for (const info of await journal.partitions()) yield await surveyed(journal, info, app, signal)
}

async function surveyed(
  journal: Journal,
  info: PartitionInfo,
  app: App | undefined,
  signal: AbortSignal,
): Promise<PartitionSurvey> {
  const { partition, position } = info
  const party = partyOf(partition)
  const found = { partition, party, position, pruned: 0, frames: 0, fault: undefined, state: undefined }
  let [pruned, frames] = [0, 0]
  try {
    pruned = (await journal.saved(partition)).pruned
    for await (const _ of journal.read(partition, pruned)) {
      signal.throwIfAborted()
      frames++
    }
    const { standing, checkpoints } = await recall(journal, info)
    const compared = app ? await comparedWith(app, journal, info, { standing, checkpoints }) : {}
    return { ...found, pruned, frames, standing, checkpoints, ...compared }
  } catch (error) {
    signal.throwIfAborted()
    return { ...found, pruned, frames, fault: textOf(error), standing: undefined, checkpoints: new Map() }
  }
}

/** The state of a partition, by the application's party; or why the application cannot go on with it. */
async function comparedWith(
  { party, agents }: App,
  journal: Journal,
  info: PartitionInfo,
  { standing, checkpoints }: Pick<Recalled, 'standing' | 'checkpoints'>,
): Promise<Partial<Pick<PartitionSurvey, 'fault' | 'edited' | 'state'>>> {
  try {
    let edited: string | undefined
    for (const [name, one] of checkpoints)
      if (!isGone(standing, name))
        edited ??= restorable(one, { current: undefined, registered: agents, development: true }).edited?.message
    if (!party || partyOf(info.partition) === undefined) return { edited }
    const store = storeFor(party)
    await recall(journal, info, store)
    return { edited, state: store.live }
  } catch (error) {
    return { fault: textOf(error) }
  }
}

function isGone({ agents }: Standing, name: string): boolean {
  return agents.get(name)?.gone !== undefined
}

/** How far behind each durable subscription is. */
export async function surveyReaders(journal: Journal): Promise<readonly ReaderSurvey[]> {
  const partitions = await journal.partitions()
  return await Promise.all(
    (await journal.readers()).map(async name => {
      const marks = await journal.marks(name)
      const behind = partitions.map(({ partition, position }) => Math.max(0, position - (marks.get(partition) ?? 0)))
      return { name, behind: behind.reduce((sum, one) => sum + one, 0) }
    }),
  )
}

/** Counts what is left to do in some partitions. */
export interface LeftToDo {
  /** Events that agents have not handled yet. */
  readonly mail: number
  readonly timers: number
  /** Pieces of work without an outcome. */
  readonly works: number
  /** Pieces of work that wait for a person. */
  readonly held: number
}

export function leftToDo(surveys: readonly PartitionSurvey[]): LeftToDo {
  const left = { mail: 0, timers: 0, works: 0, held: 0 }
  for (const { standing } of surveys) {
    for (const mail of standing?.pools.values() ?? []) left.mail += mail.size
    for (const { mail, timers, works } of standing?.agents.values() ?? []) {
      left.mail += mail.size
      left.timers += timers.size
      for (const { outcome, held } of works.values()) {
        if (held) left.held++
        else if (!outcome) left.works++
      }
    }
  }
  return left
}

/** The dead letters of some partitions, the oldest first. */
export function deadLettersOf(surveys: readonly PartitionSurvey[]): readonly DeadLetter[] {
  const letters = surveys.flatMap(({ standing }) => [...(standing?.dead ?? [])])
  return letters.toSorted((one, other) => one.last - other.last)
}
