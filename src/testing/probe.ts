import type * as z from 'zod'
import {
  type Address,
  type Agent,
  type Definition,
  type EventDefinition,
  type EventOf,
  type Refusal,
  type RequestDefinition,
  TroupeError,
} from '../index.ts'
import { HandlerProbe, type HandlerProbeOptions } from './handler-probe.ts'
import { type Memory, probeMachine, probeTold, standInOf } from './probe-agent.ts'
import {
  Expected,
  type Keyed,
  ProbeDefinitionError,
  type ProbedDataOf,
  type ProbedOf,
  ProbePlaceError,
} from './received.ts'
import { Joined, type StandIn, type StandInPlace } from './stand-in.ts'

/** The part of an agent that its probe takes types from. */
type Probed = Pick<Agent, 'name' | 'hears' | 'says'>

/** An event or request as the stand-in of an agent has it. */
interface Received extends Keyed {
  readonly ask?: string
}

/** The events among what an agent says; a probe answers requests where it receives them. */
export type SaidBy<D> = D extends RequestDefinition
  ? never
  : D extends EventDefinition<infer T, infer S>
    ? EventOf<T, z.output<S>>
    : never

/**
 * Stands in for an agent, or for the handler of a request, in a test: the test sees what it is sent, and decides what it answers and
 * says. The agent is replaced wherever the program has it, by its name: in the party, outside the parties, as the members of a pool.
 *
 * @example
 * const quotes = probe(quotesDesk)
 * const test = await createTestRuntime({ party: partyPlanner, standIns: [quotes] })
 * await test.runtime.parties.create({ id: 'p1', inputs: ['a photographer'] })
 * const asked = await quotes.expect(quoteWanted) // settles the runtime, then looks
 * await asked.reply({ euros: 900 })
 *
 * @param replaced an agent, or a request that `runtime.handle` would answer
 */
export function probe<const A extends Agent>(replaced: A): AgentProbe<A>
export function probe<D extends RequestDefinition>(replaced: D, options?: HandlerProbeOptions): HandlerProbe<D>
export function probe(
  replaced: Agent | RequestDefinition,
  options?: HandlerProbeOptions,
): AgentProbe<Agent> | HandlerProbe<RequestDefinition> {
  return 'machine' in replaced ? new AgentProbe(replaced) : new HandlerProbe(replaced, options)
}

/**
 * Stands in for an agent. It is an agent itself, whose machine remembers what it is sent: after a crash, it still has what the journal
 * has, and can still answer what it has not answered; what the journal has not got, it is sent again.
 */
export class AgentProbe<A extends Agent> implements StandIn {
  /** The agent that takes the place of the other agent, for `runtime.spawn`. */
  readonly agent: Agent
  readonly standsFor: string
  readonly #probed: Probed
  readonly #joined: Joined
  readonly #expected: Expected
  readonly #machine = probeMachine()
  readonly #standIns = new WeakMap<Agent, Agent>()
  /** What each address has received, when it was last seen. */
  readonly #seen = new Map<Address, Memory>()

  constructor(replaced: A) {
    this.standsFor = `the agent "${replaced.name}"`
    this.#probed = replaced
    this.#joined = new Joined(`probe "${replaced.name}"`)
    this.#expected = new Expected(replaced.name)
    this.agent = this.agentFor(replaced) ?? replaced
  }

  join(place: StandInPlace): void {
    this.#joined.join(place)
  }

  agentFor(agent: Agent): Agent | undefined {
    if (agent.name !== this.#probed.name) return undefined
    let standIn = this.#standIns.get(agent)
    if (!standIn) {
      standIn = standInOf(agent, this.#machine, address => this.#started(address))
      this.#standIns.set(agent, standIn)
      // A stand-in stands for itself.
      this.#standIns.set(standIn, standIn)
    }
    return standIn
  }

  /** Everything that it was sent so far, at all its addresses. */
  get received(): readonly ProbedOf<A['hears'][number]>[] {
    return this.#all().map(one => this.#probedOf<A['hears'][number]>(one))
  }

  /**
   * Settles the runtime, and gives the first event or request of this definition that was not expected before.
   *
   * @example
   * const asked = await quotes.expect(quoteWanted, { for: 'a photographer' })
   * await asked.refuse({ code: 'CLOSED', message: 'The desk is closed.' })
   *
   * @param definition one that the agent hears
   * @param data the payload; fields of it with `expect.objectContaining` of vitest
   * @throws NotReceivedError, which says what came instead; ProbePlaceError if the agent has not started; ProbeDefinitionError if it
   *   does not hear it
   */
  async expect<D extends A['hears'][number]>(
    definition: D,
    ...data: [] | [data: ProbedDataOf<D>]
  ): Promise<ProbedOf<D>> {
    this.#check('hears', definition.type)
    await this.#joined.place.settle()
    if (this.#seen.size === 0) throw new ProbePlaceError(this.#probed.name, [])
    return this.#probedOf<D>(this.#expected.take(this.#all(), definition.type, data))
  }

  /** Settles the runtime, and checks that nothing came that was not expected before. @throws UnexpectedError */
  async expectNothing(): Promise<void> {
    await this.#joined.place.settle()
    this.#expected.checkNone(this.#all())
  }

  /**
   * Says an event as the agent, and settles the runtime.
   *
   * @example
   * await venue.say(venueFound({ venue: 'the barn' }))
   *
   * @param options `at`: the address, such as `party/p1/venue`, if there are several
   * @throws ProbePlaceError if it has not started, or has several addresses; ProbeDefinitionError if the agent does not say it
   */
  async say(event: SaidBy<A['says'][number]>, { at }: { readonly at?: Address } = {}): Promise<void> {
    this.#check('says', event.type)
    await this.#joined.place.settle()
    const addresses = [...this.#seen.keys()]
    const [only, ...others] = addresses
    if (at === undefined && (only === undefined || others.length > 0))
      throw new ProbePlaceError(this.#probed.name, addresses)
    await this.#tell(at ?? only ?? '', { ...event })
  }

  #started(address: Address): void {
    if (!this.#seen.has(address)) this.#seen.set(address, { life: 0, received: [] })
  }

  #check(list: 'hears' | 'says', type: string): void {
    const known = this.#probed[list].map(one => one.type)
    if (!known.includes(type)) throw new ProbeDefinitionError(this.#probed.name, list, type, known)
  }

  #all(): readonly Received[] {
    for (const at of this.#seen.keys()) {
      const memory = memoryAt(this.#joined.place, at)
      if (memory) this.#seen.set(at, memory)
    }
    return [...this.#seen].flatMap(([at, { life, received }]) =>
      received.map((one, place) => ({ ...one, at, key: `${life}/${place}` })),
    )
  }

  #probedOf<D extends Definition>({ type, data, at, ask }: Received): ProbedOf<D> {
    if (ask === undefined) return { type, data, at } as ProbedOf<D>
    const request = this.#probed.hears.find(one => one.type === type)
    const answer = async (made: (request: RequestDefinition) => EventOf) => {
      this.#check('says', type)
      if (!request || !('input' in request)) throw new ProbeDefinitionError(this.#probed.name, 'hears', type, [])
      await this.#tell(at, { ...made(request) })
    }
    const probed = {
      type,
      data,
      at,
      reply: (output: unknown) => answer(request => request.reply({ ask }, output)),
      refuse: (refusal: Refusal) => answer(request => request.fail({ ask }, refusal)),
      fail: (error: unknown) => this.#tell(at, { type, error: error instanceof Error ? error.message : String(error) }),
    }
    // Its data went through the schema of the event or request, and its functions check what they get.
    return probed as unknown as ProbedOf<D>
  }

  async #tell(at: Address, told: z.input<typeof probeTold.schema>): Promise<void> {
    const { place } = this.#joined
    await place.unlessCrashed(place.agent(at).send(probeTold(told), { priority: 1 }))
    await place.settle()
  }
}

/** What a stand-in remembers; `undefined` if there is no agent at the address, or no process. */
function memoryAt(place: StandInPlace, at: Address): Memory | undefined {
  try {
    const context = place.agent(at).snapshot()?.context
    // The machine of a stand-in has this context.
    return context as Memory | undefined
  } catch (error) {
    // The test has stopped or deleted it, or the process has crashed.
    if (error instanceof TroupeError) return undefined
    throw error
  }
}
