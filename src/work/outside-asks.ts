import type { Actor } from '../actor/actor.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import type { AskWork } from '../invoke/ask.ts'
import { AskFailedError, AskRefusedError, AskStoppedError } from '../invoke/ask-errors.ts'
import type { AskManyWork } from '../invoke/ask-many.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { gather } from '../invoke/gather.ts'
import type { Outcome } from '../invoke/outside.ts'
import { nothing } from '../invoke/pending-ask.ts'
import type { WorkStanding } from '../journal/agent-standing.ts'
import type { Entry } from '../journal/frame.ts'
import type { AnswerStanding, RequestStanding } from '../journal/standing.ts'
import { type Address, addressOf, NoAddressError, runtimePartition, splitAddress } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { reject } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import { delayOf } from '../time/timers.ts'
import { endedEvent, withParameters } from './ask-events.ts'
import { type Asker, Asking } from './asking.ts'
import { calleeOf, fullAddress, hearersOf } from './callee.ts'

/** An ask that an agent's step wanted. */
export interface WantedAsk {
  readonly actor: Actor
  readonly origin: Origin
  readonly input: unknown
  /** What the journal says of the ask; nothing if this process makes it for the first time. */
  readonly standing?: WorkStanding | undefined
}

/** An ask of one callee, which may be a part of an ask of many. */
interface OneAskWork extends AskWork {
  /** The key of the ask of many. */
  readonly whole?: string
}

type Settle = (outcome: Outcome) => void

/** Gives up what is under way. */
type Cancel = (why?: unknown) => void

/** An agent with one of its asks. */
class AgentAsker implements Asker {
  readonly place: Partition
  readonly address: Address
  readonly partition: Address
  readonly name: string
  readonly requestId = undefined
  readonly origin: Origin
  readonly #settle: Settle

  constructor(place: Partition, { actor: { address }, origin }: WantedAsk, settle: Settle) {
    this.place = place
    this.address = address
    this.partition = place.address
    this.name = address
    this.origin = origin
    this.#settle = settle
  }

  close(ask: Asking, outcome: Outcome): void {
    ask.sayEnd(outcome, true)
    this.#settle(outcome)
  }
}

/**
 * Asks on behalf of the agents of a partition: an agent of the same partition at once, every other callee when the intent is
 * durable. An ask that another process has made is waited for, and sent again only if the journal does not know of it.
 */
export class OutsideAsks {
  readonly #partition: Partition

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** The entry that says that an ask is wanted, for the frame of the step that wants it. */
  intent(work: AskWork | AskManyWork, key: string, origin: Origin): Entry {
    const seq = this.#partition.nextSeq()
    const { type } = work.request
    const deadline = this.#deadlineOf(work, origin)
    const ask = { kind: 'ask' as const, seq, key, type, ...(deadline < Number.POSITIVE_INFINITY && { deadline }) }
    return work.kind === 'ask' ? { ...ask, to: work.to ?? '' } : { ...ask, to: '', callees: this.#calleesOf(work) }
  }

  // An ask waits no longer than the ask that it is made for.
  #deadlineOf({ deadline }: AskWork | AskManyWork, { request }: Origin): number {
    return Math.min(delayOf(deadline), this.#partition.system.asks.remaining(request))
  }

  /** Asks several callees the same. */
  askMany(key: string, { to, ...work }: AskManyWork, wanted: WantedAsk, settle: Settle): Cancel {
    const { type } = work.request
    const callees = wanted.standing?.callees ?? this.#calleesOf({ to, ...work })
    if (to === undefined && callees.length === 0) {
      settle({ ok: false, error: new NoAddressError(type) })
      return nothing
    }
    const askOne = (callee: Address, place: number, settleOne: Settle) =>
      this.ask(`${key}/${place}`, { ...work, kind: 'ask', to: callee, whole: key }, wanted, settleOne)
    return gather(type, callees, work.need, askOne, settle)
  }

  #calleesOf({ to, request }: Pick<AskManyWork, 'to' | 'request'>): readonly Address[] {
    return to?.map(one => fullAddress(one, this.#partition)) ?? hearersOf(this.#partition, request.type)
  }

  /** Asks one callee. */
  ask(key: string, work: OneAskWork, wanted: WantedAsk, settle: Settle): Cancel {
    const { standing } = wanted
    const { asks, tally } = this.#partition.system
    if (standing) this.#mayAskAgain(key, work)
    const known = standing && this.#recalled(key, work)
    const answer = known?.answer && answerIn(known.answer, work.request.type, known.at)
    if (answer) return this.#end(key, work, wanted, settle)(answer)
    let ask: Asking
    try {
      ask = this.#asking(key, work, wanted, settle)
    } catch (error) {
      if (standing && error instanceof NoAddressError) return this.#askLater(key, work, wanted, settle)
      reject(tally)
      return this.#end(key, work, wanted, settle)({ ok: false, error })
    }
    ask.open(known?.takenBy)
    if (!known) this.#begin(ask)
    else if (known.answer) failAgain(asks, ask, known.answer)
    return () => asks.cancel(key)
  }

  /** @throws EventPayloadError, and what `calleeOf` throws */
  #asking(key: string, work: OneAskWork, wanted: WantedAsk, settle: Settle): Asking {
    const here = this.#partition
    const { request, retry, to } = work
    const asked = request.asked(wanted.input, key)
    const callee = calleeOf(here, asked, to)
    if (!callee.isHere) this.#mayAskAgain(key, work)
    const left = wanted.standing && here.standing && wanted.standing.expires - here.standing.date
    const deadline = Math.max(1, left ?? this.#deadlineOf(work, wanted.origin))
    return new Asking(new AgentAsker(here, wanted, settle), callee, asked, { request, retry, deadline })
  }

  #begin(ask: Asking): void {
    const { watermark, system } = this.#partition
    ask.sayRequested()
    if (ask.callee.isHere) ask.send()
    else
      watermark.whenDurable(
        () => ask.send(),
        error => void system.asks.fail(ask.key, error),
      )
  }

  /** Until its outcome is durable here, the next owner of this partition may ask the same again elsewhere. */
  #mayAskAgain(key: string, { whole = key }: OneAskWork): void {
    this.#partition.asking ??= new Set()
    this.#partition.asking.add(whole)
  }

  /** Ends an ask that is not opened. */
  #end(key: string, { request, to = '' }: AskWork, wanted: WantedAsk, settle: Settle): (outcome: Outcome) => Cancel {
    return outcome => {
      const { actor, origin, input } = wanted
      const fields = withParameters({ key, type: request.type, from: actor.address, to }, request, input)
      this.#partition.report(endedEvent(fields, request, outcome), origin)
      settle(outcome)
      return nothing
    }
  }

  /** Waits for a callee that answered in the last process and is not there yet, for as long as the ask may wait. */
  #askLater(key: string, work: OneAskWork, wanted: WantedAsk, settle: Settle): Cancel {
    const { system, standing } = this.#partition
    const { request, to = request.type } = work
    let cancel: Cancel = nothing
    const again = () => {
      try {
        calleeOf(this.#partition, request.asked(wanted.input, key), work.to)
      } catch {
        return
      }
      leave()
      cancel = this.ask(key, work, wanted, settle)
    }
    const left = (wanted.standing?.expires ?? 0) - (standing?.date ?? 0)
    const cancelTimer = system.timers.after(Math.max(0, left), () => {
      leave()
      this.#end(key, work, wanted, settle)({ ok: false, error: new NoAddressError(to) })
    })
    const leave = () => {
      system.arrivals.delete(again)
      cancelTimer()
    }
    system.arrivals.add(again)
    return () => {
      leave()
      cancel()
    }
  }

  /** What the journal says of a request that an owner before this one may have sent. */
  #recalled(key: string, { to }: AskWork): (RequestStanding & { readonly at: Address }) | undefined {
    const { system } = this.#partition
    const named = to === undefined ? undefined : splitAddress(fullAddress(to, this.#partition)).partition
    const places = new Set([
      this.#partition,
      system.partition(named ?? runtimePartition),
      system.partition(runtimePartition),
    ])
    for (const place of places) {
      const known = (place?.standing ?? place?.requests)?.request(key)
      if (place && known) return { ...known, at: place.address }
    }
    return undefined
  }
}

/** What an agent of a partition answered before the process ended, if it did. */
function answerIn(known: AnswerStanding, type: string, partition: Address): Outcome | undefined {
  if ('data' in known) return { ok: true, output: known.data }
  if (!('refusal' in known)) return undefined
  return { ok: false, error: new AskRefusedByCalleeError(type, addressOf(partition, known.to), known.refusal) }
}

/** Fails an ask as its callee did before the process ended. */
function failAgain(asks: AskTable, { key, type, to }: Asking, known: AnswerStanding): void {
  if (!('refused' in known)) return
  if (known.refused === 'failed') asks.fail(key, new AskFailedError(type, to, 'it ended before it answered'))
  else if (known.refused === 'stopped') asks.fail(key, new AskStoppedError(type, to))
  else if (known.refused === 'overflow') asks.fail(key, new AskRefusedError(type, to, 'overflow'))
  else if (known.refused === 'ignored') asks.fail(key, new AskRefusedError(type, to, 'not-handled'))
}
