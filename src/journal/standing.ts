import type { EventOf } from '../events/event.ts'
import type { Refusal } from '../events/refusal.ts'
import { type Address, partitionOf, partyOf, splitAddress } from '../mail/address.ts'
import type { DeadLetter, DeadReason } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { ErrorWords } from '../thrown.ts'
import type { PlannedSchedule } from '../time/schedule.ts'
import {
  type AgentJson,
  type AgentStanding,
  agentJson,
  agentOf,
  isMember,
  type Mail,
  mailOf,
  newAgent,
  putBack,
  type TimerStanding,
  type WorkStanding,
} from './agent-standing.ts'
import { type Cause, dateOf, type Entry, type FirstInput, type Frame, isWanted } from './frame.ts'
import { type Jump, Jumps } from './jumps.ts'

type StepCause = Extract<Frame['cause'], { readonly kind: 'step' }>
type EntryOf<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }>

/** An event that is to be said at certain times. */
export interface ScheduleStanding {
  readonly name: string
  readonly plan: PlannedSchedule
  readonly event: EventOf
  /** Of its event's schema; left out for 1. */
  readonly version?: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** The last of its times that came, epoch milliseconds. */
  last: number | undefined
}

/** What became of a request whose asker may not know it yet. */
export type AnswerStanding =
  | { readonly to: Address; readonly data: unknown }
  | { readonly to: Address; readonly refusal: Refusal }
  | { readonly to: Address; readonly refused: DeadReason }

/** A request that is known where it was sent to. */
export interface RequestStanding {
  readonly answer: AnswerStanding | undefined
  /** The incarnation that has it in hand. */
  readonly takenBy: number | undefined
}

/** Why the supervisor above all others gave up. */
export type Escalation = Pick<EntryOf<'escalated'>, 'agent' | 'restarts' | 'within' | 'error' | 'code' | 'stack'>

/** How far a party has come. */
export type Birth = 'created' | 'started' | 'failed'

/** The newest of each are remembered: dead letters, answers to askers elsewhere, and which agents have stopped. */
const mostDead = 1_000
const mostAnswers = 100_000
const mostGone = 10_000

/** Schedules that are over are known by their names, the newest of each partition. */
const mostOver = 1_000

/**
 * How a partition stands: what its frames add up to. Whoever goes on with it needs nothing else but the checkpoints of its
 * agents and, of a party, its state.
 *
 * @example
 * const standing = new Standing('party/p1')
 * for await (const frame of journal.read('party/p1')) standing.take(frame)
 */
export class Standing {
  readonly partition: Address
  position = 0
  /** Of the last frame, epoch milliseconds. */
  time = 0
  /** What the clock showed then, or when its owner is known to have been there last, after that; `time` may be ahead of it. */
  date = 0
  /** How that date has jumped. */
  jumps = new Jumps()
  /** None for agents outside parties. */
  birth: Birth | undefined
  /** Set while the supervisor above all others has given up, and nobody has begun anew. */
  gaveUp: Escalation | undefined
  /** What a party is to begin with, until it has. */
  inputs: readonly FirstInput[] = []
  /** What agents hear, by their definitions. */
  readonly hears = new Map<string, readonly string[]>()
  readonly agents = new Map<string, AgentStanding>()
  /** What waits for any of a pool's members, by the pool's name. */
  readonly pools = new Map<string, Mail>()
  readonly answers = new Map<string, AnswerStanding>()
  /** Up to which position of each party the agents here have heard of it. */
  readonly heard = new Map<string, number>()
  readonly dead = new Set<DeadLetter>()
  readonly schedules = new Map<string, ScheduleStanding>()
  /** Schedules whose last time has come. */
  readonly over = new Map<string, ScheduleStanding>()
  readonly #hearers = new Map<string, Set<Mail>>()
  readonly #gone = new Set<string>()
  /** Of the addresses of agents here. */
  readonly #prefix: string
  /** By their addresses, as far as somebody asked: a name that is cut out of an address takes long to look up. */
  readonly #found = new Map<Address, AgentStanding>()

  constructor(partition: Address) {
    this.partition = partition
    this.#prefix = `${partition}/`
  }

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

  #takeStep(frame: Frame, cause: StepCause): void {
    const { agent: address, handled: seq, outcome, on: because } = cause
    const { entries, position } = frame
    const agent = this.at(address)
    const isFailed = outcome === 'failed'
    // Most steps only change their machine.
    const led = agent && (isFailed || entries.length > 0) ? causeOf(agent, seq) : undefined
    const handled = agent && this.#endMail(agent, seq)
    const on = handled?.id ?? because ?? led
    if (agent && handled?.ask !== undefined && outcome === 'handled') agent.taken.add(handled.ask)
    for (const entry of entries) {
      if (entry.kind === 'redelivered' && agent && handled) putBack(agent, handled, entry.attempt)
      else this.#takeEntry(entry, frame, agent, on)
    }
    // The first step of an agent is where it is introduced.
    const stepped = this.at(address)
    if (!stepped || outcome === 'ignored') return
    stepped.stepped = position
    if (!isFailed) return
    this.#end(stepped, 'failed')
    stepped.failure = { on, correlation: handled?.correlationid ?? cause.correlation }
  }

  /** The date has jumped by so many milliseconds: what waits for a date waits no longer for that, and no shorter. */
  jump(ms: number): void {
    this.date += ms
    this.jumps.add({ at: this.position, ms })
    for (const { works, timers } of this.agents.values()) {
      for (const work of works.values()) putOff(work, ms)
      for (const [key, timer] of timers)
        if (typeof timer.at === 'number') timers.set(key, { ...timer, at: timer.at + ms })
    }
  }

  /** Nobody was there for so many milliseconds: what waits for an answer, or for what is left of its time, waits on. */
  skip(ms: number): void {
    for (const { works, timers } of this.agents.values()) {
      for (const work of works.values()) putOff(work, ms)
      for (const [id, timer] of timers) timers.set(id, { ...timer, away: (timer.away ?? 0) + ms })
    }
  }

  /** An agent by its address. */
  at(address: Address): AgentStanding | undefined {
    const known = this.#found.get(address)
    if (known || !address.startsWith(this.#prefix)) return known
    const agent = this.agents.get(address.slice(this.#prefix.length))
    if (agent) this.#found.set(address, agent)
    return agent
  }

  /** The process ended while an agent was being handed something; `false` if it has handled it all the same. */
  suspect(name: string, seq: number): boolean {
    const agent = this.agents.get(name)
    if (!agent || !this.#isWaiting(agent, seq)) return false
    agent.suspected.set(seq, (agent.suspected.get(seq) ?? 0) + 1)
    return true
  }

  /** Whether an agent has yet to handle a position: mail, a timer that has fired, or how work of its own has ended. */
  #isWaiting(agent: AgentStanding, seq: number): boolean {
    if (agent.mail.has(seq) || agent.fired.has(seq) || this.#poolMail(agent)?.has(seq)) return true
    return [...agent.works.values()].some(({ outcome }) => outcome?.seq === seq)
  }

  /** What became of a request so far, if it came here at all. */
  request(key: string): RequestStanding | undefined {
    const answer = this.answers.get(key)
    if (answer) return { answer, takenBy: undefined }
    for (const { taken, incarnation, mail } of this.agents.values()) {
      if (taken.has(key)) return { answer: undefined, takenBy: incarnation }
      for (const { ask } of mail.values()) if (ask === key) return { answer: undefined, takenBy: undefined }
    }
    return undefined
  }

  /** The partitions of those whom agents here have asked by their whole addresses, and who may not have answered. */
  get asked(): ReadonlySet<Address> {
    const works = [...this.agents.values()].flatMap(agent => [...agent.works.values()])
    const callees = works.flatMap(({ to, callees = [] }) => (to === undefined ? callees : [to, ...callees]))
    return new Set(callees.flatMap(to => (to.includes('/') ? splitAddress(to).partition : [])))
  }

  /** Since when each type is heard here, epoch milliseconds. */
  get hearing(): ReadonlyMap<string, number> {
    const hearing = new Map<string, number>()
    for (const { definition, gone, since } of this.agents.values())
      for (const type of gone === undefined ? (this.hears.get(definition) ?? []) : [])
        hearing.set(type, Math.min(since, hearing.get(type) ?? since))
    return hearing
  }

  /** The agent that wants some outside work. */
  ownerOf(key: string): AgentStanding | undefined {
    return this.at(key.slice(0, key.indexOf('@')))
  }

  #takeEntry(entry: Entry, frame: Frame, agent: AgentStanding | undefined, on: string | undefined): void {
    switch (entry.kind) {
      case 'event':
        return this.#deliver(entry)
      case 'asked':
        return this.#deliverTo(entry.envelope)
      case 'redriven':
        this.#revive(entry.envelope.id, entry.envelope.to)
        return this.#deliverTo(entry.envelope)
      case 'purged':
        return this.#revive(entry.id, entry.to)
      case 'dead':
        return this.#bury(entry, frame)
      case 'coalesced':
        return void this.at(entry.to)?.mail.delete(entry.at)
      case 'suspected':
        return void this.suspect(this.at(entry.agent)?.name ?? '', entry.at)
      case 'definition':
        return void this.hears.set(entry.definition, entry.hears)
      case 'agent':
        return this.#change(entry)
      case 'escalated':
        return this.#giveUp(entry)
      case 'party':
        return this.#progress(entry)
      case 'scheduled':
        return this.#schedule(entry)
      case 'occurred':
        return this.#occur(entry)
      case 'forgotten':
        return this.#forgetParty(entry.party)
      case 'unscheduled':
        return this.#unschedule(entry)
      case 'timer':
        return this.#setTimer(entry, frame.position)
      case 'cancelled':
        return this.#cancelTimer(entry, frame.position)
      case 'fired':
        return this.#fire(entry, frame.position)
      case 'inside':
        return this.#handleInside(entry, frame.position)
      case 'reply':
        agent?.taken.delete(entry.key)
        return this.#answer(entry.key, { to: agent?.name ?? '', data: entry.data })
      case 'refusal':
        agent?.taken.delete(entry.key)
        return this.#answer(entry.key, { to: agent?.name ?? '', refusal: entry.refusal })
      default:
        return this.#takeWork(entry, this.date, on)
    }
  }

  #takeWork(entry: Entry, date: number, on: string | undefined): void {
    if (!('key' in entry) || entry.key === undefined) return
    const { key, kind } = entry
    const works = this.ownerOf(key)?.works
    const work = works?.get(key)
    if (isWanted(entry)) {
      const expires = date + ((kind === 'ask' ? entry.deadline : undefined) ?? Number.POSITIVE_INFINITY)
      const { to, callees } = kind === 'ask' ? entry : {}
      works?.set(key, { seq: entry.seq, expires, on, to, callees, attempt: 1, held: false, outcome: undefined })
    } else if (kind === 'dropped') {
      this.#forgetAnswers(key, work)
      works?.delete(key)
    } else if (!work) return
    else if (kind === 'outcome') {
      work.outcome = entry
      this.#forgetAnswers(key, work)
    } else if (kind === 'held' || kind === 'retried') {
      work.attempt = entry.attempt
      work.held = kind === 'held'
      work.due = undefined
    } else if (kind === 'progressed') work.progress = entry.data
    else if (kind === 'tried') {
      work.failures = (work.failures ?? 0) + 1
      work.due = date + entry.wait
    }
  }

  // ---- mail ----

  #deliver({ envelope, heard }: EntryOf<'event'>): void {
    if (heard !== undefined && envelope.party !== undefined) this.heard.set(envelope.party, heard)
    if (envelope.to !== undefined) return this.#deliverTo(envelope)
    const hearers = this.#hearers.get(envelope.type)
    if (hearers) for (const mail of hearers) mail.set(envelope.seq, envelope)
  }

  #deliverTo(envelope: Envelope): void {
    const agent = envelope.to === undefined ? undefined : this.at(envelope.to)
    if (agent && agent.gone === undefined) agent.mail.set(envelope.seq, envelope)
  }

  /** A position was handled; returns the event that it was, if it was one. */
  #endMail(agent: AgentStanding, seq: number): Envelope | undefined {
    const shared = this.#poolMail(agent)
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

  #bury({ to, reason, attempts, envelope, error: own }: EntryOf<'dead'>, { time: last, cause }: Frame): void {
    const { partition } = this
    const agent = this.at(to)
    if (agent) this.#endMail(agent, envelope.seq)
    if (envelope.ask !== undefined && reason !== 'stale')
      this.#answer(envelope.ask, { to: agent?.name ?? '', refused: reason })
    const before = envelope.redriven ?? { attempts: 0, first: last }
    const error = reason === 'failed' ? (own ?? thrownIn(cause)) : undefined
    this.dead.add({
      envelope,
      to,
      partition,
      reason,
      attempts: before.attempts + attempts,
      ...(error && { error }),
      first: before.first,
      last,
    })
    forgetOldest(this.dead, mostDead)
  }

  /** A dead letter is one no more. */
  #revive(id: string, to: Address | undefined): void {
    for (const letter of this.dead) if (letter.envelope.id === id && letter.to === to) this.dead.delete(letter)
  }

  // ---- agents ----

  #change({
    agent: address,
    what,
    incarnation,
    definition,
    under = '',
    input,
    reason,
    seq,
    output,
  }: EntryOf<'agent'>): void {
    const name = address.slice(this.partition.length + 1)
    const known = this.agents.get(name)
    if (what === 'stopped') {
      if (!known) return
      known.gone = reason ?? 'stopped'
      known.goneAt = seq
      known.output = output
      this.#end(known, 'stopped')
      this.#unhear(known)
      return this.#forgetGone(known)
    }
    if (what === 'migrated') {
      if (known) this.#migrate(known, definition)
      if (known) known.stepped = this.position
      return
    }
    const isNew = !known || (known.gone !== undefined && what !== 'restarting')
    const { date: since } = this
    const agent = isNew && definition !== undefined ? newAgent(name, definition, { under, input, since }) : known
    if (!agent) return
    if (isNew) this.#forget(name)
    this.agents.set(name, agent)
    if (what === 'restarting') this.#end(agent, 'failed')
    if (isNew || agent.gone !== undefined) this.#hear(agent)
    agent.gone = undefined
    agent.failure = undefined
    agent.incarnation = incarnation
    if (what === 'declared') return
    agent.beginsAnew = false
    this.gaveUp = undefined
  }

  /** Of those that are there no more, only the newest are remembered. */
  #forgetGone({ name }: AgentStanding): void {
    this.#gone.add(name)
    if (this.#gone.size <= mostGone) return
    const [oldest = ''] = this.#gone
    this.#gone.delete(oldest)
    if (this.agents.get(oldest)?.gone !== undefined) this.#forget(oldest)
  }

  #forget(name: string): void {
    this.agents.delete(name)
    this.#found.delete(`${this.#prefix}${name}`)
  }

  #migrate(agent: AgentStanding, definition = agent.definition): void {
    this.#unhear(agent)
    agent.definition = definition
    if (agent.gone === undefined) this.#hear(agent)
  }

  #hear(agent: AgentStanding): void {
    const mail = this.#sharedMail(agent)
    for (const type of this.hears.get(agent.definition) ?? []) {
      const hearers = this.#hearers.get(type)
      if (hearers) hearers.add(mail)
      else this.#hearers.set(type, new Set([mail]))
    }
  }

  #unhear(agent: AgentStanding): void {
    if (this.#poolMail(agent)) return
    for (const type of this.hears.get(agent.definition) ?? []) this.#hearers.get(type)?.delete(agent.mail)
  }

  /** Where what it hears waits: the members of a pool share it. */
  #sharedMail(agent: AgentStanding): Mail {
    if (!isMember(agent)) return agent.mail
    const mail = this.pools.get(agent.under) ?? new Map<number, Envelope>()
    this.pools.set(agent.under, mail)
    return mail
  }

  #poolMail(agent: AgentStanding): Mail | undefined {
    return this.pools.size > 0 && isMember(agent) ? this.pools.get(agent.under) : undefined
  }

  /** Nothing goes on that an incarnation wanted; those that asked it are told. */
  #end(agent: AgentStanding, why: 'failed' | 'stopped'): void {
    agent.timers.clear()
    agent.fired.clear()
    for (const [key, work] of agent.works) this.#forgetAnswers(key, work)
    agent.works.clear()
    for (const key of agent.taken) this.#answer(key, { to: agent.name, refused: why })
    agent.taken.clear()
  }

  /** Agents outside the parties begin anew, with the mail that waits for them: nothing goes on that they wanted before. */
  #giveUp(entry: EntryOf<'escalated'>): void {
    this.gaveUp = entry
    if (this.birth !== undefined) return
    for (const agent of this.agents.values()) {
      if (agent.gone !== undefined) continue
      agent.beginsAnew = true
      this.#end(agent, 'failed')
    }
  }

  #progress({ what, inputs = [] }: EntryOf<'party'>): void {
    this.birth = what === 'retried' ? 'started' : what
    this.inputs = what === 'created' ? inputs : []
  }

  // ---- timers and asks ----

  #setTimer(entry: EntryOf<'timer'>, position: number): void {
    const agent = this.at(entry.agent)
    if (!agent) return
    supersede(agent, entry.id, entry.inside)
    agent.timers.set(entry.key ?? entry.id, entry)
    if (entry.inside) agent.stepped = position
  }

  #cancelTimer({ agent: address, id, key, isInside }: EntryOf<'cancelled'>, position: number): void {
    const agent = this.at(address)
    if (!agent) return
    if (isInside) agent.stepped = position
    if (key !== undefined) agent.timers.delete(key)
    else
      for (const [known, timer] of agent.timers)
        if (timer.id === id && !timer.inside && !timer.isSuperseded) agent.timers.delete(known)
  }

  #fire({ agent: address, id, key = id, seq, isInside }: EntryOf<'fired'>, position: number): void {
    const agent = this.at(address)
    if (agent && isInside) agent.stepped = position
    const timer = agent?.timers.get(key)
    if (!agent || !timer) return
    agent.timers.delete(key)
    supersede(agent, id, timer.inside)
    // The event of a timer for another agent was said in the same frame.
    if (timer.to === undefined) agent.fired.set(seq, timer)
  }

  #handleInside({ agent: address, handled }: EntryOf<'inside'>, position: number): void {
    const agent = this.at(address)
    if (!agent) return
    agent.stepped = position
    this.#endMail(agent, handled)
  }

  #schedule({ name, plan, event, version, startedAt }: EntryOf<'scheduled'>): void {
    const ofVersion = version === undefined ? {} : { version }
    this.over.delete(name)
    this.schedules.set(name, { name, plan, event, ...ofVersion, startedAt, last: undefined })
  }

  #occur(entry: EntryOf<'occurred'>): void {
    const schedule = this.schedules.get(entry.name)
    if (schedule) schedule.last = entry.at
    if (entry.over) this.#unschedule(entry)
  }

  #unschedule({ name, over }: EntryOf<'occurred' | 'unscheduled'>): void {
    const schedule = this.schedules.get(name)
    this.schedules.delete(name)
    if (!over) this.over.delete(name)
    else if (schedule) rememberOver(this.over, schedule)
  }

  #answer(key: string, answer: AnswerStanding): void {
    // Whoever is outside the agents does not outlive the process.
    if (key.startsWith('outside/')) return
    this.answers.delete(key)
    this.answers.set(key, answer)
    forgetOldest(this.answers, mostAnswers)
  }

  #forgetAnswers(key: string, work: WorkStanding | undefined): void {
    this.answers.delete(key)
    // The answers of several agents have keys below that of the ask.
    for (const place of work?.callees?.keys() ?? []) this.answers.delete(`${key}/${place}`)
  }

  /** Nobody asks for an answer any more that is not wanted. */
  keepAnswers(isWanted: (key: string) => boolean): void {
    for (const key of this.answers.keys()) if (!isWanted(key)) this.answers.delete(key)
  }

  /** The parties that agents here have heard or answered. */
  get partiesKnown(): readonly string[] {
    const askers = Array.from(this.answers.keys(), key => partyOf(splitAddress(key).partition) ?? [])
    return [...new Set([...this.heard.keys(), ...askers.flat()])]
  }

  #forgetParty(party: string): void {
    const asked = `${partitionOf(party)}/`
    this.heard.delete(party)
    this.keepAnswers(key => !key.startsWith(asked))
  }

  // ---- as a snapshot ----

  toJSON(): StandingJson {
    const { partition, position, time, date, jumps, birth, gaveUp, inputs } = this
    return {
      partition,
      position,
      time,
      date,
      jumps: jumps.toJSON(),
      birth,
      gaveUp,
      inputs,
      hears: [...this.hears],
      agents: Array.from(this.agents.values(), agentJson),
      pools: Array.from(this.pools, ([name, mail]) => [name, [...mail.values()]] as const),
      answers: [...this.answers],
      heard: [...this.heard],
      dead: [...this.dead],
      schedules: Array.from(this.schedules.values(), one => ({ ...one })),
      over: [...this.over.values()],
    }
  }

  /** One that goes on by itself. */
  copy(): Standing {
    return Standing.from(this.toJSON())
  }

  /** The standing that `toJSON` gave. */
  static from({ partition, position, time, birth, gaveUp, inputs, ...json }: StandingJson): Standing {
    const standing = new Standing(partition)
    const { date = time, jumps } = json
    Object.assign(standing, { position, time, date, jumps: new Jumps(jumps), birth, gaveUp, inputs })
    for (const [definition, hears] of json.hears) standing.hears.set(definition, hears)
    for (const [name, mail] of json.pools) standing.pools.set(name, mailOf(mail))
    for (const agent of json.agents) {
      const known = agentOf(agent)
      standing.agents.set(known.name, known)
      if (known.gone === undefined) standing.#hear(known)
      else standing.#gone.add(known.name)
    }
    for (const [key, answer] of json.answers) standing.answers.set(key, answer)
    for (const [party, position] of json.heard) standing.heard.set(party, position)
    for (const letter of json.dead) standing.dead.add(letter)
    for (const schedule of json.schedules) standing.schedules.set(schedule.name, schedule)
    for (const schedule of json.over ?? []) standing.over.set(schedule.name, schedule)
    return standing
  }
}

/** A standing as JSON carries it. */
export interface StandingJson
  extends Pick<Standing, 'partition' | 'position' | 'time' | 'birth' | 'gaveUp' | 'inputs'> {
  /** Older snapshots have neither of these. */
  readonly date?: number
  readonly jumps?: readonly Jump[]
  readonly hears: readonly (readonly [string, readonly string[]])[]
  readonly agents: readonly AgentJson[]
  readonly pools: readonly (readonly [string, readonly Envelope[]])[]
  readonly answers: readonly (readonly [string, AnswerStanding])[]
  readonly heard: readonly (readonly [string, number])[]
  readonly dead: readonly DeadLetter[]
  readonly schedules: readonly ScheduleStanding[]
  /** Older snapshots have none. */
  readonly over?: readonly ScheduleStanding[]
}

/** Keeps a schedule that is over among those of its partition; the oldest of more than 1,000 is forgotten. */
export function rememberOver(over: Map<string, ScheduleStanding>, schedule: ScheduleStanding): void {
  over.delete(schedule.name)
  over.set(schedule.name, schedule)
  forgetOldest(over, mostOver)
}

/** What a failed step threw, in words. */
function thrownIn(cause: Cause): ErrorWords | undefined {
  if (cause.kind !== 'step' || cause.error === undefined) return undefined
  const { error: message, code = 'UNEXPECTED', stack } = cause
  return { code, message, ...(stack !== undefined && { stack }) }
}

/** The id of the event that led to a timer or an outcome at a position of an agent. */
function causeOf({ mail, fired, works }: AgentStanding, seq: number): string | undefined {
  if (mail.has(seq)) return undefined
  const timer = fired.get(seq)
  if (timer) return timer.origin.causationid
  for (const { outcome, on } of works.values()) if (outcome?.seq === seq) return on
  return undefined
}

/** No earlier timer of an id is taken back by it: a newer one has it, or one of them has fired, as XState has it. */
function supersede({ timers }: AgentStanding, id: string, inside: TimerStanding['inside']): void {
  const source = inside?.source.join('/')
  for (const [key, timer] of timers)
    if (timer.id === id && timer.inside?.source.join('/') === source && !timer.isSuperseded)
      timers.set(key, { ...timer, isSuperseded: true })
}

/** What work waits for comes so many milliseconds later. */
function putOff(work: WorkStanding, ms: number): void {
  work.expires += ms
  if (work.due !== undefined) work.due += ms
}

interface Kept<K> {
  readonly size: number
  keys(): Iterable<K>
  delete(key: K): boolean
}

function forgetOldest<K>(kept: Kept<K>, most: number): void {
  if (kept.size <= most) return
  const [oldest] = kept.keys()
  if (oldest !== undefined) kept.delete(oldest)
}
