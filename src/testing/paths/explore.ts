import type { ActorLogic, EventObject } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import type { Candidates } from './candidates.ts'
import type { Model, World } from './model.ts'
import { activeIn, type Parts } from './parts.ts'
import type { PathStep } from './step.ts'

/** What the search for paths has found. */
export interface Found {
  /** By the name of a state or a transition: the first world in which it is reached or taken. */
  readonly first: ReadonlyMap<string, World>
  /** Worlds in which the agent has failed. */
  readonly failed: readonly World[]
  /** Whether the search ended because there were too many states. */
  readonly isCut: boolean
}

interface Stepping extends EventObject {
  readonly step: PathStep
}

/** What tells two worlds apart, coarse at first. The search goes on with a finer one while something is missing. */
type Key = (world: World, candidates: Candidates, start: World) => unknown

const coarse: Key = ({ machine, timers, now, mail, status }) => [
  status,
  machine.value,
  timers.map(({ id, due }, place) => [id, due === (timers[place - 1]?.due ?? now)]),
  mail.map(({ type }) => type),
]
const keys: readonly Key[] = [
  coarse,
  (world, candidates, start) => [
    coarse(world, candidates, start),
    candidates.signatureOf(world),
    changedIn(world, start),
  ],
  (world, candidates, start) => [coarse(world, candidates, start), world.machine.context],
]

/** The fields of the context that are no longer what they were at the start. */
function changedIn({ machine }: World, start: World): readonly string[] {
  const before = new Map(Object.entries<unknown>(start.machine.context))
  const now = Object.entries<unknown>(machine.context)
  return now.flatMap(([name, value]) => (JSON.stringify(value) === JSON.stringify(before.get(name)) ? [] : [name]))
}

/**
 * Looks for the shortest ways to all states and transitions of a machine, breadth first.
 *
 * @param most how many worlds it looks at with each key
 */
export function explored(model: Model, candidates: Candidates, parts: Parts, most: number): Found {
  const first = new Map<string, World>()
  const failed: World[] = []
  const missing = new Set([...parts.states, ...parts.transitions.values()])
  const start = model.begin()
  let isCut = false
  const note = (world: World): World => {
    if (world.status === 'error') failed.push(world)
    const names = world.taken.flatMap(one => parts.transitions.get(one) ?? [])
    const { _nodes: nodes } = world.machine
    const reached = world.status === 'error' ? [] : activeIn(nodes)
    for (const name of [...names, ...reached]) if (missing.delete(name)) first.set(name, world)
    return world
  }
  for (const key of keys) {
    if (missing.size === 0) break
    let seen = 0
    const logic: ActorLogic<World, Stepping> = {
      config: {},
      getInitialSnapshot: () => note(start),
      transition: (world, { step }) => note(model.step(world, step)),
      getPersistedSnapshot: world => world,
      restoreSnapshot: () => start,
    }
    getAdjacencyMap(logic, {
      events: world => candidates.at(world).map((step, place) => ({ type: `${place}`, step })),
      serializeState: world => JSON.stringify(key(world, candidates, start)),
      serializeEvent: ({ type }) => type,
      stopWhen: () => missing.size === 0 || ++seen > most,
    })
    isCut = seen > most
  }
  return { first, failed, isCut }
}
