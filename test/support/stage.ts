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
import { createSimulatedClock, randomScheduler, type SimulatedClock, seededRandom } from 'troupe/testing'
import type { AnyActorRef } from 'xstate'
import { type Family, petsOf, type Traces } from './family.ts'
import { turn } from './runtime.ts'

/** What is there of a runtime, which should be nothing once it has stopped. */
export const nothing = {
  /** XState's actors, children too, that are still active. */
  actors: 0,
  timers: 0,
  asks: 0,
  mail: 0,
  effects: 0,
  /** On the signals that were handed in. */
  listeners: 0,
  /** That were given out and have not settled. */
  promises: 0,
  /** Events and deliveries of which nobody knows what became. */
  lostEvents: 0,
  lostDeliveries: 0,
}

export type Stage = Awaited<ReturnType<typeof startStage>>

interface StageOptions {
  readonly clock?: SimulatedClock
  /** How often agents outside the party may restart; as often as those inside by default. */
  readonly intensity?: RestartIntensity
  /** Chooses the order in which agents have their turns; the order in which they became ready by default. */
  readonly order?: number | undefined
}

/**
 * Puts a family into a party on simulated time, and keeps account of what it leaves behind; one that the journal holds goes on.
 */
export async function startStage(
  family: Family,
  journal: Journal,
  { clock = createSimulatedClock(), intensity = family.intensity, order: seed }: StageOptions = {},
) {
  const traces: Traces = { refs: [], effects: 0 }
  const { party, stray, late } = petsOf(family, traces)
  // So often that mail is cleaned up while all else goes on.
  const cleanup = 1_000
  const registered = [late]
  const runtime = createRuntime({
    party,
    agents: [stray],
    registered,
    clock,
    journal,
    intensity,
    cleanup,
    log: 'silent',
    ...(seed !== undefined && { scheduler: randomScheduler(seededRandom(seed)) }),
  })
  const order = orderOf(runtime.bus)
  await runtime.start()
  const [left] = runtime.parties.list()
  // Of one that has failed, nobody is left.
  if (left?.state.status === 'error') await runtime.parties.delete('p1')
  const [pets = await runtime.parties.create({ id: 'p1' })] = runtime.parties.list()

  const signals = new Set<AbortSignal>()
  let controller = new AbortController()
  let newest: AgentRef = pets.agent('dog')
  let promises = 0
  const pending: Promise<void>[] = []
  const settle = async (work: Promise<unknown>) => {
    promises++
    // A full mailbox may refuse, and a stopped party does: that is an outcome too.
    await work.catch(() => {})
    promises--
  }

  return {
    runtime,
    clock,
    pets,
    /** Goes on at once; `rest` waits for it. */
    wait: (work: Promise<unknown>) => void pending.push(settle(work)),
    /** The signal of whoever can give up; `abort` makes all that have it do so. */
    signal(): AbortSignal {
      signals.add(controller.signal)
      return controller.signal
    },
    abort(): void {
      controller.abort(new Error('changed my mind'))
      controller = new AbortController()
    },
    agent: (name: string) => (name === 'late' ? newest : pets.agent(name)),
    /** One more dog. */
    async spawn(name: string, supervisor: string | undefined): Promise<void> {
      newest = await runtime.spawn(late, { name, party: 'p1', ...(supervisor !== undefined && { supervisor }) })
    },
    /** Lets time pass until all that was asked for is over and everybody rests. */
    rest: () => letTimePass(clock, Promise.allSettled([...pending, runtime.idle()])),
    /** Stops the runtime; the result is in which order its agents stopped, and in which they should. */
    async stop(timeout: number) {
      order.begin()
      const stopping = runtime.stop({ timeout })
      await (timeout > 0 ? letTimePass(clock, stopping) : stopping)
      return order.end()
    },
    async remains(): Promise<typeof nothing> {
      // Promises settle in turns of their own; time must not be what settles them.
      for (let turns = 0; turns < 20 && promises > 0; turns++) await turn()
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

/** Asks that nobody answers, and publishers that wait for room, end at their deadlines: minutes may have to pass. */
async function letTimePass(clock: { advance(ms: number): void }, work: Promise<unknown>): Promise<void> {
  let over = false
  const ending = work.finally(() => {
    over = true
  })
  for (let rounds = 0; !over; rounds++) {
    if (rounds > 10_000) throw new Error('it never came to rest')
    await turn()
    if (rounds % 10 === 9) clock.advance(500)
  }
  await ending
}

/** In which order agents stop, and in which they should: the reverse of their start. */
function orderOf(bus: Pick<RuntimeBus, 'subscribe'>) {
  const started = new Set<string>()
  const stopped: string[] = []
  bus.subscribe(agentStarted, ({ data: { address } }) => {
    started.delete(address)
    started.add(address)
  })
  bus.subscribe(agentStopped, ({ data: { address, reason } }) => {
    // One whose supervisor gives up in the same moment has an order of its own.
    if (reason === 'stopped') stopped.push(address)
  })
  return {
    begin: () => void stopped.splice(0),
    end: () => ({ stopped, expected: [...started].toReversed().filter(address => stopped.includes(address)) }),
  }
}
