import { getEventListeners } from 'node:events'
import {
  type AgentRef,
  agentStarted,
  agentStopped,
  createRuntime,
  type Journal,
  type RestartIntensity,
  type RuntimeBus,
} from 'troupe'
import {
  createSimulatedClock,
  randomScheduler,
  type SimulatedClock,
  seededRandom,
  settlingScheduler,
} from 'troupe/testing'
import type { AnyActorRef } from 'xstate'
import { type Family, petsOf, type Traces } from './family.ts'
import { passUntil, suiteAtWork, suiteScheduler } from './settle.ts'

/** What remains of a runtime after a stop: all counts are 0. */
export const nothing = {
  /** XState's actors, children too, that are still active. */
  actors: 0,
  timers: 0,
  asks: 0,
  mail: 0,
  effects: 0,
  /** Listeners on the given signals. */
  listeners: 0,
  /** Returned promises that have not settled. */
  promises: 0,
  /** Events and deliveries without a known outcome. */
  lostEvents: 0,
  lostDeliveries: 0,
}

export type Stage = Awaited<ReturnType<typeof startStage>>

interface StageOptions {
  readonly clock?: SimulatedClock
  /** The restart intensity of the agents outside the party; by default the one of the agents inside. */
  readonly intensity?: RestartIntensity
  /** Chooses the order in which agents have their turns; the order in which they became ready by default. */
  readonly order?: number | undefined
}

/**
 * Puts a family into a party on simulated time, and counts what remains of it. A party that the journal holds goes on.
 */
export async function startStage(
  family: Family,
  journal: Journal,
  { clock = createSimulatedClock(), intensity = family.intensity, order: seed }: StageOptions = {},
) {
  const traces: Traces = { refs: [], effects: 0 }
  const { party, stray, late } = petsOf(family, traces)
  // A short interval, so that the clean-up runs together with other work.
  const cleanup = 1_000
  const registered = [late]
  const scheduler =
    seed === undefined
      ? suiteScheduler
      : settlingScheduler({ inner: randomScheduler(seededRandom(seed)), outside: suiteAtWork })
  const runtime = createRuntime({
    party,
    agents: [stray],
    registered,
    clock,
    journal,
    intensity,
    cleanup,
    log: 'silent',
    scheduler,
  })
  const order = orderOf(runtime.bus)
  await runtime.start()
  const [left] = runtime.parties.list()
  // A failed party has no agents left.
  if (left?.state.status === 'error') await runtime.parties.delete('p1')
  const [pets = await runtime.parties.create({ id: 'p1' })] = runtime.parties.list()

  const signals = new Set<AbortSignal>()
  let controller = new AbortController()
  let newest: AgentRef = pets.agent('dog')
  let promises = 0
  const pending: Promise<void>[] = []
  const awaited = async (work: Promise<unknown>) => {
    promises++
    // A full mailbox may refuse an event, and a stopped party does. A refusal is an outcome too.
    await work.catch(() => {})
    promises--
  }

  return {
    runtime,
    clock,
    pets,
    /** Starts an act without waiting for it; `rest` waits. */
    wait: (work: Promise<unknown>) => void pending.push(awaited(work)),
    /** The signal for calls that can give up; `abort` ends all calls with it. */
    signal(): AbortSignal {
      signals.add(controller.signal)
      return controller.signal
    },
    abort(): void {
      controller.abort(new Error('changed my mind'))
      controller = new AbortController()
    },
    agent: (name: string) => (name === 'late' ? newest : pets.agent(name)),
    /** Spawns one more dog. */
    async spawn(name: string, supervisor: string | undefined): Promise<void> {
      newest = await runtime.spawn(late, { name, party: 'p1', ...(supervisor !== undefined && { supervisor }) })
    },
    /** Advances the clock until all acts are over and all agents rest. */
    rest: () => passUntil(clock, Promise.allSettled([...pending, runtime.idle()]), scheduler),
    /** Stops the runtime; resolves to the order in which its agents stopped, and the order in which they should. */
    async stop(timeout: number) {
      order.begin()
      const stopping = runtime.stop({ timeout })
      await (timeout > 0 ? passUntil(clock, stopping, scheduler) : stopping)
      return order.end()
    },
    async remains(): Promise<typeof nothing> {
      // Promises settle in turns of their own. Time must not settle them.
      await scheduler.settle()
      return {
        actors: traces.refs.filter(isActive).length,
        timers: clock.pending,
        effects: traces.effects,
        listeners: [...signals].flatMap(signal => getEventListeners(signal, 'abort')).length,
        promises,
        ...countsOf(runtime.bus),
      }
    },
  }
}

function countsOf(bus: Pick<RuntimeBus, 'metrics'>) {
  const { pendingAsks: asks, waiting: mail, offered, accepted, rejected, ...metrics } = bus.metrics()
  const { created, handled, ignored, failed, dead, coalesced } = metrics
  return {
    asks,
    mail,
    lostEvents: offered - accepted - rejected,
    lostDeliveries: created - handled - ignored - failed - dead - coalesced - mail,
  }
}

function isActive(ref: AnyActorRef): boolean {
  // Only machines have children.
  const { status, children = {} } = ref.getSnapshot()
  return status === 'active' || Object.values<AnyActorRef>(children).some(isActive)
}

/** The order in which agents stop, and the order in which they should: the reverse of their start. */
function orderOf(bus: Pick<RuntimeBus, 'subscribe'>) {
  const started = new Set<string>()
  const stopped: string[] = []
  bus.subscribe(agentStarted, ({ data: { address } }) => {
    started.delete(address)
    started.add(address)
  })
  bus.subscribe(agentStopped, ({ data: { address, reason } }) => {
    // If a supervisor gives up at the same moment, its agents have another order.
    if (reason === 'stopped') stopped.push(address)
  })
  return {
    begin: () => void stopped.splice(0),
    end: () => ({ stopped, expected: [...started].toReversed().filter(address => stopped.includes(address)) }),
  }
}
