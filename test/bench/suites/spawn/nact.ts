import { dispatch, query, type Reference, spawn, start, stop } from '../../peers/nact.ts'
import { type Population, populationRounds } from '../../population.ts'
import { checkCount } from '../../rate.ts'

interface Tick {
  readonly sender: Reference
}

interface Counted {
  readonly state: 'fresh' | 'counting'
  readonly count: number
}

const fresh: Counted = { state: 'fresh', count: 0 }

function counted({ count }: Counted, { sender }: Tick): Counted {
  dispatch(sender, count + 1)
  return { state: 'counting', count: count + 1 }
}

class Nact implements Population {
  readonly #system = start()
  readonly #agents = new Map<string, Reference>()

  start(place: number): void {
    const name = `counter-${place}`
    this.#agents.set(name, spawn(this.#system, counted, name, { initialState: fresh }))
  }

  async check(agents: number): Promise<void> {
    checkCount('agents', this.#agents.size, agents)
    checkCount('events', await this.#tick(agents - 1), 1)
  }

  // Stopping the system alone leaves its actors as they are.
  stop(): void {
    for (const agent of this.#agents.values()) stop(agent)
  }

  async checkStopped(agents: number): Promise<void> {
    for (const place of [0, agents - 1])
      checkCount('after the stop', await this.#tick(place).catch(() => 'stopped'), 'stopped')
  }

  async #tick(place: number): Promise<unknown> {
    const agent = this.#agents.get(`counter-${place}`)
    return agent && query(agent, sender => ({ sender }), 5_000)
  }
}

export const nact = populationRounds(() => new Nact())
