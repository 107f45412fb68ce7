import type { Answering, Step } from '../actor/step.ts'
import type { EventOf } from '../events/event.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { PendingAsk } from '../invoke/pending-ask.ts'
import type { Partition } from './partition.ts'

/** The replies and refusals of a partition's agents: each ends the ask that it answers, or is a dead letter. */
export class Answers {
  readonly #partition: Partition

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** Ends an ask with the answer that a step gave. */
  answer(answer: Answering, step: Step): void {
    const { asks, address, watermark } = this.#partition
    const { ask } = answer.event
    const pending = asks.get(ask)
    if (!pending || pending.answered) return this.#bury(answer.event, step)
    this.#partition.announcements.announceAsk(answer.event, step.actor.address, step.handled)
    const close = () => {
      // The deadline of the ask may have come while the frame was on its way.
      if (!asks.close(ask, outcomeOf(answer, pending, step))) this.#bury(answer.event, step)
    }
    if (pending.partition === address) return close()
    // An answer that leaves this partition waits until it cannot be lost.
    pending.answered = true
    watermark.whenDurable(close, error => asks.fail(ask, error))
  }

  /** Records that the asker no longer waits for an answer. */
  #bury(answer: EventOf & { readonly ask: string }, { actor, handled }: Step): void {
    const partition = this.#partition
    const { correlationid, causationid } = handled
    const { ask } = answer
    const envelope = partition.frames.seal(answer, { source: actor.address, correlationid, causationid, ask })
    partition.losses.loseOutside(envelope, ask, { reason: 'stale' })
  }
}

function outcomeOf({ kind, event }: Answering, { type }: PendingAsk, { actor }: Step): Outcome {
  if (kind === 'reply') return { ok: true, output: event.data }
  return { ok: false, error: new AskRefusedByCalleeError(type, actor.address, event.data) }
}
