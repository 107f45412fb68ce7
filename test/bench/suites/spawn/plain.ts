import { type Population, populationRounds } from '../../population.ts'
import { checkCount } from '../../rate.ts'

class Counter {
  state: 'fresh' | 'counting' | 'stopped' = 'fresh'
  count = 0

  send(): void {
    this.state = 'counting'
    this.count++
  }

  stop(): void {
    this.state = 'stopped'
  }
}

class Plain implements Population {
  readonly #agents = new Map<string, Counter>()

  start(place: number): void {
    this.#agents.set(`counter-${place}`, new Counter())
  }

  check(agents: number): void {
    checkCount('agents', this.#agents.size, agents)
    const last = this.#agents.get(`counter-${agents - 1}`)
    last?.send()
    checkCount('events', last?.count, 1)
  }

  stop(): void {
    for (const agent of this.#agents.values()) agent.stop()
  }

  checkStopped(agents: number): void {
    checkCount('stopped', [...this.#agents.values()].filter(({ state }) => state === 'stopped').length, agents)
  }
}

/** A class with the same two states and no runtime at all. */
export const plain = populationRounds(() => new Plain())
