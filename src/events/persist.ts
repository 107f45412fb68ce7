import { TroupeError } from '../errors.ts'
import { checkPriority, type EventOf } from './event.ts'
import { checkPattern, matcher } from './pattern.ts'
import { checkIsTopic, type Topic, typesOf } from './topic.ts'

/** The facts about an event that a rule gets when it is published. */
export interface SaidEvent extends EventOf {
  /** 1 is most urgent, 10 least: the priority that it was published with, or else the priority of its definition. */
  readonly priority: number
  readonly tags?: readonly string[]
  /** The address of the agent, or the source that published it from outside. */
  readonly source: string
  readonly party?: string
}

/** Whether an event is journalled. Only `false` keeps it out; a rule that throws does not. */
export type PersistRule = (event: SaidEvent) => boolean

/** Which events are journalled: each of these is enough. */
export interface PersistOptions {
  /** Definitions, types, or patterns such as `improvement.*`. */
  readonly types?: Topic
  /** The lowest urgency that is journalled: 3 stands for 1, 2 and 3. */
  readonly priority?: number
}

/**
 * Puts a rule together: an event is journalled if any part of it says so.
 *
 * @example
 * createRuntime({ persist: persistBy({ types: ['workflow.completed', 'improvement.*'], priority: 3 }) })
 * createRuntime({ persist: persistBy(importantEvents, ({ tags = [] }) => tags.includes('audit')) })
 *
 * @param parts types, priorities and other rules
 * @throws PersistOptionsError if nothing is named, IllegalPatternError, PriorityError
 */
export function persistBy(...parts: readonly (PersistOptions | PersistRule)[]): PersistRule {
  const rules = parts.flatMap(part => (typeof part === 'function' ? [part] : rulesOf(part)))
  if (rules.length === 0) throw new PersistOptionsError()
  return event => rules.some(rule => rule(event) !== false)
}

function rulesOf({ types = [], priority: least }: PersistOptions): readonly PersistRule[] {
  checkIsTopic('persistBy', types)
  const rules = typesOf(types).map((pattern): PersistRule => {
    const matches = matcher(checkPattern(pattern))
    return ({ type }) => matches(type)
  })
  if (least === undefined) return rules
  checkPriority(least)
  return [...rules, ({ priority }) => priority <= least]
}

/** A rule that names nothing would keep every event out of the journal. */
export class PersistOptionsError extends TroupeError {
  readonly code = 'PERSIST_OPTIONS'
  constructor() {
    super(
      'persistBy was given no type, no priority and no other rule: nothing would be journalled. Name what is, or use () => false.',
    )
  }
}
