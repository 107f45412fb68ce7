import { type AgentRef, agentStopped, createRuntime, type Runtime } from 'troupe'
import { counting } from '../../agents.ts'
import { type Population, populationRounds } from '../../population.ts'
import { checkCount } from '../../rate.ts'

const { counter, tick } = counting(false)

class Troupe implements Population {
  readonly #runtime: Runtime
  #last: AgentRef | undefined
  #started = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  async start(place: number): Promise<void> {
    this.#last = await this.#runtime.spawn(counter, { name: `counter-${place}` })
    this.#started++
  }

  async check(agents: number): Promise<void> {
    checkCount('agents', this.#started, agents)
    await this.#last?.send(tick({ n: 1 }))
    await this.#runtime.idle()
    checkCount('last value', this.#last?.snapshot()?.value, 'counting')
    checkCount('last address', this.#last?.address, `runtime/counter-${agents - 1}`)
  }

  async stop(): Promise<void> {
    await this.#runtime.stop({ timeout: 0 })
  }

  checkStopped(agents: number): void {
    // In the reverse order of their start, so the newest of the history is about the oldest.
    const told = this.#runtime.bus.history({ type: agentStopped.type })
    checkCount('last stopped', addressIn(told.at(-1)?.data), 'runtime/counter-0')
    checkCount('stopped', told.length >= Math.min(agents, 990), true)
  }
}

function addressIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'address' in data ? data.address : undefined
}

/** Agents outside parties, with everything on: journal in memory, supervision, bus, history. */
export const troupe = populationRounds(async () => new Troupe(await createRuntime().start()))
