import type { TroupeError } from '../errors.ts'
import type { UnknownTopicError } from '../events/catalog.ts'
import type { Partitions } from '../partition/partitions.ts'

/** Most unknown topics for which a warning is reported. */
const mostUnknownTopics = 100

/**
 * Reports warnings. Warnings that are found before the runtime starts are kept until then, because there is no subscriber yet.
 */
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
   * Called for a subscription to a topic that nothing declares. Warns once for each topic; it is no error, because an agent that
   * is spawned later may declare the topic.
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
