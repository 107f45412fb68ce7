import type { AnyMachineSnapshot, ExecutableActionObject } from 'xstate'

/** What a machine decides on an event: its next snapshot, the actions, and functions that start its new children. */
export interface Decision {
  readonly snapshot: AnyMachineSnapshot
  readonly actions: readonly ExecutableActionObject[]
  readonly starts: readonly (() => void)[]
}
