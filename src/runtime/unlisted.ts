import type { Agent } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import type { Catalog } from '../events/catalog.ts'
import { withChildren } from '../invoke/child.ts'

/** The declared events and requests that machines take, but that are missing from the `hears` of their agents. */
export function* unlisted(agents: readonly Agent[], { definitions }: Catalog): Iterable<HearsMissingError> {
  const declared = new Set(definitions.map(({ type }) => type))
  for (const { name, machine, hears } of withChildren(agents)) {
    const heard = new Set(hears.map(({ type }) => type))
    for (const type of machine.events)
      if (declared.has(type) && !heard.has(type)) yield new HearsMissingError(name, type)
  }
}

/** A machine takes an event that its agent does not hear. */
export class HearsMissingError extends TroupeError {
  readonly code = 'HEARS_MISSING'
  readonly agent: string
  readonly type: string
  constructor(agent: string, type: string) {
    super(
      `The machine of agent "${agent}" takes "${type}", but the agent does not hear it, so it gets only events that are sent to it directly. List "${type}" in its hears.`,
    )
    this.agent = agent
    this.type = type
  }
}
