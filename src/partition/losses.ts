import type { Actor } from '../actor/actor.ts'
import type { TroupeError } from '../errors.ts'
import { deadLettered } from '../events/runtime-events.ts'
import { AskRefusedError, AskStoppedError } from '../invoke/ask-errors.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import type { Address } from '../mail/address.ts'
import type { DeadLetter, DeadReason } from '../mail/dead-letters.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'
import { originOf } from '../mail/handled.ts'
import type { Failure } from '../thrown.ts'
import type { Frames } from './frames.ts'
import type { Reports } from './reports.ts'
import type { System } from './system.ts'

/** Why an agent will never handle an event that was meant for it. */
export type LostReason = 'coalesced' | 'stopped' | 'overflow' | 'expired' | 'stale' | 'quarantined'

/** How an event was not delivered. */
interface Undelivered {
  readonly reason: DeadReason
  /** How often an agent, a handler or a subscriber was called with it; 1 by default. */
  readonly attempts?: number
  readonly failure?: Failure | undefined
}

/** What losses need from the runtime of their partition. */
type Ground = Pick<System, 'deadLetters' | 'tally'>

interface Parts {
  readonly frames: Frames
  readonly reports: Reports
  readonly asks: AskTable
}

/**
 * Handles events that no agent, handler or subscriber will ever handle: they become dead letters, and the asks of requests fail.
 */
export class Losses {
  readonly #parts: Parts
  readonly #ground: Ground
  readonly #observed: (letter: DeadLetter) => void

  /** @param observed calls the observers of the runtime, if there are any */
  constructor(parts: Parts, ground: Ground, observed: (letter: DeadLetter) => void) {
    this.#parts = parts
    this.#ground = ground
    this.#observed = observed
  }

  /** Records that an agent will not handle an event, and fails the ask that it belongs to. */
  lose({ address }: Pick<Actor, 'address'>, envelope: Envelope, why: LostReason): void {
    const { frames } = this.#parts
    const { tally } = this.#ground
    const { type, id, seq: at } = envelope
    if (why === 'coalesced') {
      tally.coalesced++
      const entry = { kind: why, seq: frames.nextSeq(), id, to: address, at }
      frames.append({ kind: 'supervision' }, [entry])
      return
    }
    tally.dead++
    // Events that the journal keeps for the next owner of the party stay mail, although no agent handles them here.
    const isKept = (frames.isUnrecorded || frames.watermark.failure !== undefined) && isJournalled(envelope)
    if (!isKept) this.loseOutside(envelope, address, { reason: why })
    if (why === 'stopped') this.failAsk(envelope, new AskStoppedError(type, address))
    if (why === 'overflow') this.failAsk(envelope, new AskRefusedError(type, address, why))
  }

  /** Records that an event could not be delivered, and keeps it as a dead letter. */
  loseOutside(envelope: Envelope, to: Address, how: Undelivered): void {
    const { frames } = this.#parts
    const { reason, attempts = 1, failure } = how
    const { id } = envelope
    const dead = { kind: 'dead' as const, seq: frames.nextSeq(), id, to, reason, attempts, envelope }
    frames.append({ kind: 'supervision' }, [failure ? { ...dead, error: failure.words } : dead])
    this.bury(envelope, to, how)
  }

  /** Keeps an event that could not be delivered as a dead letter, and reports that. */
  bury(envelope: Envelope, to: Address, { reason, attempts = 1, failure }: Undelivered): void {
    const { frames, reports } = this.#parts
    const last = frames.now()
    const { attempts: before, first } = envelope.redriven ?? { attempts: 0, first: last }
    const error = failure && { error: failure.words }
    const letter = Object.freeze({
      envelope,
      to,
      partition: frames.address,
      reason,
      attempts: before + attempts,
      ...error,
      first,
      last,
    })
    this.#ground.deadLetters.add(letter)
    this.#observed(letter)
    // A dead letter about a dead letter would never end.
    if (envelope.type !== deadLettered.type)
      reports.report(deadLettered({ id: envelope.id, type: envelope.type, to, reason }), originOf(envelope))
  }

  /** Fails the ask that an event belongs to, unless a frame holds the answer already. */
  failAsk(envelope: Envelope | undefined, error: TroupeError): void {
    const { asks } = this.#parts
    if (envelope?.ask !== undefined && !asks.get(envelope.ask)?.answered) asks.fail(envelope.ask, error)
  }
}
