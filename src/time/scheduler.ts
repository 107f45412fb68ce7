/**
 * Decides when waiting work runs, and in which order. The runtime queues its own work through it alone; promises settle as the
 * language says.
 *
 * A scheduler knows no time. A `Clock` says when a timer is due and calls its function then; most timers only make an agent ready,
 * and the scheduler decides when that agent has its turn.
 *
 * @example
 * const scheduler: Scheduler = {
 *   microtask: task => queueMicrotask(task),
 *   turn: task => void setImmediate(task),
 *   // Agents outside the parties go first; else the agent that has waited longest.
 *   next: ready => Math.max(0, ready.findIndex(({ address }) => address.startsWith('runtime/'))),
 * }
 */
export interface Scheduler {
  /** Calls a function once, after the code that runs now and before the next turn of the event loop. */
  microtask(task: () => void): void
  /** Calls a function once, in a later turn of the event loop: timers and sockets are served before. */
  turn(task: () => void): void
  /**
   * Chooses which ready agent handles its next event. It gives an index in the list, or `undefined` to let the event loop turn
   * first. Without this method, agents have their turns in the order in which they became ready.
   *
   * @param ready the agents, with the longest wait first; at least one
   */
  next?(ready: readonly ReadyAgent[]): number | undefined
}

/** An agent that has something to do, as schedulers see it. */
export interface ReadyAgent {
  readonly address: string
}

/** The queues of the JavaScript engine that the program runs on. */
export const systemScheduler: Scheduler = {
  microtask: task => queueMicrotask(task),
  turn(task) {
    setImmediate(task)
  },
}
