import { AskRefusedByCalleeError } from '../events/refusal.ts'
import { AskFailedError, AskRefusedError, AskStoppedError } from '../invoke/ask-errors.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { AnswerStanding, RequestStanding, SavedRequests } from '../journal/fold/answers.ts'
import { type Address, addressOf, runtimePartition, splitAddress } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Asking } from './asking.ts'
import { fullAddress } from './callee.ts'

/** What the journal says of a request that another process has sent. */
export interface RecalledAsk extends RequestStanding {
  /** The partition of the callee. */
  readonly at: Address
}

/**
 * Looks for a request where it may have been sent to; nothing if the journal does not know of it.
 *
 * @param to the callee, as its asker calls it
 */
export function recalledAsk(
  here: Partition,
  key: string,
  to: Address | undefined,
  requests: SavedRequests,
): RecalledAsk | undefined {
  const named = to === undefined ? runtimePartition : splitAddress(fullAddress(to, here)).partition
  for (const at of new Set([here.address, named, runtimePartition])) {
    const known = requests.get(at)?.request(key)
    if (known) return { ...known, at }
  }
  return undefined
}

/** Whether the agent that has not answered a request yet is there. */
export function isInHand({ at, callee }: RecalledAsk, { system }: Partition): boolean {
  const actor = callee === undefined ? undefined : system.partition(at)?.registry.named(callee)
  return actor !== undefined && actor.status !== 'stopped'
}

/** How the callee replied to a request, or refused it, before the process ended; nothing if it did neither. */
export function answerIn({ answer, at }: RecalledAsk, type: string): Outcome | undefined {
  if (answer && 'data' in answer) return { ok: true, output: answer.data }
  if (!answer || !('refusal' in answer)) return undefined
  return { ok: false, error: new AskRefusedByCalleeError(type, addressOf(at, answer.to), answer.refusal) }
}

/** How the callee failed before the process ended; nothing if it did not. */
export function failureIn(answer: AnswerStanding | undefined, { type, to }: Pick<Asking, 'type' | 'to'>) {
  if (!answer || !('refused' in answer)) return undefined
  switch (answer.refused) {
    case 'failed':
      return new AskFailedError(type, to, 'it ended before it answered')
    case 'stopped':
      return new AskStoppedError(type, to)
    case 'overflow':
      return new AskRefusedError(type, to, 'overflow')
    case 'ignored':
      return new AskRefusedError(type, to, 'not-handled')
    default:
      return undefined
  }
}
