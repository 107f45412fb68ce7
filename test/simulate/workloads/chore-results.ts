import type { Frame } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'
import { finished, type Kind, newBell, poison, wanted } from './chore-events.ts'

interface Chore {
  readonly to: string
  readonly kind: Kind
  /** Its position in the journal. */
  seq: number | undefined
  isTaken: boolean
  isOver: boolean
}

const party = 'party/p1'
const addressOf = (agent: string) => `${agent === 'late' ? 'runtime' : party}/${agent}`

/** What a chore gives, however often its process ends. */
const expected: Record<Kind, string> = {
  keep: 'a date 86400000, a map of bigint',
  nest: 'nested',
  raise: 'rang twice',
  ask: 'asked 1',
  work: 'worked',
  wait: 'waited',
}

/** What the chores of a run must give, told by the journal alone. */
export class ChoreResults implements Invariant {
  readonly name = 'chores'
  readonly #report: Report
  readonly #chores = new Map<string, Chore>()
  /** Of which events agents failed since the party was created or retried. */
  #poisons = new Set<number>()
  readonly #max: number
  #isGuestGone = false
  #openings = 0

  /** @param max how many restarts are allowed */
  constructor(report: Report, max: number) {
    this.#report = report
    this.#max = max
  }

  wanted(chore: string, to: string, kind: Kind): void {
    this.#chores.set(chore, { to, kind, seq: undefined, isTaken: false, isOver: false })
  }

  written({ partition, frames }: Written): void {
    if (partition === party || partition === 'runtime') for (const frame of frames) this.#take(frame)
  }

  #take({ cause, entries }: Frame): void {
    if (cause.kind === 'step' && cause.type === wanted.type)
      for (const chore of this.#chores.values())
        if (chore.seq === cause.handled && cause.agent === addressOf(chore.to)) chore.isTaken = true
    if (cause.kind === 'step' && cause.outcome === 'failed' && cause.type === poison.type)
      this.#poisons.add(cause.handled)
    for (const entry of entries) {
      if (entry.kind === 'party' && entry.what === 'retried') this.#poisons = new Set()
      if (entry.kind === 'escalated' && this.#poisons.size <= this.#max)
        this.#report(`${entry.agent} gave up after ${this.#poisons.size} failures, and ${this.#max} are allowed`)
      if (entry.kind === 'scheduled' && entry.name === 'opening' && ++this.#openings > 1)
        this.#report('the opening begins twice')
      if (entry.kind === 'agent' && entry.what === 'restarting') this.#restart(entry.agent)
      if (entry.kind === 'dead') this.#die(entry.envelope.seq, entry.to)
      // The agents outside the parties hear it too.
      if (entry.kind !== 'event' || entry.heard !== undefined) continue
      const { type, data, seq, version } = entry.envelope
      if (type === newBell.type && version === newBell.version && !newBell.schema.safeParse(data).success)
        this.#report(`a schedule said ${JSON.stringify(data)} as version ${version}`)
      if (type === wanted.type) this.#give(wanted.schema.parse(data).chore, seq)
      if (type === finished.type) this.#finish(finished.schema.parse(data))
    }
  }

  #give(name: string, seq: number): void {
    const chore = this.#chores.get(name)
    if (chore) chore.seq = seq
  }

  /** Time passed until its hook had taken too long: it forgets what it was doing. */
  #restart(agent: string): void {
    for (const chore of this.#chores.values()) if (chore.isTaken && addressOf(chore.to) === agent) chore.isOver = true
  }

  /** It waited too long, or its agent had ended. */
  #die(seq: number, to: string): void {
    for (const chore of this.#chores.values()) if (chore.seq === seq && to === addressOf(chore.to)) chore.isOver = true
  }

  #finish({ chore: name, result }: { readonly chore: string; readonly result: string }): void {
    const chore = this.#chores.get(name)
    if (!chore) return this.#report(`${name} is finished, but nobody wanted it`)
    if (chore.isOver) return this.#report(`${name} of ${chore.to} is finished after it was over`)
    chore.isOver = true
    if (chore.to === 'guest') {
      if (this.#isGuestGone) this.#report(`the guest finished ${name}, although it had gone`)
      this.#isGuestGone = true
    } else if (result !== expected[chore.kind]) this.#report(`${name} (${chore.kind}) gave ${result}`)
  }

  /** Compares the end of the run with what the journal says. */
  check(): void {
    for (const [name, { to, kind, seq, isTaken, isOver }] of this.#chores) {
      // Whoever is spawned later, or has gone, need not hear it.
      const isDue = seq !== undefined && (isTaken || (to !== 'late' && to !== 'guest'))
      if (isDue && !isOver) this.#report(`${name} (${kind}) was wanted of ${to} at ${seq} and is never finished`)
    }
  }
}
