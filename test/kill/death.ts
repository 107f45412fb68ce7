/** When the victim of a party dies, and its process with it. */
export type Death =
  /** While its machine decides about an event that has waited for a while. */
  | 'deciding'
  /** In an action, after the frame of the step. */
  | 'acting'
  /** While its machine decides about what another agent has said just now. */
  | 'at once'
  /** When a timer of its own fires. */
  | 'timer'
  /** When a timer of a machine inside it fires. */
  | 'inside'
  /** When its work outside has ended. */
  | 'outcome'
