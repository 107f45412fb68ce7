import type { Around, DeadLetter, Envelope, Frame, Observation, SpanFacts } from '../index.ts'
import type { Happening } from './happening.ts'
import { probeTold } from './probe-agent.ts'

/** An ask that was sent. */
export interface RecordedAsk {
  readonly type: string
  readonly from: string
  readonly to: string
  readonly input: unknown
}

/** One attempt at a piece of work that an agent invoked, such as an effect. */
export interface RecordedWork {
  readonly work: string
  readonly name: string
  readonly agent: string
  readonly input: unknown
  readonly attempt: number
}

/** A new incarnation of an agent, after it failed. */
export interface RecordedRestart {
  readonly agent: string
  readonly incarnation: number | undefined
}

/** What happened in a test, in order, through all its processes. */
export class RunRecord implements Around {
  readonly payloads = true
  readonly #events: Envelope[] = []
  readonly #letters: DeadLetter[] = []
  readonly #asks: RecordedAsk[] = []
  readonly #works: RecordedWork[] = []
  readonly #restarts: RecordedRestart[] = []
  /** The keys of all asks, by which an ask is known again in the next process. */
  readonly #askKeys = new Set<string>()
  readonly #frames: Frame[] = []
  readonly #happenings: Happening[] = []
  readonly #now: () => number

  /** @param now the time by the clock of the run, epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** What was published, by agents, the runtime and the test. */
  get events(): readonly Envelope[] {
    return this.#events
  }

  /** Events that could not be delivered, or on which an agent failed. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#letters
  }

  /** What was asked: an ask is there once, also if the process ends while its callee works on it. */
  get asks(): readonly RecordedAsk[] {
    return this.#asks
  }

  /** Work that agents invoked, one for each attempt. */
  get works(): readonly RecordedWork[] {
    return this.#works
  }

  /** Agents that began anew after a failure. */
  get restarts(): readonly RecordedRestart[] {
    return this.#restarts
  }

  /** All of these, in the order in which they happened. */
  get happenings(): readonly Happening[] {
    return this.#happenings
  }

  /** What the journal got from the processes of this test, all partitions together. */
  get frames(): readonly Frame[] {
    return this.#frames
  }

  /** Takes frames that the journal has got. */
  keep(frames: readonly Frame[]): void {
    this.#frames.push(...frames)
  }

  /** Takes what an observer of the runtime is called with, but not what the test lets its probes do. */
  observe(observation: Observation): void {
    if (isTold(observation)) return
    if (observation.kind === 'said') {
      const { type, data, source, time, id } = observation.envelope
      this.#events.push(observation.envelope)
      this.#happenings.push({ kind: 'published', name: type, data, agent: source, time, event: id })
    } else if (observation.kind === 'dead') {
      const { envelope, reason, to, last } = observation.letter
      this.#letters.push(observation.letter)
      this.#happenings.push({
        kind: 'died',
        name: envelope.type,
        data: reason,
        agent: to,
        time: last,
        event: envelope.id,
      })
    } else if (observation.kind === 'actor' && observation.how === 'restarted') {
      const { address: agent, incarnation, time } = observation
      this.#restarts.push({ agent, incarnation })
      this.#happenings.push({ kind: 'restarted', name: agent, data: incarnation, agent, time, event: undefined })
    }
  }

  begin(facts: SpanFacts, _parent: unknown, input?: unknown): undefined {
    const happened = { data: input, time: this.#now(), event: facts.cause }
    if (facts.kind === 'ask') {
      const { type, from, to, key } = facts
      const isKnown = facts.isRecovered && this.#askKeys.has(key)
      this.#askKeys.add(key)
      if (isKnown) return
      this.#asks.push({ type, from, to, input })
      this.#happenings.push({ kind: 'asked', name: type, agent: from, ...happened })
    } else if (facts.kind === 'work') {
      const { work, name, agent, attempt } = facts
      this.#works.push({ work, name, agent, attempt, input })
      this.#happenings.push({ kind: 'ran', name, agent, ...happened })
    }
  }
}

function isTold(observation: Observation): boolean {
  if (observation.kind === 'said') return observation.envelope.type === probeTold.type
  return observation.kind === 'dead' && observation.letter.envelope.type === probeTold.type
}
