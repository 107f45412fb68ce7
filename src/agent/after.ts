import type { AnyMachineSnapshot } from 'xstate'

/** A timer that a state wants for as long as it is active: XState's `after`. */
export interface AfterTimer {
  /** The id of the timer, and the type of its event. */
  readonly id: string
  /** Milliseconds; `undefined` if a function or a name gives the delay. */
  readonly delay: number | undefined
}

const after = /^xstate\.after\.([^.]+)\./

/** The `after` timers of the states that are active. */
export function afterTimersOf({ _nodes: nodes }: AnyMachineSnapshot): readonly AfterTimer[] {
  return nodes.flatMap(node =>
    node.after.map(({ eventType: id, delay }) => ({ id, delay: typeof delay === 'number' ? delay : undefined })),
  )
}

/** The declared delay of an `after` timer, which is part of its id; `undefined` for timers of other kinds. */
export function declaredDelayOf(id: string): string | undefined {
  return after.exec(id)?.[1]
}
