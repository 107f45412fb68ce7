import type { Scale } from '../../suite.ts'

export interface Size {
  readonly parties: number
  /** Of each party; as many answers come. */
  readonly questions: number
}

export const sizes: Readonly<Record<Scale, Size>> = {
  full: { parties: 10_000, questions: 100 },
  smoke: { parties: 20, questions: 100 },
}

export const recoveryCase = '10,000 parties of 200 events'
