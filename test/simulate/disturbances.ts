import type { Choices } from './choices.ts'

/** What may disturb a run. The first does nothing, and is what remains of a disturbance that a failure does not need. */
const weights = {
  nothing: 0,
  'act early': 10,
  'time passes': 6,
  'clock corrected': 3,
  'append refused': 2,
  'append fenced': 1,
  'append unsure': 2,
  'journal broken': 1,
  'effect fails': 3,
  'effect hangs': 2,
  crash: 4,
  'crash before append': 3,
  'crash after append': 3,
  'crash after acknowledgement': 3,
  'crash after effect': 3,
  'stop in order': 2,
} as const

export type Kind = keyof typeof weights

/** The kinds of disturbances; a recorded choice is an index in this list. */
export const kinds: readonly Kind[] = [
  'nothing',
  'act early',
  'time passes',
  'clock corrected',
  'append refused',
  'append fenced',
  'append unsure',
  'journal broken',
  'effect fails',
  'effect hangs',
  'crash',
  'crash before append',
  'crash after append',
  'crash after acknowledgement',
  'crash after effect',
  'stop in order',
]

const weightOf = kinds.map(kind => weights[kind])

/** How many choices each disturbance takes: when, what, and how much. */
export const choicesEach = 3

/** A disturbance, and how many steps pass before it. */
export interface Disturbance {
  readonly after: number
  readonly kind: Kind
  /** From 0 to 999; what it means depends on the kind. */
  readonly much: number
}

/** Chooses the next disturbance; `undefined` if there are no more. */
export function nextDisturbance(choices: Choices, isSoon: boolean): Disturbance | undefined {
  // 0 is the plainest choice, and must end the disturbances.
  const after = choices.pick('disturbance', isSoon ? 12 : 90)
  const kind = kinds[choices.weighted('disturbance', weightOf)] ?? 'nothing'
  const much = choices.pick('disturbance', 1_000)
  return after === 0 ? undefined : { after, kind, much }
}
