import { systemError } from '../events/runtime-events.ts'
import type { Envelope } from '../mail/envelope.ts'
import { FilterError, type SubscriptionRules } from './subscribe-options.ts'

/** Reports that a filter threw. */
interface FilterHost {
  warn(envelope: Envelope, error: unknown): void
}

/** The answers of filters about errors: the log, too, asks whether any subscriber gets an error. */
const answers = new WeakMap<Envelope, Map<SubscriptionRules, boolean>>()

/**
 * Whether a subscriber gets an event, by its filter and its tags. A filter that throws lets nothing pass, and is reported. It is
 * called once about an error, and its answer is remembered.
 */
export function isChosen(rules: SubscriptionRules, envelope: Envelope, host: FilterHost): boolean {
  if (!rules.choose || envelope.type !== systemError.type) return passes(rules, envelope, host)
  const known = answers.get(envelope) ?? new Map<SubscriptionRules, boolean>()
  answers.set(envelope, known)
  const answer = known.get(rules) ?? passes(rules, envelope, host)
  known.set(rules, answer)
  return answer
}

/** Whether a subscriber would get an event, by its types and its party too. */
export function isWanted(rules: SubscriptionRules, envelope: Envelope, host: FilterHost): boolean {
  return rules.covers(envelope) && isChosen(rules, envelope, host)
}

function passes(rules: SubscriptionRules, envelope: Envelope, host: FilterHost): boolean {
  try {
    return rules.choose?.(envelope) ?? true
  } catch (error) {
    host.warn(envelope, new FilterError(rules, envelope, error))
    return false
  }
}
