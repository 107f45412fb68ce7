import { TroupeError, textOf } from '../errors.ts'
import type { EventDefinition } from '../events/event.ts'
import type { PersistRule } from '../events/persist.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'

/**
 * The rule of a runtime that decides which events are journalled. It is called once for each event, when the event is said, and the
 * envelope carries the answer. The rule does not decide about events whose definitions say `persist: false`, nor about events that
 * change the state of a party: the state is made of the journal.
 */
export class Persistence {
  readonly #rule: PersistRule
  readonly #always: ReadonlySet<string>
  readonly #failed: (error: PersistRuleError) => void
  #hasFailed = false

  /** @param always types that are journalled in any case */
  constructor(rule: PersistRule, always: ReadonlySet<string>, failed: (error: PersistRuleError) => void) {
    this.#rule = rule
    this.#always = always
    this.#failed = failed
  }

  /**
   * The envelope, with the rule's answer in it.
   *
   * @param persist what its definition says
   */
  decided(envelope: Envelope, persist: EventDefinition['persist']): Envelope {
    if (persist === false || this.#always.has(envelope.type)) return envelope
    const keeps = this.#keeps(envelope)
    if (keeps === isJournalled(envelope)) return envelope
    return Object.freeze({ ...envelope, persist: keeps ? undefined : false })
  }

  #keeps(envelope: Envelope): boolean {
    try {
      return this.#rule(envelope) !== false
    } catch (error) {
      if (!this.#hasFailed) this.#failed(new PersistRuleError(envelope.type, error))
      this.#hasFailed = true
      return true
    }
  }
}

/** The rule about what is journalled threw; the event is journalled. */
export class PersistRuleError extends TroupeError {
  readonly code = 'PERSIST_RULE'
  readonly type: string
  constructor(type: string, cause: unknown) {
    super(
      `The rule "persist" of the runtime failed on "${type}": ${textOf(cause)}. Events on which it fails are journalled. This is reported only once: fix the rule.`,
      { cause },
    )
    this.type = type
  }
}
