import type { Envelope, Frame } from 'troupe'

/** Frames that the journal holds from now on. */
export interface Written {
  readonly partition: string
  readonly epoch: number
  /** The position before the first of these frames. */
  readonly after: number
  readonly frames: readonly Frame[]
  /** Counts the processes of the run from 1. */
  readonly process: number
  /** Whether the process that wrote them has ended. */
  readonly isLate: boolean
  /** Milliseconds since the run began. */
  readonly elapsed: number
  /** What the clock says, epoch milliseconds. */
  readonly date: number
}

/** An effect whose function is called. */
export interface Called {
  readonly key: string
  readonly attempt: number
}

/** What every run must keep, whatever happens. Each invariant looks at what concerns it, as it happens. */
export interface Invariant {
  readonly name: string
  written?(written: Written): void
  /** A partition was deleted, with all its frames. */
  deleted?(partition: string): void
  called?(called: Called): void
  /** Something outside the agents got an event: a subscriber, or whoever published it. */
  left?(envelope: Envelope, to: string): void
  /** Nothing more happens before time passes or somebody does something. */
  quiet?(): void
  /** The run is over, and nothing waits. */
  ended?(): void
}

/** Reports what is wrong. The first report ends the run. */
export type Report = (what: string) => void

/** An invariant was broken. */
export interface Broken {
  readonly invariant: string
  readonly what: string
}
