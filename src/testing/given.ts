import type * as z from 'zod'
import {
  type AddedEvent,
  type Agent,
  type EffectLogic,
  type EventOf,
  type Heard,
  LoneAgent,
  type LoneStart,
  LoneState,
  type LoneStep,
  type PartitionKind,
  type PartyDefinition,
  type RemovedEvent,
  type RequestDefinition,
} from '../index.ts'
import { type Duration, millisecondsOf } from './duration.ts'

/**
 * One agent, or the state of one party, without a runtime: each event gives what it leads to, as data, at once. Nothing is delivered, asked
 * or run; the test gives the outcomes itself. Steps, checks and refusals are those of the runtime.
 *
 * @example
 * const train = given(trainAgent, { state: 'idle', context: { to: '' } })
 * expect(train.when(tripWanted({ to: 'Oslo' }))).toMatchObject({ state: 'searching', runs: [{ name: 'search-trains' }] })
 * expect(train.done(searchTrains, 'the night train').says).toEqual([trainFound({ train: 'the night train' })])
 *
 * const plan = given(trip, { trains: [] })
 * expect(plan.when(trainFound({ train: 'the night train' })).trains).toEqual(['the night train'])
 *
 * @param what an agent, a kind of party, or another kind of partitions
 * @param start where the machine is, or the application's part of the state; the beginning by default
 * @throws ValueError if a journal could not keep it; LoneContextError, StateKeyError
 */
export function given<const A extends Agent>(what: A, start?: LoneStart): GivenAgent<A>
export function given<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  what: PartyDefinition<S, A, R>,
  state?: S,
): LoneState<S, A, R>
export function given<S extends object>(what: PartitionKind<S>, state?: S): LoneState<S, AddedEvent, RemovedEvent>
export function given(
  what: Agent | PartitionKind,
  start?: object,
): GivenAgent<Agent> | LoneState<object, AddedEvent, RemovedEvent> {
  return 'machine' in what ? new GivenAgent(what, start) : new LoneState(what, start)
}

/** One agent without a runtime. */
export class GivenAgent<A extends Agent> {
  readonly #lone: LoneAgent

  constructor(agent: A, start?: LoneStart) {
    this.#lone = new LoneAgent(agent, start)
  }

  /** What the beginning of its machine leads to. Where a state was given, its entry actions and its work have begun before. */
  get first(): LoneStep {
    return this.#lone.first
  }

  /**
   * Hands it an event that it hears; a request is what `request.asked(input, key)` makes.
   *
   * @throws LoneUnheardError, LoneBusyError, LoneEndedError, EventPayloadError; what the machine throws, and what a runtime refuses
   */
  when(event: EventOf & Heard<A['hears']>): LoneStep {
    return this.#lone.when(event)
  }

  /**
   * What it asks or runs ends with an output.
   *
   * @example
   * train.done(seatsWanted, { seats: 2 })
   *
   * @param what the request, the effect, or the id of the invoke
   * @throws LoneWorkError if it asks and runs no such thing; EventPayloadError, ValueError
   */
  done<O extends z.ZodType>(what: RequestDefinition<string, z.ZodType, O>, output: z.input<O>): LoneStep
  done<O>(what: EffectLogic<never, O>, output: NoInfer<O>): LoneStep
  done(what: string, output: unknown): LoneStep
  done(what: GivenWork, output: unknown): LoneStep {
    return this.#lone.done(nameOf(what), output)
  }

  /**
   * What it asks or runs fails.
   *
   * @param what the request, the effect, or the id of the invoke
   * @throws LoneWorkError
   */
  failed(what: GivenWork, error: unknown): LoneStep {
    return this.#lone.failed(nameOf(what), error)
  }

  /** Lets time pass, so that its timers fire; what all of them lead to is one step. @throws DurationError */
  pass(duration: Duration): LoneStep {
    return this.#lone.pass(millisecondsOf(duration))
  }
}

/** Work by what it is declared with, or by the id of its invoke. */
export type GivenWork = string | Pick<RequestDefinition, 'type'> | { readonly name: string }

function nameOf(what: GivenWork): string {
  if (typeof what === 'string') return what
  return 'type' in what ? what.type : what.name
}
