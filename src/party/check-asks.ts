import type { Agent } from '../actor/agent.ts'
import type { AskWork } from '../actor/ask.ts'
import { worksOf } from '../actor/child.ts'
import { TroupeError } from '../errors.ts'

/**
 * Checks, before anything runs, that every ask without an address has at most one agent that hears it.
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

function hearersOf(type: string, agents: readonly Agent[]): readonly string[] {
  return agents.filter(({ hears }) => hears.some(one => one.type === type)).map(({ name }) => name)
}

function isAsk(work: object): work is AskWork {
  return 'kind' in work && work.kind === 'ask'
}

/** An ask names nobody, and several agents hear its request. */
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
