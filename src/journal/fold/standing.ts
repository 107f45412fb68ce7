import { type Address, partitionAt } from '../../mail/address.ts'
import type { DeadLetter } from '../../mail/dead-letters.ts'
import { dateOf, type Frame } from '../frame.ts'
import type { AgentStanding, Mail } from './agent-standing.ts'
import type { RequestStanding } from './answers.ts'
import { EntryFold } from './entry-fold.ts'
import { type Folds, type FoldsJson, foldsFrom, foldsJson, type Life, newFolds } from './folds.ts'
import { type Jump, Jumps } from './jumps.ts'
import { suspect } from './mail.ts'
import type { ScheduleStanding } from './schedules.ts'
import { jumpTimers, skipTimers } from './timers.ts'
import { partitionsAsked, putOffWork } from './works.ts'

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
  readonly #folds: Folds
  readonly #entries: EntryFold

  constructor(partition: Address, folds: Folds = newFolds(partition)) {
    this.partition = partition
    this.#folds = folds
    this.#entries = new EntryFold(folds)
  }

  // ---- what there is ----

  get life(): Life {
    return this.#folds.life
  }

  /** Agents by name. */
  get agents(): ReadonlyMap<string, AgentStanding> {
    return this.#folds.agents.byName
  }

  /** The types that agents hear, by definition. */
  get hears(): ReadonlyMap<string, readonly string[]> {
    return this.#folds.agents.hears
  }

  /** Events that wait for any member of a pool, by the pool's name. */
  get pools(): Map<string, Mail> {
    return this.#folds.agents.pools
  }

  /** Up to which position of each other partition the agents here have heard of it. */
  get heard(): ReadonlyMap<string, number> {
    return this.#folds.heard
  }

  get dead(): ReadonlySet<DeadLetter> {
    return this.#folds.letters.dead
  }

  get schedules(): ReadonlyMap<string, ScheduleStanding> {
    return this.#folds.schedules.running
  }

  /** Schedules whose last time has come. */
  get over(): ReadonlyMap<string, ScheduleStanding> {
    return this.#folds.schedules.over
  }

  /** Since when agents of this partition hear each type, epoch milliseconds. */
  get hearing(): ReadonlyMap<string, number> {
    return this.#folds.agents.hearing
  }

  /** An agent by its address. */
  at(address: Address): AgentStanding | undefined {
    return this.#folds.agents.at(address)
  }

  /** The agent that wants some outside work. */
  ownerOf(key: string): AgentStanding | undefined {
    return this.#folds.agents.ownerOf(key)
  }

  /** The state of a request that came to this partition; `undefined` if it did not come. */
  request(key: string): RequestStanding | undefined {
    return this.#folds.answers.requestOf(key, this.agents.values())
  }

  /** The partitions of callees that agents of this partition have asked by whole addresses, and that may not have answered. */
  get asked(): ReadonlySet<Address> {
    return new Set([...this.agents.values()].flatMap(partitionsAsked))
  }

  /** The other partitions that agents here have heard or answered. */
  get partitionsKnown(): readonly Address[] {
    return Array.from(new Set([...this.heard.keys(), ...this.#folds.answers.askers]), partitionAt)
  }

  /** Forgets answers that no asker wants any more. */
  keepAnswers(isWanted: (key: string) => boolean): void {
    this.#folds.answers.keep(isWanted)
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
    this.#entries.take(frame)
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
    return suspect(this.agents.get(name), seq, this.#folds.agents)
  }

  // ---- as a snapshot ----

  toJSON(): StandingJson {
    const { partition, position, time, date, jumps } = this
    return { partition, position, time, date, jumps: jumps.toJSON(), ...foldsJson(this.#folds) }
  }

  /** A copy that is independent of this one. */
  copy(): Standing {
    return Standing.from(this.toJSON())
  }

  /** The standing that `toJSON` gave. */
  static from(json: StandingJson): Standing {
    const { partition, position, time, date = time, jumps } = json
    const standing = new Standing(partition, foldsFrom(json))
    return Object.assign(standing, { position, time, date, jumps: new Jumps(jumps) })
  }
}

/** A standing as JSON carries it. */
export interface StandingJson extends FoldsJson, Pick<Standing, 'partition' | 'position' | 'time'> {
  /** Older snapshots have neither of these. */
  readonly date?: number
  readonly jumps?: readonly Jump[]
}
