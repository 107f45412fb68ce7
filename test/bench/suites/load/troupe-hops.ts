import { type AgentRef, agentTypes, createRuntime, defineAgent, defineEvent, type Runtime } from 'troupe'
import { type AnyActorRef, assign, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { fileJournal } from '../../../support/file-journal.ts'
import { countOf } from '../../agents.ts'
import { checkCount } from '../../rate.ts'
import { hopRounds, type Relay } from './hops.ts'

const token = defineEvent('bench.token', z.object({ left: z.int() }))
const none: { count: number } = { count: 0 }

/** An agent that counts the tokens that it gets, and hands each on to the next agent until none of its hops is left. */
function relayer(refs: AnyActorRef[], next: ReadonlyMap<AnyActorRef, AnyActorRef>) {
  const machine = setup({
    types: agentTypes({ context: none, hears: [token], says: [token] }),
    actions: { count: assign(({ context }) => ({ count: context.count + 1 })) },
  }).createMachine({
    id: 'relayer',
    context: none,
    // What is said with emit, all relayers would hear; one ref for each is XState's way to mean one of them.
    entry: ({ self }) => refs.push(self),
    on: {
      'bench.token': [
        { guard: ({ event }) => event.data.left === 0, actions: 'count' },
        {
          actions: [
            'count',
            sendTo(
              ({ self }) => next.get(self) ?? self,
              ({ event }) => token({ left: event.data.left - 1 }),
            ),
          ],
        },
      ],
    },
  })
  return defineAgent({ name: 'relayer', machine, hears: [token], says: [token] })
}

class Troupe implements Relay {
  readonly #runtime: Runtime
  readonly #agents: readonly AgentRef[]

  constructor(runtime: Runtime, agents: readonly AgentRef[]) {
    this.#runtime = runtime
    this.#agents = agents
  }

  async run(tokens: number, hopsEach: number): Promise<void> {
    const distance = this.#agents.length / tokens
    const starts = this.#agents.filter((_, place) => place % distance === 0)
    await Promise.all(starts.map(agent => agent.send(token({ left: hopsEach - 1 }))))
    await this.#runtime.idle()
  }

  check(hops: number): void {
    const counted = this.#agents.reduce((sum, agent) => sum + countOf(agent), 0)
    checkCount('hops', counted, hops)
    const { created, handled, dead } = this.#runtime.bus.metrics()
    checkCount('deliveries', created, hops)
    checkCount('handled', handled, hops)
    checkCount('dead letters', dead, 0)
  }

  stop(): Promise<void> {
    return this.#runtime.stop()
  }
}

/** Agents outside parties, every hop a journalled event; the journal is a file, so that the heap holds none of it. */
export const troupeHops = hopRounds(async agents => {
  const runtime = await createRuntime({ journal: fileJournal() }).start()
  const refs: AnyActorRef[] = []
  const next = new Map<AnyActorRef, AnyActorRef>()
  const agent = relayer(refs, next)
  const all = await Promise.all(
    Array.from({ length: agents }, (_, place) => runtime.spawn(agent, { name: `relayer-${place}` })),
  )
  for (const [place, ref] of refs.entries()) next.set(ref, refs[(place + 1) % agents] ?? ref)
  return new Troupe(runtime, all)
})
