import { type Agent, agentStopped, createRuntime, defineEvent, defineParty, type Runtime } from 'troupe'
import * as z from 'zod'
import { counting } from '../../agents.ts'
import { heapUsed } from '../../heap.ts'
import { checkCount } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'

/** Agents in parties: started, given one event each, and stopped; all of it counts. */

const { counter, tick } = counting(true)
const added = defineEvent('bench.input.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('bench.input.removed', z.object({ inputId: z.string() }))

/** How agents come into parties. */
interface Gathering {
  /** With whom a party begins. */
  readonly agents: readonly Agent[]
  /** Starts so many agents. */
  start(runtime: Runtime, agents: number): Promise<unknown>
}

const inOne: Gathering = {
  agents: [],
  async start(runtime, agents) {
    await runtime.parties.create({ id: 'one' })
    const names = Array.from({ length: agents }, (_, place) => `counter-${place}`)
    await Promise.all(names.map(name => runtime.spawn(counter, { name, party: 'one' })))
  },
}

const byTens: Gathering = {
  agents: Array.from({ length: 10 }, (_, place) => ({ ...counter, name: `counter-${place}` })),
  async start(runtime, agents) {
    await Promise.all(Array.from({ length: agents / 10 }, () => runtime.parties.create()))
  },
}

const roundOf =
  ({ agents: members, start }: Gathering): Round =>
  async (scale, tell) => {
    const agents = scale === 'full' ? 100_000 : 100
    const party = defineParty({
      name: 'bench',
      agents: members,
      events: [tick],
      inputs: { added, removed },
      state: { initial: {}, on: {} },
    })
    const runtime = await createRuntime({ party }).start()
    let stopped = 0
    runtime.bus.subscribe(agentStopped, () => {
      stopped++
    })
    const before = heapUsed()
    const started = await timeOf(() => start(runtime, agents))
    const bytes = (heapUsed() - before) / agents
    const worked = await timeOf(async () => {
      await Promise.all(runtime.parties.list().map(({ id }) => runtime.bus.publish(tick({ n: 1 }), { party: id })))
      await runtime.idle()
    })
    checkCount('events', runtime.bus.metrics().handled, agents)
    const ended = await timeOf(() => runtime.stop())
    checkCount('stopped', stopped, agents)
    tell({ 'µs an agent': ((started + worked + ended) * 1_000) / agents, 'bytes an agent': bytes })
  }

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

export const partyRounds: Cases = {
  '100,000 agents in one party': roundOf(inOne),
  '100,000 agents in 10,000 parties': roundOf(byTens),
}
