import type { Agent } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import type { AskWork } from './ask.ts'
import type { AskManyWork } from './ask-many.ts'
import { withChildren, worksOf } from './child.ts'

/**
 * Checks, before anything runs, that at most one agent hears the request of every ask without an address.
 *
 * @throws AmbiguousAskError
 */
export function checkAsks(partyAgents: readonly Agent[], outsiders: readonly Agent[]): void {
  for (const agent of [...partyAgents, ...outsiders]) {
    for (const work of worksOf(agent)) {
      if (!isAsk(work) || work.to !== undefined) continue
      const { type } = work.request
      const inside = hearersOf(type, partyAgents.includes(agent) ? partyAgents : [])
      const hearers = inside.length > 0 ? inside : hearersOf(type, outsiders)
      if (hearers.length > 1) throw new AmbiguousAskError(agent.name, type, hearers)
    }
  }
}

/**
 * An error for every request that an agent asks and that nothing in the program can answer: no agent hears it, no agent that is
 * registered to be spawned later hears it, and no handler answers it.
 */
export function* unheardAsks(
  agents: readonly Agent[],
  registered: readonly Agent[],
  isHandled: (type: string) => boolean,
): Iterable<UnheardAskError> {
  const present = withChildren(agents)
  const heard = new Set([...present, ...withChildren(registered)].flatMap(({ hears }) => hears.map(({ type }) => type)))
  for (const agent of present) {
    for (const type of requestsAskedBy(agent))
      if (!heard.has(type) && !isHandled(type)) yield new UnheardAskError(agent.name, type)
  }
}

/** The types of the requests that an agent invokes an ask of. */
export function requestsAskedBy(agent: Agent): ReadonlySet<string> {
  return new Set([...worksOf(agent)].flatMap(askedBy))
}

function hearersOf(type: string, agents: readonly Agent[]): readonly string[] {
  return agents.filter(({ hears }) => hears.some(one => one.type === type)).map(({ name }) => name)
}

function isAsk(work: object): work is AskWork {
  return 'kind' in work && work.kind === 'ask'
}

function isAskMany(work: object): work is AskManyWork {
  return 'kind' in work && work.kind === 'ask-many'
}

/** The type of the request of a piece of work, if that is an ask. */
function askedBy(work: object): readonly string[] {
  return isAsk(work) || isAskMany(work) ? [work.request.type] : []
}

/** An agent asks a request that no agent and no handler answers. */
export class UnheardAskError extends TroupeError {
  readonly code = 'ASK_UNHEARD'
  readonly asker: string
  readonly type: string
  constructor(asker: string, type: string) {
    super(
      `Agent "${asker}" asks "${type}", and nobody answers that: no agent hears it and no handler is there, so each ask would fail. List it in the hears of an agent, register an agent that is spawned later with createRuntime({ registered }), or call runtime.handle before start.`,
    )
    this.asker = asker
    this.type = type
  }
}

/** An ask has no address, and several agents hear its request. */
export class AmbiguousAskError extends TroupeError {
  readonly code = 'ASK_AMBIGUOUS'
  readonly asker: string
  readonly type: string
  readonly hearers: readonly string[]
  constructor(asker: string, type: string, hearers: readonly string[]) {
    super(
      `Agent "${asker}" asks "${type}" without an address, but ${hearers.join(' and ')} hear it. Name one: ask(request, { to: "${hearers[0]}" }).`,
    )
    this.asker = asker
    this.type = type
    this.hearers = hearers
  }
}
