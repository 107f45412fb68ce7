import type { Around, DeadLetter, Envelope, Observation, SpanFacts } from '../index.ts'

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

  /** Takes what an observer of the runtime is called with. */
  observe(observation: Observation): void {
    if (observation.kind === 'said') this.#events.push(observation.envelope)
    else if (observation.kind === 'dead') this.#letters.push(observation.letter)
    else if (observation.kind === 'actor' && observation.how === 'restarted')
      this.#restarts.push({ agent: observation.address, incarnation: observation.incarnation })
  }

  begin(facts: SpanFacts, _parent: unknown, input?: unknown): undefined {
    if (facts.kind === 'ask') {
      if (!facts.isRecovered || !this.#askKeys.has(facts.key))
        this.#asks.push({ type: facts.type, from: facts.from, to: facts.to, input })
      this.#askKeys.add(facts.key)
    } else if (facts.kind === 'work')
      this.#works.push({
        work: facts.work,
        name: facts.name,
        agent: facts.agent,
        attempt: facts.attempt,
        input,
      })
  }
}
