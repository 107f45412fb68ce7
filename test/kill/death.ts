/** When a party's victim dies. */
export type Death = (typeof deaths)[number]

export const deaths = [
  /** While the machine decides about an event that has waited for a while. */
  'deciding',
  /** In an action, after the frame of the step. */
  'acting',
  /** While the machine decides about what another agent has said just now. */
  'at once',
  /** When a timer of its own fires. */
  'timer',
  /** When its work outside has ended. */
  'outcome',
] as const
