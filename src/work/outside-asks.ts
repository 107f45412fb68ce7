import type { Actor } from '../actor/actor.ts'
import type { EventOf } from '../events/event.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import { askRequested } from '../events/runtime-events.ts'
import type { AskWork } from '../invoke/ask.ts'
import { AskFailedError, AskRefusedError, AskStoppedError } from '../invoke/ask-errors.ts'
import type { AskManyWork } from '../invoke/ask-many.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { gather } from '../invoke/gather.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { WorkStanding } from '../journal/agent-standing.ts'
import type { Entry } from '../journal/frame.ts'
import type { AnswerStanding, RequestStanding } from '../journal/standing.ts'
import { type Address, addressOf, NoAddressError, runtimePartition, splitAddress } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { reject } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import { delayOf } from '../time/timers.ts'
import { type AskFields, endedEvent, requestedEvent, withParameters } from './ask-events.ts'
import { answerAsk } from './handlers.ts'

/** An ask that an agent's step wanted. */
export interface Asking {
  readonly actor: Actor
  readonly origin: Origin
  readonly input: unknown
  /** How it stood when its agent was restored; nothing for what this process has asking. */
  readonly standing?: WorkStanding | undefined
}

type Settle = (outcome: Outcome) => void

/** Gives up what is under way. */
type Cancel = (why?: unknown) => void

/**
 * Asks on behalf of the agents of a partition: an agent of the same one at once, everybody else when the intent is durable.
 * What was asked in another process is waited for, and sent again only if nobody knows of it.
 */
export class OutsideAsks {
  readonly #partition: Partition

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** That it is wanted, for the frame of the step that wants it. */
  intent(work: AskWork | AskManyWork, key: string, origin: Origin): Entry {
    const seq = this.#partition.nextSeq()
    const { type } = work.request
    const deadline = this.#deadlineOf(work, origin)
    const ask = { kind: 'ask' as const, seq, key, type, ...(deadline < Number.POSITIVE_INFINITY && { deadline }) }
    return work.kind === 'ask' ? { ...ask, to: work.to ?? '' } : { ...ask, to: '', callees: this.#calleesOf(work) }
  }

  // Nobody waits longer for the answer to an ask that it is made for.
  #deadlineOf({ deadline }: AskWork | AskManyWork, { request }: Origin): number {
    return Math.min(delayOf(deadline), this.#partition.system.asks.remaining(request))
  }

  /** Asks several. */
  askMany(key: string, { to, ...work }: AskManyWork, asking: Asking, settle: Settle): Cancel {
    const { type } = work.request
    const callees = asking.standing?.callees ?? this.#calleesOf({ to, ...work })
    if (to === undefined && callees.length === 0) {
      settle({ ok: false, error: new NoAddressError(type) })
      return () => {}
    }
    const askOne = (callee: Address, place: number, settleOne: Settle) =>
      this.ask(`${key}/${place}`, { ...work, kind: 'ask', to: callee }, asking, settleOne, key)
    return gather(type, callees, work.need, askOne, settle)
  }

  #calleesOf({ to, request }: Pick<AskManyWork, 'to' | 'request'>): readonly Address[] {
    return to?.map(one => fullAddress(one, this.#partition)) ?? this.#hearersOf(request.type)
  }

  #hearersOf(type: string): readonly Address[] {
    const { registry, system } = this.#partition
    const inside = registry.addresses(type)
    if (inside.length > 0) return inside
    const agents = system.partition(runtimePartition)?.registry.addresses(type) ?? []
    const handler = system.handlers.answering(type)
    return handler ? [...agents, handler.address] : agents
  }

  /**
   * Asks one.
   *
   * @param whole the key of the work that it is part of
   */
  ask(key: string, work: AskWork, asking: Asking, settle: Settle, whole = key): Cancel {
    const { actor, origin, input, standing } = asking
    const { system, watermark, address } = this.#partition
    const { type } = work.request
    let request: EventOf & { readonly ask: string }
    let callee: Callee
    const wanted = withParameters({ key, type, from: actor.address, to: work.to ?? '' }, work.request, input)
    const told = this.#telling(wanted, work, asking, settle)
    if (standing) this.#note(whole)
    const known = standing && this.#recalled(key, work)
    const answered = known?.answer && answerIn(known.answer, type, known.at)
    if (answered) {
      told(answered)
      return () => {}
    }
    try {
      request = work.request.asked(input, key)
      callee = this.#calleeOf(work, request)
    } catch (error) {
      if (standing && error instanceof NoAddressError) return this.#askLater(key, work, asking, { settle, told, whole })
      reject(system.tally)
      told({ ok: false, error })
      return () => {}
    }
    const to = callee.address
    if (!callee.isHere) this.#note(whole)
    const fields = { ...wanted, to }
    const go = () => {
      if (system.asks.get(key)) callee.take(request, actor.address, origin)
    }
    const left = standing && this.#partition.standing && standing.expires - this.#partition.standing.date
    system.asks.open(
      {
        key,
        type,
        from: actor.address,
        partition: address,
        to,
        deadline: Math.max(1, left ?? this.#deadlineOf(work, origin)),
        parent: origin.request,
        retry: work.retry,
        again: go,
        settle: this.#telling(fields, work, asking, settle),
      },
      known?.takenBy,
    )
    if (known?.answer) end(system.asks, key, type, to, known.answer)
    if (known) return () => system.asks.cancel(key)
    this.#partition.note(askRequested.type, () => requestedEvent(fields), origin)
    if (callee.isHere) go()
    else watermark.whenDurable(go, error => void system.asks.fail(key, error))
    return () => system.asks.cancel(key)
  }

  /** Until its outcome is durable here, whoever answers it elsewhere may be asked again. */
  #note(whole: string): void {
    this.#partition.asking ??= new Set()
    this.#partition.asking.add(whole)
  }

  /** Whoever answered in the last process may not be there yet: waits for somebody, for as long as the ask may. */
  #askLater(
    key: string,
    work: AskWork,
    asking: Asking,
    { settle, told, whole }: { readonly settle: Settle; readonly told: Settle; readonly whole: string },
  ): Cancel {
    const { system, standing } = this.#partition
    const { type } = work.request
    let cancel = () => {}
    const again = () => {
      const request = work.request.asked(asking.input, key)
      try {
        this.#calleeOf(work, request)
      } catch {
        return
      }
      leave()
      cancel = this.ask(key, work, asking, settle, whole)
    }
    const left = (asking.standing?.expires ?? 0) - (standing?.date ?? 0)
    const cancelTimer = system.timers.after(Math.max(0, left), () => {
      leave()
      told({ ok: false, error: new NoAddressError(work.to ?? type) })
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

  #telling(fields: AskFields, { request }: AskWork, { origin }: Asking, settle: Settle): Settle {
    return outcome => {
      this.#partition.report(endedEvent(fields, request, outcome), origin)
      settle(outcome)
    }
  }

  #calleeOf({ to, request: definition }: AskWork, request: EventOf): Callee {
    const here = this.#partition
    const { handlers } = here.system
    const runtime = here.system.partition(runtimePartition)
    const [partition, actor] = to === undefined ? hearer(request, here, runtime) : atAddress(to, request, here)
    const { type } = request
    const isThere = actor && actor.status !== 'stopped'
    if (isThere && partition) return asCallee(partition, actor, partition === here)
    const handler = to === undefined ? handlers.answering(type) : handlers.at(fullAddress(to, here))
    if (!handler && actor) throw new AskStoppedError(type, actor.address)
    if (!handler) throw new NoAddressError(to ?? type)
    handler.check(definition)
    return { address: handler.address, isHere: false, take: asked => answerAsk(here, handler, asked) }
  }
}

/** What an agent of a partition answered before the process ended, if it did. */
function answerIn(known: AnswerStanding, type: string, partition: Address): Outcome | undefined {
  if ('data' in known) return { ok: true, output: known.data }
  if (!('refusal' in known)) return undefined
  return { ok: false, error: new AskRefusedByCalleeError(type, addressOf(partition, known.to), known.refusal) }
}

/** Ends an ask as its callee did before the process ended. */
function end(asks: AskTable, key: string, type: string, to: Address, known: AnswerStanding): void {
  if (!('refused' in known)) return
  if (known.refused === 'failed') asks.fail(key, new AskFailedError(type, to, 'it ended before it answered'))
  else if (known.refused === 'stopped') asks.fail(key, new AskStoppedError(type, to))
  else if (known.refused === 'overflow') asks.fail(key, new AskRefusedError(type, to, 'overflow'))
  else if (known.refused === 'ignored') asks.fail(key, new AskRefusedError(type, to, 'not-handled'))
}

/** Who is asked: an agent, or a handler. */
interface Callee {
  readonly address: Address
  /** Whether it lives in the partition of its asker, so that the request need not wait for the journal. */
  readonly isHere: boolean
  take(request: EventOf & { readonly ask: string }, source: Address, origin: Origin): void
}

function asCallee(partition: Partition, actor: Actor, isHere: boolean): Callee {
  const take: Callee['take'] = (request, source, origin) =>
    partition.incomingAsks.deliver(actor, request, source, origin)
  return { address: actor.address, isHere, take }
}

function hearer(request: EventOf, here: Partition, runtime: Partition | undefined) {
  const actor = here.registry.hearing(request)
  return actor ? ([here, actor] as const) : ([runtime, runtime?.registry.hearing(request)] as const)
}

/** An agent of the same party is named without it. */
function fullAddress(to: Address, { address }: Partition): Address {
  return to.includes('/') ? to : addressOf(address, to)
}

function atAddress(to: Address, request: EventOf, here: Partition) {
  const { partition, name } = splitAddress(fullAddress(to, here))
  const there = here.system.partition(partition)
  return [there, there?.registry.meant(name, request)] as const
}
