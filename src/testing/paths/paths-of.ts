import type { AnyStateMachine } from 'xstate'
import { type Agent, TroupeError } from '../../index.ts'
import type { RunRecord } from '../run-record.ts'
import { Candidates, type Material } from './candidates.ts'
import { explored } from './explore.ts'
import { Model, type World } from './model.ts'
import { type Parts, partsOf } from './parts.ts'
import { played } from './play.ts'
import { type PathStep, shownOf, wordsOf } from './step.ts'

/** What paths are made of, and how many states are looked at. */
export interface PathOptions extends Partial<Material> {
  /** The most states that the search looks at, three times: coarse, finer, and with the whole context; 1,000 by default. */
  readonly most?: number
}

/** A way through a machine, from its start. */
export interface AgentPath {
  /** Its steps in words, such as `cake.ordered, search is done`. */
  readonly name: string
  readonly steps: readonly PathStep[]
  /** The states and transitions that no shorter path has. */
  readonly covers: readonly string[]
  /**
   * Takes it on a real runtime, on simulated time: the agent hears its events, effects, asks and children end as it says, and time
   * passes. After each step, the agent must be in the state that its machine alone is in.
   *
   * @returns what happened, for checks such as `never(record, restarted('runtime/baker'))`
   * @throws PathError if the agent is in another state
   */
  play(): Promise<RunRecord>
}

/** A step on which the machine of an agent fails: a guard or an action throws, or a payload is refused that it says. */
export interface PathFailure {
  /** The path, the last step with its data. */
  readonly path: string
  readonly error: unknown
}

/** The paths through the machine of an agent. */
export interface AgentPaths {
  readonly paths: readonly AgentPath[]
  /** The states that no path reaches, and the transitions that no path takes. */
  readonly missed: { readonly states: readonly string[]; readonly transitions: readonly string[] }
  /** Events and outcomes on which the machine fails, the first of each error. */
  readonly failures: readonly PathFailure[]
  /** The works that were tried without an output, because neither a request nor `outputs` says what they end with. */
  readonly guessed: readonly string[]
  /** Whether the search ended at `most` states, so that more could be reached. */
  readonly isCut: boolean
}

/**
 * Finds paths that together reach each state of an agent's machine and take each of its transitions. Its events are made from the schemas
 * of what it hears, the ends of its asks from the schemas of the requests; timers fire as simulated time passes.
 *
 * @example
 * const { paths, missed } = pathsOf(baker, { outputs: { bake: z.object({ cakes: z.int() }) } })
 * it.each(paths)('the baker goes this way: $name', async ({ play }) => never(await play(), restarted('runtime/baker')))
 * it('has no way that is not tested', () => expect(missed).toEqual({ states: [], transitions: [] }))
 *
 * @param options `outputs`: by the name of an actor or the id of an invoke, the schema or the list of what effects and children end with;
 *   `errors`: what they fail with, an `Error` by default; `events`: more events; `samples`: payloads made of each schema, 40 by
 *   default; `seed`: 1 by default; `most`: states looked at, 1,000 by default
 * @throws InlineActorError if the machine invokes something without a name; ArbitraryError if a schema has no values
 */
export function pathsOf(agent: Agent, options: PathOptions = {}): AgentPaths {
  const { most = 1_000, events = [], outputs = {}, errors = {}, samples = 40, seed = 1 } = options
  checkNamed(agent.name, agent.machine.root)
  const parts = partsOf(agent.machine)
  const candidates = new Candidates(agent, { events, outputs, errors, samples, seed })
  const { first, failed, isCut } = explored(new Model(agent), candidates, parts, most)
  const { guessed } = candidates
  return {
    paths: longest(first).map(world => pathTo(world, agent, first, seed)),
    missed: missedOf(parts, first),
    failures: failuresIn(failed, guessed),
    guessed: [...guessed],
    isCut,
  }
}

function missedOf({ states, transitions }: Parts, first: ReadonlyMap<string, World>): AgentPaths['missed'] {
  const isMissed = (name: string) => !first.has(name)
  return { states: states.filter(isMissed), transitions: [...transitions.values()].filter(isMissed) }
}

/** The worlds that no other world goes on from. */
function longest(first: ReadonlyMap<string, World>): readonly World[] {
  const inside = new Set<World>()
  for (const world of first.values()) for (const before of wayTo(world).slice(0, -1)) inside.add(before)
  return [...new Set(first.values())].filter(world => !inside.has(world))
}

/** All worlds on the way to a world, and that world. */
function wayTo(world: World): readonly World[] {
  const way: World[] = []
  for (let at: World | undefined = world; at; at = at.via?.from) way.unshift(at)
  return way
}

function stepsTo(world: World): readonly PathStep[] {
  return wayTo(world).flatMap(({ via }) => (via ? [via.step] : []))
}

function pathTo(world: World, agent: Agent, first: ReadonlyMap<string, World>, seed: number): AgentPath {
  const way = wayTo(world)
  const steps = stepsTo(world)
  return {
    name: steps.length === 0 ? 'its start' : steps.map(one => wordsOf(one)).join(', '),
    steps,
    covers: [...first].flatMap(([name, at]) => (way.includes(at) ? [name] : [])),
    play: () => played(agent, way, seed),
  }
}

/** A failure after a guessed output shows nothing about the agent. */
function failuresIn(failed: readonly World[], guessed: ReadonlySet<string>): readonly PathFailure[] {
  const known = new Map<string, PathFailure>()
  for (const world of failed) {
    const steps = stepsTo(world)
    if (steps.some(step => step.kind === 'done' && guessed.has(step.work))) continue
    const last = steps.at(-1)
    const path = [...steps.slice(0, -1).map(one => wordsOf(one)), last ? shownOf(last) : 'its start'].join(', ')
    const name = `${last?.kind} ${String(world.error)}`
    if (!known.has(name)) known.set(name, { path, error: world.error })
  }
  return [...known.values()]
}

/** Only works with a name can be replaced. */
function checkNamed(agent: string, node: AnyStateMachine['root']): void {
  const invoked: unknown = node.config.invoke ?? []
  for (const one of Array.isArray(invoked) ? invoked : [invoked])
    if (typeof one?.src !== 'string') throw new InlineActorError(agent, node.path.join('.'))
  for (const inner of Object.values<typeof node>(node.states)) checkNamed(agent, inner)
}

/** A machine invokes logic that has no name, so that a path cannot say how it ends. */
export class InlineActorError extends TroupeError {
  readonly code = 'INLINE_ACTOR'
  readonly agent: string
  readonly state: string
  constructor(agent: string, state: string) {
    super(
      `"${agent}" invokes logic without a name in ${state === '' ? 'its machine' : `the state "${state}"`}, so that no path can end it. Name it in setup({ actors }), and invoke it by that name.`,
    )
    this.agent = agent
    this.state = state
  }
}
