import * as z from 'zod'
import type {
  AddedEvent,
  Agent,
  AgentRef,
  CreateOptions,
  Parties,
  Party,
  RemovedEvent,
  Runtime,
  RuntimeBus,
  SpawnOptions,
  SubscribeOptions,
  UncheckedEvent,
} from '../../src/index.ts'
import { defineEvent } from '../../src/index.ts'
import { instead } from './instead.ts'

/**
 * A runtime that resolves all calls and does nothing: published events reach no agent, subscribers are never called, parties
 * never change, and every figure is zero.
 */
export function silentRuntime<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  runtime: Runtime<S, A, R>,
): Runtime<S, A, R> {
  const stand: Runtime<S, A, R> = instead(runtime, {
    bus: silentBus(runtime.bus),
    parties: silentParties(runtime.parties),
    start: async () => {
      await runtime.start().catch(() => {})
      return stand
    },
    stop: () => runtime.stop({ timeout: 0 }),
    spawn: async (agent: Agent, options?: SpawnOptions) => silentAgent(await runtime.spawn(agent, options)),
    agent: (name: string) => silentAgent(runtime.agent(name)),
    ask: async () => ({}),
    askMany: async () => [],
    idle: async () => rest,
  })
  return stand
}

const rest = { reason: 'settled', waitingFor: [] }

/** The envelope that a publisher gets, as if the event had been published. */
export const asIfSaid = ({ type, data }: UncheckedEvent) => ({
  type,
  data,
  id: 'nothing',
  seq: 0,
  source: 'nobody',
  time: 0,
  version: 1,
  priority: 5,
  correlationid: 'nothing',
})

/** An event that is never said. */
const nothing = defineEvent('nobody.says.this', z.object({}))

export function silentBus(bus: RuntimeBus): RuntimeBus {
  const subscribe = () => bus.subscribe(nothing, () => {})
  return instead(bus, {
    publish: async (event: UncheckedEvent) => asIfSaid(event),
    subscribe,
    errors: subscribe,
    events: (_: unknown, { signal }: SubscribeOptions = {}) => bus.events(nothing, signal ? { signal } : {}),
    subscriptions: () => [],
    rateLimit: () => {},
    history: () => [],
    replay: async () => ({ replayed: 0, failed: 0, muted: 0 }),
    metrics: () => ({ ...zeros(bus.metrics()), transforms: {}, types: {} }),
    deadLetters: { total: 0, list: () => [], redrive: async () => 0, purge: () => 0 },
  })
}

function zeros(figures: object): object {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, typeof value === 'object' && value ? zeros(value) : 0]),
  )
}

function silentParties<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  parties: Parties<S, A, R>,
): Parties<S, A, R> {
  const one = (id: string) => silentParty(parties.get(id))
  return instead(parties, {
    create: async ({ id }: CreateOptions<A> = {}) => silentParty(await parties.create(id === undefined ? {} : { id })),
    get: one,
    list: () => [],
    delete: async () => {},
    update: async () => [],
    stats: () => zeros(parties.stats()),
  })
}

function silentParty<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  party: Party<S, A, R>,
): Party<S, A, R> {
  return instead(party, {
    addInput: async () => ({ inputId: 'nothing', content: '' }),
    removeInput: async () => {},
    update: async () => [],
    watch: () => () => {},
    idle: async () => rest,
    agent: (name: string) => silentAgent(party.agent(name)),
  })
}

function silentAgent(agent: AgentRef): AgentRef {
  return instead(agent, {
    send: async (event: UncheckedEvent) => asIfSaid(event),
    ask: async () => ({}),
    watch: () => () => {},
    stop: async () => {},
  })
}
