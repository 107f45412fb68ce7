import type { BusMetrics, Clock, Idle, Journal, Scheduler } from 'troupe'

/** What the runtimes of a run stand on. */
export interface Ground {
  readonly clock: Clock & { elapsed(): number }
  readonly journal: Journal
  readonly scheduler: Scheduler
  readonly random: () => number
}

/** The runtime of a process, as far as every run uses it. */
export interface Running {
  start(): Promise<unknown>
  stop(options: { readonly timeout: number }): Promise<void>
  idle(options: { readonly timeout: number }): Promise<Idle>
  readonly bus: { metrics(): BusMetrics }
  readonly parties: { quarantined(): readonly unknown[] }
}

/** What runs in a world, through all its processes. */
export interface Program {
  /** Makes the runtime of the next process. */
  begin(ground: Ground): Running
  /** Called when that runtime has started. */
  started(): void
  /** Whether the present process has started. */
  readonly isStarted: boolean
  /** Whether mail may wait for ever at the end: for an agent that stays busy, or has left. */
  readonly mayWait?: boolean
  /** Does the next thing that happens outside the agents; `false` if everything is done. */
  act(): boolean
  /** Checks how the run ended; called when all agents rest and no timer is set that anybody waits for. */
  ended?(): void
  /** What must be the same in a process that recovers now; `undefined` if nothing has to be. */
  state(): unknown
}
