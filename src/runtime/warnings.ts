import type { TroupeError } from '../errors.ts'
import type { UnknownTopicError } from '../events/catalog.ts'
import type { Partitions } from '../partition/partitions.ts'

/** For so many unknown topics, at most, a warning is given. */
const mostUnknownTopics = 100

/** Warnings that are found before the runtime starts: kept until then, because nobody could hear them. */
export class Warnings {
  readonly #partitions: Partitions
  readonly #isStrict: boolean
  readonly #unknownTopics = new Set<string>()
  /** Undefined once the runtime has started. */
  #waiting: TroupeError[] | undefined = []

  constructor(partitions: Partitions, isStrict: boolean) {
    this.#partitions = partitions
    this.#isStrict = isStrict
  }

  add(warning: TroupeError): void {
    if (this.#waiting) this.#waiting.push(warning)
    else this.#report(warning)
  }

  /** The runtime starts: reports what was found so far, and from now on everything at once. */
  start(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const warning of waiting) this.#report(warning)
  }

  /**
   * Somebody subscribes to a topic that nothing declares. It is a warning, once for each topic, because an agent that is spawned
   * later may declare it.
   *
   * @throws UnknownTopicError where the runtime is strict
   */
  unknownTopic(unknown: UnknownTopicError): void {
    if (this.#isStrict) throw unknown
    if (this.#unknownTopics.has(unknown.topic) || this.#unknownTopics.size >= mostUnknownTopics) return
    this.#unknownTopics.add(unknown.topic)
    this.add(unknown)
  }

  #report(warning: TroupeError): void {
    this.#partitions.outside.reportError('warning', warning)
  }
}
