import type { Envelope } from '../../mail/envelope.ts'
import type { AgentStanding } from './agent-standing.ts'
import type { FoldedAgents } from './agents.ts'

/** An event waits for the agent that it is meant for, or for all agents that hear its type. */
export function deliver(envelope: Envelope, agents: FoldedAgents): void {
  if (envelope.to !== undefined) return deliverTo(envelope, agents)
  const hearers = agents.hearersOf(envelope.type)
  if (hearers) for (const mail of hearers) mail.set(envelope.seq, envelope)
}

/** An event waits for the agent that it is meant for. */
export function deliverTo(envelope: Envelope, agents: FoldedAgents): void {
  const agent = envelope.to === undefined ? undefined : agents.at(envelope.to)
  if (agent && agent.gone === undefined) agent.mail.set(envelope.seq, envelope)
}

/** An agent has handled a position; returns the event of that position, if it was an event. */
export function endMail(agent: AgentStanding, seq: number, agents: FoldedAgents): Envelope | undefined {
  const shared = agents.poolMailOf(agent)
  const envelope = agent.mail.get(seq) ?? shared?.get(seq)
  agent.mail.delete(seq)
  shared?.delete(seq)
  agent.crashes.delete(seq)
  agent.suspected.delete(seq)
  agent.fired.delete(seq)
  if (!envelope && agent.works.size > 0)
    for (const [key, { outcome }] of agent.works) if (outcome?.seq === seq) agent.works.delete(key)
  return envelope
}

/** Whether an agent has yet to handle a position: mail, a timer that has fired, or the outcome of its work. */
function isWaiting(agent: AgentStanding, seq: number, agents: FoldedAgents): boolean {
  if (agent.mail.has(seq) || agent.fired.has(seq) || agents.poolMailOf(agent)?.has(seq)) return true
  return [...agent.works.values()].some(({ outcome }) => outcome?.seq === seq)
}

/** The process ended while an agent was being handed a position; `false` if the agent has handled it all the same. */
export function suspect(agent: AgentStanding | undefined, seq: number, agents: FoldedAgents): boolean {
  if (!agent || !isWaiting(agent, seq, agents)) return false
  agent.suspected.set(seq, (agent.suspected.get(seq) ?? 0) + 1)
  return true
}

/** The id of the event that led to a timer or an outcome at a position of an agent. */
export function causeOf({ mail, fired, works }: AgentStanding, seq: number): string | undefined {
  if (mail.has(seq)) return undefined
  const timer = fired.get(seq)
  if (timer) return timer.origin.causationid
  for (const { outcome, on } of works.values()) if (outcome?.seq === seq) return on
  return undefined
}
