import type { Actor } from '../actor/actor.ts'
import { TroupeError } from '../errors.ts'
import type { AskedOf, RequestDefinition } from '../events/request.ts'
import type { Following } from '../following.ts'
import { AskCancelledError, AskRefusedError, AskStoppedError, isRefused } from '../invoke/ask-errors.ts'
import { type Handler, LazyScope } from '../invoke/handler.ts'
import type { Outcome } from '../invoke/outside.ts'
import { PartitionOwnedError } from '../journal/ownership.ts'
import { type Address, addressOf, NoAddressError, runtimePartition, splitAddress } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { accept } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import type { Callee } from './asking.ts'
import { RemoteCallee, type RestoredAsk } from './remote-callee.ts'

/** An agent, which answers in one of its steps. */
export class AgentCallee implements Callee {
  readonly address: Address
  readonly isHere: boolean
  readonly isJournalled = true
  readonly partition: Partition
  readonly #actor: Actor

  /** @param isHere whether the asker is an agent of the same partition */
  constructor(partition: Partition, actor: Actor, isHere: boolean) {
    this.address = actor.address
    this.isHere = isHere
    this.partition = partition
    this.#actor = actor
  }

  /** @throws AskStoppedError */
  check({ type }: RequestDefinition): void {
    if (this.#actor.status === 'stopped') throw new AskStoppedError(type, this.address)
  }

  take(request: AskedOf, source: Address, origin: Origin): void {
    this.partition.incomingAsks.deliver(this.#actor, request, source, origin)
  }

  /** The request may still wait in the mailbox: the table of asks has that cleaned up. */
  abandon(): void {}
}

/** A handler, which answers at once or by a promise. It is also the scope that the handler's function is called with. */
export class HandlerCallee extends LazyScope implements Callee {
  readonly #partition: Partition
  readonly #handler: Handler

  /**
   * @param partition the partition of the asker; `runtime` for a caller outside the agents
   * @param ask the key of the ask, if it has a key already
   */
  constructor(partition: Partition, handler: Handler, ask?: string) {
    super(partition.frames, handler, ask)
    this.#partition = partition
    this.#handler = handler
  }

  get partition(): Partition {
    return this.#partition
  }

  get address(): Address {
    return this.#handler.address
  }

  get isHere(): boolean {
    return false
  }

  get isJournalled(): boolean {
    return false
  }

  /** @throws AskRefusedError if the handler answers another request */
  check(request: RequestDefinition): void {
    this.#handler.check(request)
  }

  take({ data }: AskedOf, _source: Address, origin: Origin): void {
    accept(this.#partition.system.tally)
    this.end(this.answer(data, origin))
  }

  /** Calls the handler's function. */
  answer(data: unknown, origin?: Origin): Outcome | Promise<Outcome> {
    const { around } = this.#partition.system
    return around === undefined ? this.#handler.answer(data, this) : this.#answerFollowed(around, data, origin)
  }

  #answerFollowed(around: Following, data: unknown, origin: Origin | undefined): Outcome | Promise<Outcome> {
    const { address: partition, party } = this.#partition
    const { address, request } = this.#handler
    const what = { partition, party, cause: origin?.causationid, type: request.type, key: this.ask, address }
    const span = around.begin({ kind: 'handler', ...what }, origin?.trace, data)
    const outcome = span.run(() => this.#handler.answer(data, this))
    if (!(outcome instanceof Promise)) {
      span.close(outcome)
      return outcome
    }
    this.signal.addEventListener('abort', () => span.cancel(), { once: true })
    return outcome.then(answer => {
      span.close(answer)
      return answer
    })
  }

  /** Ends the ask with what the handler has answered. */
  end(outcome: Outcome | Promise<Outcome>): void {
    if (outcome instanceof Promise) return void outcome.then(answer => this.end(answer))
    const { asks } = this.#partition
    this.count(outcome)
    if (!outcome.ok && outcome.error instanceof TroupeError) asks.fail(this.ask, outcome.error)
    else asks.close(this.ask, outcome)
  }

  /** Counts a request that the handler has taken, as soon as it is known how that ended. */
  count(outcome: Outcome): void {
    const { tally } = this.#partition.system
    tally.created++
    if (outcome.ok || isRefused(outcome.error)) tally.handled++
    else tally[outcome.error instanceof AskRefusedError ? 'dead' : 'failed']++
  }

  abandon(why?: unknown): void {
    this.abort(why ?? new AskCancelledError(this.#handler.request.type, this.address, 'its asker no longer waits'))
  }
}

/**
 * The callee of an agent's request.
 *
 * @param to a name in the party of the agent, or an address; left out: the agent or handler that hears the request
 * @param restored set if another process has made the ask
 * @throws NoAddressError, PartitionOwnedError, AskStoppedError; AskRefusedError if a handler answers other requests
 */
export function calleeOf(here: Partition, request: AskedOf, to: Address | undefined, restored?: RestoredAsk): Callee {
  const { handlers, links } = here.system
  const { type } = request
  const there = links && elsewhereOf(here, type, to)
  if (links && there !== undefined) return new RemoteCallee(here, links, { there, to, restored })
  const [partition, actor] = to === undefined ? hearer(request, here) : atAddress(to, request, here)
  const isThere = actor && actor.status !== 'stopped'
  if (isThere && partition) return new AgentCallee(partition, actor, partition === here)
  const handler = to === undefined ? handlers.answering(type) : handlers.at(fullAddress(to, here))
  if (!handler && actor) throw new AskStoppedError(type, actor.address)
  if (!handler) throw nobodyAt(here, to, type)
  handler.check(request)
  return new HandlerCallee(here, handler, request.ask)
}

/** Why nobody is asked: another runtime may own where the callee lives. */
function nobodyAt(here: Partition, to: Address | undefined, type: string): NoAddressError | PartitionOwnedError {
  const { claims } = here.system
  const at = to === undefined ? runtimePartition : splitAddress(fullAddress(to, here)).partition
  return claims.isOwned(at) ? new NoAddressError(to ?? type) : new PartitionOwnedError(at, claims.ownerOf(at))
}

/** The addresses of all that hear a request of an agent: of its own party, or else outside the parties. */
export function hearersOf({ registry, system }: Partition, type: string): readonly Address[] {
  const inside = registry.addresses(type)
  if (inside.length > 0) return inside
  const agents = system.outside().registry.addresses(type)
  const handler = system.handlers.answering(type)
  return handler ? [...agents, handler.address] : agents
}

/** The address behind what an agent calls somebody: an agent of the same party is named without the party. */
export function fullAddress(to: Address, { address }: Partition): Address {
  return to.includes('/') ? to : addressOf(address, to)
}

/** The partition in which a callee is asked by a message; none if it is reached by reference. */
function elsewhereOf(here: Partition, type: string, to: Address | undefined): Address | undefined {
  const hearing = here.registry.hears(type) ? here.address : runtimePartition
  const there = to === undefined ? hearing : splitAddress(fullAddress(to, here)).partition
  return there === here.address || isAnsweredHere(here, type, to, there) ? undefined : there
}

/** Whether a handler of this runtime answers, while another runtime owns the agents outside the parties. */
function isAnsweredHere(here: Partition, type: string, to: Address | undefined, there: Address): boolean {
  const { claims, handlers } = here.system
  if (there !== runtimePartition || claims.isOwned(there)) return false
  return (to === undefined ? handlers.answering(type) : handlers.at(to)) !== undefined
}

function hearer(request: AskedOf, here: Partition) {
  const actor = here.registry.hearing(request)
  if (actor) return [here, actor] as const
  const runtime = here.system.outside()
  return [runtime, runtime.registry.hearing(request)] as const
}

function atAddress(to: Address, request: AskedOf, here: Partition) {
  const { partition, name } = splitAddress(fullAddress(to, here))
  const there = here.system.partition(partition)
  return [there, there?.registry.meant(name, request)] as const
}
