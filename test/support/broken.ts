import {
  type AddedEvent,
  type Agent,
  type BusPublishOptions,
  type CreateOptions,
  type Envelope,
  type Party,
  type RateLimitOptions,
  type RemovedEvent,
  type Runtime,
  type RuntimeBus,
  type SubscribeOptions,
  type Subscription,
  type Topic,
  TroupeError,
  type UncheckedEvent,
} from '../../src/index.ts'
import { instead } from './instead.ts'
import { asIfSaid } from './silent.ts'

/**
 * A runtime that works, but falls short of its promises where the systems that they come from did:
 *
 * - dead letters never fill, and a replay gives nothing;
 * - only two rate limits are kept, one a minute for all and 50 a minute for each source, and more events are refused;
 * - failures of subscribers are not counted, and events that slow ones miss are lost without a report;
 * - types and payloads are not checked, and full mailboxes take more events;
 * - an expected version is never compared, and the results of an input that is removed stay;
 * - an ask that ended at its deadline stays in memory.
 */
export function brokenRuntime<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  runtime: Runtime<S, A, R>,
): Runtime<S, A, R> {
  const seen = new WeakMap<Party<S, A, R>, Party<S, A, R>>()
  const broken = (party: Party<S, A, R>) => {
    const known = seen.get(party) ?? brokenParty(party)
    seen.set(party, known)
    return known
  }
  const stand: Runtime<S, A, R> = instead(runtime, {
    bus: brokenBus(runtime.bus),
    parties: instead(runtime.parties, {
      create: async (options?: CreateOptions<A>) => broken(await runtime.parties.create(options)),
      get: (id: string) => broken(runtime.parties.get(id)),
      list: () => runtime.parties.list().map(broken),
    }),
    start: async () => {
      await runtime.start()
      return stand
    },
  })
  return stand
}

const unchecked = new Set(['EVENT_PAYLOAD', 'EVENT_UNKNOWN', 'EVENT_VERSION', 'MAILBOX_FULL'])

/** Accepts an event that would have been refused, and loses it. */
async function unrefused<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work
  } catch (error) {
    if (TroupeError.is(error) && unchecked.has(error.code)) return otherwise
    throw error
  }
}

export function brokenBus(bus: RuntimeBus): RuntimeBus {
  let pendingForEver = 0
  bus.subscribe('ask.failed', ({ data }) => {
    if (JSON.stringify(data).includes('ASK_TIMEOUT')) pendingForEver++
  })
  const subscribe = (topic: Topic, handler: (envelope: Envelope) => unknown, options?: SubscribeOptions) => {
    const hear = (one: Envelope) => (JSON.stringify(one.data).includes('SUBSCRIBER_LAG') ? undefined : handler(one))
    return brokenSubscription(bus.subscribe(topic, hear, { ...options, onMissed: undefined }))
  }
  return instead(bus, {
    subscribe,
    publish: (event: UncheckedEvent, options?: BusPublishOptions) =>
      unrefused(bus.publish(event, { ...options, expectedVersion: undefined }), asIfSaid(event)),
    events: (topic: Topic, options?: SubscribeOptions) => bus.events(topic, { ...options, onMissed: undefined }),
    subscriptions: (name?: string) => bus.subscriptions(name).map(uncounted),
    rateLimit: (rules: RateLimitOptions | boolean) => bus.rateLimit(brokenLimits(rules)),
    replay: async () => ({ replayed: 0, failed: 0, muted: 0 }),
    metrics: () => {
      const { types, subscribers, pendingAsks, ...figures } = bus.metrics()
      return {
        ...figures,
        dead: 0,
        deadLetters: 0,
        pendingAsks: pendingAsks + pendingForEver,
        subscribers: uncounted(subscribers),
        types: Object.fromEntries(Object.entries(types).map(([type, one]) => [type, { ...one, failures: 0 }])),
      }
    },
    deadLetters: { total: 0, list: () => [], redrive: async () => 0, purge: () => 0 },
  })
}

const uncounted = <F extends object>(figures: F) => ({ ...figures, failed: 0, missed: 0 })

function brokenSubscription(subscription: Subscription): Subscription {
  return instead(subscription, {
    get info() {
      return uncounted(subscription.info)
    },
  })
}

/** The limits that are kept, whatever the options say. */
export function brokenLimits(rules: RateLimitOptions | boolean): RateLimitOptions | boolean {
  if (rules === false) return false
  const { perMinute = 1_000 } = rules === true ? {} : rules
  return { perMinute, source: { perMinute: 50 } }
}

/** A mailbox whose publishers never notice that it is full: its oldest event is lost. */
export function brokenMailbox<A extends Agent>(agent: A): A {
  return { ...agent, mailbox: { ...agent.mailbox, overflow: 'drop-oldest' } }
}

function brokenParty<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  party: Party<S, A, R>,
): Party<S, A, R> {
  const results: object = {}
  const remember = (state: object) => void ('results' in state && Object.assign(results, state.results))
  remember(party.state)
  party.watch(remember)
  const { addInput, removeInput, update } = party
  return instead(party, {
    get state() {
      const { state } = party
      return 'results' in state ? { ...state, results } : state
    },
    addInput: (input: Parameters<typeof addInput>[0]) => unrefused(party.addInput(input), input),
    removeInput: (id: string, removal?: Parameters<typeof removeInput>[1]) => party.removeInput(id, removal),
    update: (change: Parameters<typeof update>[0]) => unrefused(party.update(change), []),
  })
}
