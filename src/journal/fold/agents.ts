import type { Address } from '../../mail/address.ts'
import type { Envelope } from '../../mail/envelope.ts'
import type { EntryOf } from '../frame.ts'
import { type AgentStanding, isMember, type Mail, newAgent } from './agent-standing.ts'
import type { FoldedAnswers } from './answers.ts'
import { endWork } from './works.ts'

/** Most stopped agents that are remembered; above that, the oldest is forgotten. */
const mostGone = 10_000

/** The agents of a partition from start to stop, what they hear, and where the events that they hear wait. */
export class FoldedAgents {
  /** The types that agents hear, by definition. */
  readonly hears = new Map<string, readonly string[]>()
  readonly byName = new Map<string, AgentStanding>()
  /** Events that wait for any member of a pool, by the pool's name. */
  readonly pools = new Map<string, Mail>()
  readonly #answers: FoldedAnswers
  readonly #hearers = new Map<string, Set<Mail>>()
  /** How many members each pool has. Without members it hears nothing. */
  readonly #members = new Map<string, number>()
  readonly #gone = new Set<string>()
  /** The addresses of the agents begin so. */
  readonly #prefix: string
  /** A cache of agents by address, because cutting the name out of an address and looking it up is slow. */
  readonly #found = new Map<Address, AgentStanding>()

  constructor(partition: Address, answers: FoldedAnswers) {
    this.#prefix = `${partition}/`
    this.#answers = answers
  }

  at(address: Address): AgentStanding | undefined {
    const known = this.#found.get(address)
    if (known || !address.startsWith(this.#prefix)) return known
    const agent = this.byName.get(address.slice(this.#prefix.length))
    if (agent) this.#found.set(address, agent)
    return agent
  }

  /** The agent that wants some outside work. */
  ownerOf(key: string): AgentStanding | undefined {
    return this.at(key.slice(0, key.indexOf('@')))
  }

  /** Adds an agent of a snapshot. */
  add(agent: AgentStanding): void {
    this.byName.set(agent.name, agent)
    if (agent.gone === undefined) this.#hear(agent)
    else this.#gone.add(agent.name)
  }

  /** Takes what became of an agent. Returns whether an incarnation starts. */
  change(entry: EntryOf<'agent'>, date: number, position: number): boolean {
    const { agent: address, what, definition } = entry
    const known = this.byName.get(address.slice(this.#prefix.length))
    if (what === 'stopped') {
      if (known) this.#stop(known, entry)
      return false
    }
    if (what === 'migrated') {
      if (known) this.#migrate(known, definition)
      if (known) known.stepped = position
      return false
    }
    return this.#start(known, entry, date)
  }

  #stop(agent: AgentStanding, { reason, seq, output }: EntryOf<'agent'>): void {
    if (agent.gone === undefined) this.#unhear(agent)
    agent.gone = reason ?? 'stopped'
    agent.goneAt = seq
    agent.output = output
    endWork(agent, 'stopped', this.#answers)
    this.#forgetGone(agent)
  }

  #start(known: AgentStanding | undefined, entry: EntryOf<'agent'>, since: number): boolean {
    const { agent: address, what, incarnation, definition, under = '', input } = entry
    const name = address.slice(this.#prefix.length)
    const isNew = !known || (known.gone !== undefined && what !== 'restarting')
    const agent = isNew && definition !== undefined ? newAgent(name, definition, { under, input, since }) : known
    if (!agent) return false
    if (isNew) this.#forget(name)
    this.byName.set(name, agent)
    if (what === 'restarting') endWork(agent, 'failed', this.#answers)
    if (isNew || agent.gone !== undefined) this.#hear(agent)
    agent.gone = undefined
    agent.failure = undefined
    agent.incarnation = incarnation
    if (what === 'declared') return false
    agent.beginsAnew = false
    return true
  }

  /** The root supervisor gave up: the next incarnations begin with the initial state. Timers and work end. */
  beginAnew(): void {
    for (const agent of this.byName.values()) {
      if (agent.gone !== undefined) continue
      agent.beginsAnew = true
      endWork(agent, 'failed', this.#answers)
    }
  }

  #migrate(agent: AgentStanding, definition = agent.definition): void {
    this.#unhear(agent)
    agent.definition = definition
    if (agent.gone === undefined) this.#hear(agent)
  }

  #forgetGone({ name }: AgentStanding): void {
    this.#gone.add(name)
    if (this.#gone.size <= mostGone) return
    const [oldest = ''] = this.#gone
    this.#gone.delete(oldest)
    if (this.byName.get(oldest)?.gone !== undefined) this.#forget(oldest)
  }

  #forget(name: string): void {
    this.byName.delete(name)
    this.#found.delete(`${this.#prefix}${name}`)
  }

  // ---- what they hear ----

  /** The mail of all agents that hear a type. */
  hearersOf(type: string): Iterable<Mail> | undefined {
    return this.#hearers.get(type)
  }

  /** Since when agents of this partition hear each type, epoch milliseconds. */
  get hearing(): ReadonlyMap<string, number> {
    const hearing = new Map<string, number>()
    for (const { definition, gone, since } of this.byName.values())
      for (const type of gone === undefined ? (this.hears.get(definition) ?? []) : [])
        hearing.set(type, Math.min(since, hearing.get(type) ?? since))
    return hearing
  }

  #hear(agent: AgentStanding): void {
    const mail = this.#mailOf(agent)
    if (isMember(agent)) this.#members.set(agent.under, (this.#members.get(agent.under) ?? 0) + 1)
    for (const type of this.hears.get(agent.definition) ?? []) {
      const hearers = this.#hearers.get(type)
      if (hearers) hearers.add(mail)
      else this.#hearers.set(type, new Set([mail]))
    }
  }

  #unhear(agent: AgentStanding): void {
    if (isMember(agent)) {
      const others = (this.#members.get(agent.under) ?? 1) - 1
      this.#members.set(agent.under, others)
      if (others > 0) return
    }
    const mail = this.#mailOf(agent)
    for (const type of this.hears.get(agent.definition) ?? []) this.#hearers.get(type)?.delete(mail)
  }

  /** The mail that an agent takes from; the members of a pool share theirs. */
  #mailOf(agent: AgentStanding): Mail {
    if (!isMember(agent)) return agent.mail
    const mail = this.pools.get(agent.under) ?? new Map<number, Envelope>()
    this.pools.set(agent.under, mail)
    return mail
  }

  /** The mail that a member of a pool shares with the others. */
  poolMailOf(agent: AgentStanding): Mail | undefined {
    return this.pools.size > 0 && isMember(agent) ? this.pools.get(agent.under) : undefined
  }
}
