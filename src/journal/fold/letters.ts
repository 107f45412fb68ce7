import type { Address } from '../../mail/address.ts'
import type { DeadLetter } from '../../mail/dead-letters.ts'
import type { ErrorWords } from '../../thrown.ts'
import type { Cause, EntryOf, Frame } from '../frame.ts'
import { forgetOldest } from './forget-oldest.ts'

/** The newest dead letters are remembered. */
const most = 1_000

/** The dead letters of a partition. */
export class FoldedLetters {
  readonly dead = new Set<DeadLetter>()
  readonly #partition: Address

  constructor(partition: Address) {
    this.#partition = partition
  }

  add({ to, reason, attempts, envelope, error: own }: EntryOf<'dead'>, { time: last, cause }: Frame): void {
    const before = envelope.redriven ?? { attempts: 0, first: last }
    const error = reason === 'failed' ? (own ?? thrownIn(cause)) : undefined
    this.dead.add({
      envelope,
      to,
      partition: this.#partition,
      reason,
      attempts: before.attempts + attempts,
      ...(error && { error }),
      first: before.first,
      last,
    })
    forgetOldest(this.dead, most)
  }

  /** A dead letter was redriven or purged. */
  remove(id: string, to: Address | undefined): void {
    for (const letter of this.dead) if (letter.envelope.id === id && letter.to === to) this.dead.delete(letter)
  }
}

/** The error of a failed step, in words. */
function thrownIn(cause: Cause): ErrorWords | undefined {
  if (cause.kind !== 'step' || cause.error === undefined) return undefined
  const { error: message, code = 'UNEXPECTED', stack } = cause
  return { code, message, ...(stack !== undefined && { stack }) }
}
