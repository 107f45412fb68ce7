/** The moment when the victim, an agent, ends its process. */
export type Death =
  /** In a guard of its machine, for an event that waited for a while. */
  | 'deciding'
  /** In an action, after the frame of the step. */
  | 'acting'
  /** In a guard of its machine, for an event that another agent has just said. */
  | 'at once'
  /** When one of its timers fires. */
  | 'timer'
  /** When a timer of a machine inside it fires. */
  | 'inside'
  /** When its outside work has ended. */
  | 'outcome'
