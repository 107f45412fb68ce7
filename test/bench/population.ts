import { heapUsed } from './heap.ts'
import type { Cases, Round, Scale, Tell } from './suite.ts'
import { turn } from './turns.ts'

/** Agents of one kind that are started one by one and stopped together. */
export interface Population {
  /** Starts the agent of this number; a promise is awaited when all have been asked for. */
  start(place: number): unknown
  /** Throws unless so many agents are there and handle events. */
  check(agents: number): Promise<void> | void
  stop(): Promise<void> | void
  /** Throws unless all so many are stopped. */
  checkStopped(agents: number): Promise<void> | void
}

/** How many agents a case has. */
const sizes = { '1,000': 1_000, '10,000': 10_000, '100,000': 100_000 } as const

export const populationCases: readonly string[] = Object.keys(sizes)

/** A round gives up spawning after so many milliseconds, and says how far it came. */
const patience = 10_000

/** A contestant's rounds for all sizes. */
export function populationRounds(create: () => Population | Promise<Population>): Cases {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, roundOf(size, create)]))
}

const roundOf =
  (size: number, create: () => Population | Promise<Population>): Round =>
  async (scale: Scale, tell: Tell) => {
    const agents = scale === 'full' ? size : 100
    const warmUps = scale === 'full' ? 3 : 1
    for (let done = 0; done < warmUps; done++) await live(await create(), Math.min(agents, 1_000), () => {})
    // A thousand take a few milliseconds, so the small sizes are repeated and the middle one is told.
    const repeats = scale === 'full' && agents < 10_000 ? 5 : 1
    const lives: Life[] = []
    for (let done = 0; done < repeats; done++) {
      const isLast = done === repeats - 1
      lives.push(await live(await create(), agents, life => isLast && tell(figuresOf([...lives, life]), noteOf(life))))
    }
    tell(figuresOf(lives))
  }

interface Life {
  readonly agents: number
  readonly wanted: number
  readonly spawned: number
  readonly bytes: number
  readonly stopped?: number
}

/** One population from its first agent to its end; tells what is known before the stop. */
async function live(population: Population, wanted: number, onSpawned: (life: Life) => void): Promise<Life> {
  await turn()
  const before = heapUsed()
  const begin = performance.now()
  const agents = await spawnAll(population, wanted, begin)
  const spawned = performance.now() - begin
  const life: Life = { agents, wanted, spawned, bytes: heapUsed() - before }
  await population.check(agents)
  onSpawned(life)
  const end = performance.now()
  await population.stop()
  const stopped = performance.now() - end
  await population.checkStopped(agents)
  return { ...life, stopped }
}

/** Asks for all, then waits for all; the number that it came to. */
async function spawnAll(population: Population, wanted: number, begin: number): Promise<number> {
  const starting: unknown[] = []
  for (let place = 0; place < wanted; place++) {
    const started = population.start(place)
    if (started instanceof Promise) starting.push(started)
    if (place % 100 === 99 && performance.now() - begin > patience) {
      await Promise.all(starting)
      return place + 1
    }
  }
  await Promise.all(starting)
  return wanted
}

function figuresOf(lives: readonly Life[]) {
  const middle = (of: (life: Life) => number) => lives.map(of).toSorted((a, b) => a - b)[lives.length >> 1] ?? 0
  const stopped = lives.every(life => life.stopped !== undefined)
  return {
    agents: middle(life => life.agents),
    'µs a spawn': middle(life => (life.spawned * 1_000) / life.agents),
    'bytes an agent': middle(life => life.bytes / life.agents),
    ...(stopped && { 'µs a stop': middle(life => ((life.stopped ?? 0) * 1_000) / life.agents) }),
  }
}

function noteOf({ agents, wanted }: Life): string | undefined {
  if (agents === wanted) return undefined
  return `spawning given up at ${agents.toLocaleString('en')} after ${patience / 1_000} s`
}
