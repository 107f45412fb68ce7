import type { AskWork } from '../invoke/ask.ts'
import type { AskManyWork } from '../invoke/ask-many.ts'
import { gather } from '../invoke/gather.ts'
import type { Outcome } from '../invoke/outside.ts'
import { nothing } from '../invoke/pending-ask.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Entry } from '../journal/frame.ts'
import { type Address, NoAddressError } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { reject } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import { timerDelay } from '../time/timers.ts'
import { endedEvent, withParameters } from './ask-events.ts'
import { type Asker, Asking, beginAsk } from './asking.ts'
import { calleeOf, fullAddress, hearersOf } from './callee.ts'
import type { Cancel, Settle, WorkScope } from './kind.ts'
import { answerIn, failureIn, isInHand, type RecalledAsk, recalledAsk } from './recalled-ask.ts'

/** The entry that says that an agent wants an ask, for the frame of the step that wants it. */
export function askIntent(work: AskWork | AskManyWork, { partition, key, origin }: WorkScope): Entry {
  const seq = partition.nextSeq()
  const { type } = work.request
  const deadline = deadlineOf(work, partition, origin)
  const ask = { kind: 'ask' as const, seq, key, type, ...(deadline < Number.POSITIVE_INFINITY && { deadline }) }
  return work.kind === 'ask' ? { ...ask, to: work.to ?? '' } : { ...ask, to: '', callees: calleesOf(work, partition) }
}

/** Asks one callee for an agent. */
export function askOne(work: AskWork, scope: WorkScope, settle: Settle): Cancel {
  return new AgentAsker(scope.key, work, scope, settle).ask()
}

/** Asks several callees the same for an agent. */
export function askSeveral({ to, ...work }: AskManyWork, scope: WorkScope, settle: Settle): Cancel {
  const { type } = work.request
  const callees = scope.standing?.callees ?? calleesOf({ to, ...work }, scope.partition)
  if (to === undefined && callees.length === 0) {
    settle({ ok: false, error: new NoAddressError(type) })
    return nothing
  }
  const askCallee = (callee: Address, place: number, settleOne: Settle) =>
    new AgentAsker(`${scope.key}/${place}`, { ...work, kind: 'ask', to: callee }, scope, settleOne).ask()
  return gather({ type, callees, need: work.need }, askCallee, settle)
}

function calleesOf({ to, request }: Pick<AskManyWork, 'to' | 'request'>, here: Partition): readonly Address[] {
  return to?.map(one => fullAddress(one, here)) ?? hearersOf(here, request.type)
}

// An ask waits no longer than the ask that it is made for.
function deadlineOf({ deadline }: AskWork | AskManyWork, { asks }: Partition, { request }: Origin): number {
  return Math.min(timerDelay(deadline), asks.remaining(request))
}

/**
 * An agent with one of its asks. A callee in the same partition gets the request at once, every other callee when the intent is
 * durable. An ask that another process has made is waited for, and sent again only if the journal does not know of it.
 */
class AgentAsker implements Asker {
  readonly name: Address
  readonly origin: Origin
  readonly isRecovered: boolean
  readonly #key: string
  readonly #work: AskWork
  readonly #scope: WorkScope
  readonly #settle: Settle
  /** Until when an ask of another process waits, on the clock that measures. */
  readonly #until: number | undefined

  constructor(key: string, work: AskWork, scope: WorkScope, settle: Settle) {
    this.name = scope.actor.address
    this.origin = scope.origin
    this.#key = key
    this.#work = work
    this.#scope = scope
    this.#settle = settle
    const { standing, recalled, partition } = scope
    this.isRecovered = standing !== undefined
    if (standing && recalled) this.#until = partition.elapsed() + standing.expires - recalled.date
  }

  get address(): Address {
    return this.name
  }

  get place(): Partition {
    return this.#scope.partition
  }

  get partition(): Address {
    return this.#scope.partition.address
  }

  get requestId(): undefined {
    return undefined
  }

  /** The returned function gives it up. */
  ask(): Cancel {
    const { standing, requests, partition } = this.#scope
    const { to } = this.#work
    if (standing) partition.asksElsewhere.add(this.#scope.key)
    return this.#goOn(standing && requests && recalledAsk(partition, this.#key, to, requests))
  }

  /** @param known what the journal says of the request, if another process has sent it */
  #goOn(known: RecalledAsk | undefined): Cancel {
    const answer = known && answerIn(known, this.#work.request.type)
    return answer ? this.#end(answer) : this.#open(known)
  }

  #open(known: RecalledAsk | undefined): Cancel {
    const { asks, system } = this.place
    let ask: Asking
    try {
      ask = this.#asking()
    } catch (error) {
      if (this.#scope.standing && error instanceof NoAddressError) return this.#askLater(known)
      reject(system.tally)
      return this.#end({ ok: false, error })
    }
    ask.open(known?.takenBy)
    const failure = known && failureIn(known.answer, ask)
    if (failure) asks.fail(this.#key, failure)
    if (!known) this.#begin(ask)
    else if (!failure) ask.resume(known)
    return () => asks.cancel(this.#key)
  }

  close(ask: Asking, outcome: Outcome): void {
    ask.sayEnd(outcome, true)
    this.#settle(outcome, ask.origin.trace)
  }

  /** @throws EventPayloadError, and what `calleeOf` throws */
  #asking(): Asking {
    const { partition: here, input, requests } = this.#scope
    const { request, retry, to } = this.#work
    const asked = request.asked(input, this.#key)
    const callee = calleeOf(here, asked, to, this.isRecovered ? { requests } : undefined)
    if (!callee.isHere) here.asksElsewhere.add(this.#scope.key)
    const deadline = Math.max(1, this.#left ?? deadlineOf(this.#work, here, this.origin))
    return new Asking(this, callee, asked, { request, retry, deadline })
  }

  /** Milliseconds for which an ask of another process still waits. */
  get #left(): number | undefined {
    return this.#until === undefined ? undefined : this.#until - this.place.elapsed()
  }

  #begin(ask: Asking): void {
    const { watermark, asks } = this.place
    ask.sayRequested()
    if (ask.callee.isHere) ask.send()
    else
      watermark.whenDurable(
        () => ask.send(),
        error => void asks.fail(ask.key, error),
      )
  }

  /** Ends an ask that was never opened. */
  #end(outcome: Outcome): Cancel {
    const { request, to = '' } = this.#work
    const fields = { key: this.#key, type: request.type, from: this.name, to }
    const ended = endedEvent(withParameters(fields, request, this.#scope.input), request, outcome)
    this.place.report(ended, this.origin)
    const span = beginAsk(this, { type: request.type, ask: this.#key, data: this.#scope.input }, to)
    span?.close(outcome)
    this.#settle(outcome, span?.trace)
    return nothing
  }

  /** The callee of the last process is not there yet: waits for a callee, for as long as the ask may wait. */
  #askLater(known: RecalledAsk | undefined): Cancel {
    const { partition, input } = this.#scope
    const { awaitingCallee, timers } = partition.system
    const { request, to } = this.#work
    let cancel: Cancel = nothing
    const again = (requests?: SavedRequests) => {
      try {
        calleeOf(partition, request.asked(input, this.#key), to)
      } catch {
        return
      }
      leave()
      // An agent that was spawned again has the request already. Every other callee must get it.
      const inHand = known && isInHand(known, partition) ? known : undefined
      cancel = this.#goOn(requests ? recalledAsk(partition, this.#key, to, requests) : inHand)
    }
    const cancelTimer = timers.after(Math.max(0, this.#left ?? 0), () => {
      leave()
      this.#end({ ok: false, error: new NoAddressError(to ?? request.type) })
    })
    const leave = () => {
      awaitingCallee.delete(again)
      cancelTimer()
    }
    awaitingCallee.add(again)
    return () => {
      leave()
      cancel()
    }
  }
}
