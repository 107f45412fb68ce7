import { type Address, partitionAt } from '../../mail/address.ts'
import type { DeadLetter } from '../../mail/dead-letters.ts'
import { keyIn } from '../../mail/envelope.ts'
import { dateOf, type Entry, type FirstInput, type Frame, isWanted } from '../frame.ts'
import { type AgentStanding, type Mail, putBack } from './agent-standing.ts'
import type { FoldedAgents } from './agents.ts'
import type { FoldedAnswers, RequestStanding } from './answers.ts'
import { type Folds, type FoldsJson, foldsFrom, foldsJson, newFolds } from './folds.ts'
import { type Jump, Jumps } from './jumps.ts'
import type { FoldedLetters } from './letters.ts'
import { causeOf, deliver, deliverTo, endMail, isWaiting } from './mail.ts'
import type { FoldedSchedules, ScheduleStanding } from './schedules.ts'
import { jumpTimers, skipTimers, takeTimer } from './timers.ts'
import { changeWork, endWork, newWork, partitionsAsked, putOffWork } from './works.ts'

type StepCause = Extract<Frame['cause'], { readonly kind: 'step' }>
type EntryOf<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }>

/** Why the uppermost supervisor gave up. */
export type Escalation = Pick<EntryOf<'escalated'>, 'agent' | 'restarts' | 'within' | 'error' | 'code' | 'stack'>

/** How far the creation of a party has come. */
export type Birth = 'created' | 'started' | 'failed'

/**
 * The standing of a partition: what all its frames add up to. To go on, the next owner needs only this, the checkpoints of the
 * agents and, for a party, its state. Each subject (agents, mail, timers, works, answers, letters, schedules) has a file of its
 * own here.
 *
 * @example
 * const standing = new Standing('party/p1')
 * for await (const frame of journal.read('party/p1')) standing.take(frame)
 */
export class Standing {
  readonly partition: Address
  position = 0
  /** The time of the last frame, epoch milliseconds. */
  time = 0
  /** The date of the clock at the last frame, or a later moment at which its owner certainly ran; `time` may be ahead of it. */
  date = 0
  /** How that date has jumped. */
  jumps = new Jumps()
  /** `undefined` for the agents outside the parties. */
  birth: Birth | undefined
  /** Set from when the root supervisor gave up until an agent begins anew. */
  gaveUp: Escalation | undefined
  /** The first inputs of a party, until it has them. */
  inputs: readonly FirstInput[] = []
  readonly #folds: Folds
  readonly #agents: FoldedAgents
  readonly #answers: FoldedAnswers
  readonly #letters: FoldedLetters
  readonly #schedules: FoldedSchedules

  constructor(partition: Address, folds: Folds = newFolds(partition)) {
    this.partition = partition
    this.#folds = folds
    this.#agents = folds.agents
    this.#answers = folds.answers
    this.#letters = folds.letters
    this.#schedules = folds.schedules
  }

  // ---- what there is ----

  /** Agents by name. */
  get agents(): ReadonlyMap<string, AgentStanding> {
    return this.#agents.byName
  }

  /** The types that agents hear, by definition. */
  get hears(): ReadonlyMap<string, readonly string[]> {
    return this.#agents.hears
  }

  /** Events that wait for any member of a pool, by the pool's name. */
  get pools(): Map<string, Mail> {
    return this.#agents.pools
  }

  /** Up to which position of each other partition the agents here have heard of it. */
  get heard(): ReadonlyMap<string, number> {
    return this.#folds.heard
  }

  get dead(): ReadonlySet<DeadLetter> {
    return this.#letters.dead
  }

  get schedules(): ReadonlyMap<string, ScheduleStanding> {
    return this.#schedules.running
  }

  /** Schedules whose last time has come. */
  get over(): ReadonlyMap<string, ScheduleStanding> {
    return this.#schedules.over
  }

  /** Since when agents of this partition hear each type, epoch milliseconds. */
  get hearing(): ReadonlyMap<string, number> {
    return this.#agents.hearing
  }

  /** An agent by its address. */
  at(address: Address): AgentStanding | undefined {
    return this.#agents.at(address)
  }

  /** The agent that wants some outside work. */
  ownerOf(key: string): AgentStanding | undefined {
    return this.at(key.slice(0, key.indexOf('@')))
  }

  /** The state of a request that came to this partition; `undefined` if it did not come. */
  request(key: string): RequestStanding | undefined {
    return this.#answers.requestOf(key, this.agents.values())
  }

  /** The partitions of callees that agents of this partition have asked by whole addresses, and that may not have answered. */
  get asked(): ReadonlySet<Address> {
    return new Set([...this.agents.values()].flatMap(partitionsAsked))
  }

  /** The other partitions that agents here have heard or answered. */
  get partitionsKnown(): readonly Address[] {
    return Array.from(new Set([...this.heard.keys(), ...this.#answers.askers]), partitionAt)
  }

  /** Forgets answers that no asker wants any more. */
  keepAnswers(isWanted: (key: string) => boolean): void {
    this.#answers.keep(isWanted)
  }

  // ---- frames ----

  take(frame: Frame): void {
    const { cause, entries } = frame
    const date = dateOf(frame)
    if (frame.clock && frame.clock.jumped !== 0) this.jump(frame.clock.jumped)
    this.position = frame.position
    const recovered = cause.kind === 'recovery' ? entries.find(entry => entry.kind === 'recovered') : undefined
    if (recovered) this.skip(Math.max(0, date - Math.max(this.date, recovered.since ?? 0)))
    this.time = frame.time
    this.date = date
    if (cause.kind === 'step') return this.#takeStep(frame, cause)
    for (const entry of entries) this.#takeEntry(entry, frame, undefined, undefined)
  }

  /**
   * Moves all dates by a jump of the clock, so that timers and deadlines wait as long as before. @param ms the jump, in
   * milliseconds
   */
  jump(ms: number): void {
    this.date += ms
    this.jumps.add({ at: this.position, ms })
    for (const agent of this.agents.values()) {
      for (const work of agent.works.values()) putOffWork(work, ms)
      jumpTimers(agent, ms)
    }
  }

  /**
   * Counts a time in which no process ran: work waits that much longer, and timers remember it. @param ms that time, in
   * milliseconds
   */
  skip(ms: number): void {
    for (const agent of this.agents.values()) {
      for (const work of agent.works.values()) putOffWork(work, ms)
      skipTimers(agent, ms)
    }
  }

  /** The process ended while an agent was being handed a position; `false` if the agent has handled it all the same. */
  suspect(name: string, seq: number): boolean {
    const agent = this.agents.get(name)
    if (!agent || !isWaiting(agent, seq, this.#agents)) return false
    agent.suspected.set(seq, (agent.suspected.get(seq) ?? 0) + 1)
    return true
  }

  #takeStep(frame: Frame, cause: StepCause): void {
    const { agent: address, handled: seq, outcome, on: because } = cause
    const { entries, position } = frame
    const agent = this.at(address)
    const isFailed = outcome === 'failed'
    // Most steps only change their machine.
    const led = agent && (isFailed || entries.length > 0) ? causeOf(agent, seq) : undefined
    const handled = agent && endMail(agent, seq, this.#agents)
    const on = handled?.id ?? because ?? led
    if (agent && handled?.ask !== undefined && outcome === 'handled') agent.taken.add(handled.ask)
    for (const entry of entries) {
      if (entry.kind === 'redelivered' && agent && handled) putBack(agent, handled, entry.attempt)
      else this.#takeEntry(entry, frame, agent, on)
    }
    // Looked up again, because the first step of an agent introduces it.
    const stepped = this.at(address)
    if (!stepped || outcome === 'ignored') return
    stepped.stepped = position
    if (!isFailed) return
    endWork(stepped, 'failed', this.#answers)
    stepped.failure = { on, correlation: handled?.correlationid ?? cause.correlation }
  }

  #takeEntry(entry: Entry, frame: Frame, agent: AgentStanding | undefined, on: string | undefined): void {
    switch (entry.kind) {
      case 'event':
        return this.#hear(entry)
      case 'asked':
        return deliverTo(entry.envelope, this.#agents)
      case 'redriven':
        this.#letters.remove(entry.envelope.id, entry.envelope.to)
        return deliverTo(entry.envelope, this.#agents)
      case 'purged':
        return this.#letters.remove(entry.id, entry.to)
      case 'dead':
        return this.#bury(entry, frame)
      case 'coalesced':
        return void this.at(entry.to)?.mail.delete(entry.at)
      case 'suspected':
        return void this.suspect(this.at(entry.agent)?.name ?? '', entry.at)
      case 'definition':
        return void this.#agents.hears.set(entry.definition, entry.hears)
      case 'agent':
        if (this.#agents.change(entry, this.date, this.position)) this.gaveUp = undefined
        return
      case 'escalated':
        return this.#giveUp(entry)
      case 'party':
        return this.#progress(entry)
      case 'forgotten':
        this.#folds.heard.delete(entry.party)
        return this.#answers.forgetPartition(entry.party)
      case 'scheduled':
        return this.#schedules.start(entry)
      case 'occurred':
        return this.#schedules.occur(entry)
      case 'unscheduled':
        return this.#schedules.end(entry)
      case 'timer':
      case 'cancelled':
      case 'fired':
        return takeTimer(this.at(entry.agent), entry, frame.position)
      case 'inside':
        return this.#handleInside(entry, frame.position)
      case 'reply':
        agent?.taken.delete(entry.key)
        return this.#answers.add(entry.key, { to: agent?.name ?? '', data: entry.data })
      case 'refusal':
        agent?.taken.delete(entry.key)
        return this.#answers.add(entry.key, { to: agent?.name ?? '', refusal: entry.refusal })
      default:
        if ('key' in entry && entry.key !== undefined) this.#takeWork(entry, entry.key, on)
    }
  }

  #takeWork(entry: Entry, key: string, on: string | undefined): void {
    const works = this.ownerOf(key)?.works
    const work = works?.get(key)
    // The asker knows how the ask ended, or does not want to know.
    if (entry.kind === 'dropped' || (entry.kind === 'outcome' && work)) this.#answers.forget(key, work)
    if (isWanted(entry)) works?.set(key, newWork(entry, this.date, on))
    else if (entry.kind === 'dropped') works?.delete(key)
    else if (work) changeWork(work, entry, this.date)
  }

  #hear({ envelope, heard }: EntryOf<'event'>): void {
    const key = keyIn(envelope)
    if (heard !== undefined && key !== undefined) this.#folds.heard.set(key, heard)
    deliver(envelope, this.#agents)
  }

  #bury(entry: EntryOf<'dead'>, frame: Frame): void {
    const { to, reason, envelope } = entry
    const agent = this.at(to)
    if (agent) endMail(agent, envelope.seq, this.#agents)
    if (envelope.ask !== undefined && reason !== 'stale')
      this.#answers.add(envelope.ask, { to: agent?.name ?? '', refused: reason })
    this.#letters.add(entry, frame)
  }

  #handleInside({ agent: address, handled }: EntryOf<'inside'>, position: number): void {
    const agent = this.at(address)
    if (!agent) return
    agent.stepped = position
    endMail(agent, handled, this.#agents)
  }

  /** Agents outside the parties begin anew, with their waiting mail; their timers and work end. */
  #giveUp(entry: EntryOf<'escalated'>): void {
    this.gaveUp = entry
    if (this.birth !== undefined) return
    for (const agent of this.agents.values()) {
      if (agent.gone !== undefined) continue
      agent.beginsAnew = true
      endWork(agent, 'failed', this.#answers)
    }
  }

  #progress({ what, inputs = [] }: EntryOf<'party'>): void {
    this.birth = what === 'retried' ? 'started' : what
    this.inputs = what === 'created' ? inputs : []
  }

  // ---- as a snapshot ----

  toJSON(): StandingJson {
    const { partition, position, time, date, jumps, birth, gaveUp, inputs } = this
    const facts = { partition, position, time, date, jumps: jumps.toJSON(), birth, gaveUp, inputs }
    return { ...facts, ...foldsJson(this.#folds) }
  }

  /** A copy that is independent of this one. */
  copy(): Standing {
    return Standing.from(this.toJSON())
  }

  /** The standing that `toJSON` gave. */
  static from(json: StandingJson): Standing {
    const { partition, position, time, date = time, jumps, birth, gaveUp, inputs } = json
    const standing = new Standing(partition, foldsFrom(json))
    Object.assign(standing, { position, time, date, jumps: new Jumps(jumps), birth, gaveUp, inputs })
    return standing
  }
}

/** A standing as JSON carries it. */
export interface StandingJson
  extends FoldsJson,
    Pick<Standing, 'partition' | 'position' | 'time' | 'birth' | 'gaveUp' | 'inputs'> {
  /** Older snapshots have neither of these. */
  readonly date?: number
  readonly jumps?: readonly Jump[]
}
