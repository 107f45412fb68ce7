import type { Refusal } from '../../events/refusal.ts'
import { type Address, keyOf, partitionAt, runtimePartition, splitAddress } from '../../mail/address.ts'
import type { DeadReason } from '../../mail/dead-letters.ts'
import type { AgentStanding, WorkStanding } from './agent-standing.ts'
import { forgetOldest } from './forget-oldest.ts'

/** The state of a request whose asker may not have its answer yet. */
export type AnswerStanding =
  | { readonly to: Address; readonly data: unknown }
  | { readonly to: Address; readonly refusal: Refusal }
  | { readonly to: Address; readonly refused: DeadReason }

/** A request, as the partition of its callee knows it. */
export interface RequestStanding {
  readonly answer: AnswerStanding | undefined
  /** The name of the agent that has not answered it yet. */
  readonly callee: string | undefined
  /** The incarnation that has taken the request. */
  readonly takenBy: number | undefined
}

/** What the journal says of the requests that reached the agents of partitions, by the addresses of these. */
export type SavedRequests = ReadonlyMap<Address, { request(key: string): RequestStanding | undefined }>

/** The newest answers are remembered. */
const most = 100_000

/** The answers of the agents of a partition, by the keys of the asks. */
export class FoldedAnswers {
  readonly known = new Map<string, AnswerStanding>()

  add(key: string, answer: AnswerStanding): void {
    // An asker outside the agents does not outlive the process.
    if (key.startsWith('outside/')) return
    const before = this.known.get(key)
    // The first answer counts. A request that an agent has failed on may be answered after a retry.
    if (before && !('refused' in before)) return
    this.known.delete(key)
    this.known.set(key, answer)
    forgetOldest(this.known, most)
  }

  /** What became of a request so far, if one of these agents got it. */
  requestOf(key: string, agents: Iterable<AgentStanding>): RequestStanding | undefined {
    const answer = this.known.get(key)
    if (answer) return { answer, callee: undefined, takenBy: undefined }
    for (const { name: callee, taken, incarnation, mail } of agents) {
      if (taken.has(key)) return { answer: undefined, callee, takenBy: incarnation }
      for (const { ask } of mail.values()) if (ask === key) return { answer: undefined, callee, takenBy: undefined }
    }
    return undefined
  }

  /** An ask is over, and its asker knows how. */
  forget(key: string, work: WorkStanding | undefined): void {
    this.known.delete(key)
    // The answers of several agents have keys below the key of the ask.
    for (const place of work?.callees?.keys() ?? []) this.known.delete(`${key}/${place}`)
  }

  /** Forgets answers that no asker wants any more. */
  keep(isWanted: (key: string) => boolean): void {
    for (const key of this.known.keys()) if (!isWanted(key)) this.known.delete(key)
  }

  /** A partition was deleted: nobody in it asks again. */
  forgetPartition(key: string): void {
    const asker = `${partitionAt(key)}/`
    this.keep(key => !key.startsWith(asker))
  }

  /** The partitions whose agents have asked, but for `runtime`, as journals name them. */
  get askers(): readonly string[] {
    const partitions = new Set(Array.from(this.known.keys(), key => splitAddress(key).partition))
    partitions.delete(runtimePartition)
    return Array.from(partitions, keyOf)
  }
}
