import { keyIn } from '../../mail/envelope.ts'
import { type Cause, dateOf, type Entry, type EntryOf, type Frame, isWanted } from '../frame.ts'
import { type AgentStanding, putBack } from './agent-standing.ts'
import type { FoldedAgents } from './agents.ts'
import type { FoldedAnswers } from './answers.ts'
import type { Folds } from './folds.ts'
import type { FoldedLetters } from './letters.ts'
import { causeOf, deliver, deliverTo, endMail, suspect } from './mail.ts'
import type { FoldedSchedules } from './schedules.ts'
import { takeTimer } from './timers.ts'
import { changeWork, endWork, newWork } from './works.ts'

/** Takes the entries of frames: which subject each entry changes. */
export class EntryFold {
  readonly #folds: Folds
  readonly #agents: FoldedAgents
  readonly #answers: FoldedAnswers
  readonly #letters: FoldedLetters
  readonly #schedules: FoldedSchedules

  constructor(folds: Folds) {
    this.#folds = folds
    this.#agents = folds.agents
    this.#answers = folds.answers
    this.#letters = folds.letters
    this.#schedules = folds.schedules
  }

  take(frame: Frame): void {
    const { cause, entries } = frame
    if (cause.kind === 'step') return this.#takeStep(frame, cause)
    for (const entry of entries) this.#takeEntry(entry, frame, undefined, undefined)
  }

  #takeStep(frame: Frame, cause: Extract<Cause, { readonly kind: 'step' }>): void {
    const { agent: address, handled: seq, outcome, on: because } = cause
    const { entries, position } = frame
    const agent = this.#agents.at(address)
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
    const stepped = this.#agents.at(address)
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
        return this.#ask(entry)
      case 'redriven':
        this.#letters.remove(entry.envelope.id, entry.envelope.to)
        return deliverTo(entry.envelope, this.#agents)
      case 'purged':
        return this.#letters.remove(entry.id, entry.to)
      case 'dead':
        return this.#bury(entry, frame)
      case 'coalesced':
        return void this.#agents.at(entry.to)?.mail.delete(entry.at)
      case 'suspected':
        return void suspect(this.#agents.at(entry.agent), entry.at, this.#agents)
      case 'definition':
        return void this.#agents.hears.set(entry.definition, entry.hears)
      case 'agent':
        if (this.#agents.change(entry, dateOf(frame), frame.position)) this.#folds.life.gaveUp = undefined
        return
      case 'escalated':
        this.#folds.life.gaveUp = entry
        // Agents outside the parties begin anew, with their waiting mail.
        if (this.#folds.life.birth === undefined) this.#agents.beginAnew()
        return
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
        return takeTimer(this.#agents.at(entry.agent), entry, frame.position)
      case 'inside':
        return this.#handleInside(entry, frame.position)
      case 'reply':
        agent?.taken.delete(entry.key)
        return this.#answers.add(entry.key, { to: agent?.name ?? '', data: entry.data })
      case 'refusal':
        agent?.taken.delete(entry.key)
        return this.#answers.add(entry.key, { to: agent?.name ?? '', refusal: entry.refusal })
      default:
        if ('key' in entry && entry.key !== undefined) this.#takeWork(entry, entry.key, dateOf(frame), on)
    }
  }

  #takeWork(entry: Entry, key: string, date: number, on: string | undefined): void {
    const works = this.#agents.ownerOf(key)?.works
    const work = works?.get(key)
    // The asker knows how the ask ended, or does not want to know.
    if (entry.kind === 'dropped' || (entry.kind === 'outcome' && work)) this.#answers.forget(key, work)
    if (isWanted(entry)) works?.set(key, newWork(entry, date, on))
    else if (entry.kind === 'dropped') works?.delete(key)
    else if (work) changeWork(work, entry, date)
  }

  #hear({ envelope, heard }: EntryOf<'event'>): void {
    const key = keyIn(envelope)
    if (heard !== undefined && key !== undefined) this.#folds.heard.set(key, heard)
    deliver(envelope, this.#agents)
  }

  /** A party that was deleted and created again asks under the same keys: the request counts, not an answer before it. */
  #ask({ envelope }: EntryOf<'asked'>): void {
    if (envelope.ask !== undefined) this.#answers.known.delete(envelope.ask)
    deliverTo(envelope, this.#agents)
  }

  #bury(entry: EntryOf<'dead'>, frame: Frame): void {
    const { to, reason, envelope } = entry
    const agent = this.#agents.at(to)
    if (agent) endMail(agent, envelope.seq, this.#agents)
    if (envelope.ask !== undefined && reason !== 'stale')
      this.#answers.add(envelope.ask, { to: agent?.name ?? '', refused: reason })
    this.#letters.add(entry, frame)
  }

  #handleInside({ agent: address, handled }: EntryOf<'inside'>, position: number): void {
    const agent = this.#agents.at(address)
    if (!agent) return
    agent.stepped = position
    endMail(agent, handled, this.#agents)
  }

  #progress({ what, inputs = [] }: EntryOf<'party'>): void {
    const { life } = this.#folds
    life.birth = what === 'retried' ? 'started' : what
    life.inputs = what === 'created' ? inputs : []
  }
}
