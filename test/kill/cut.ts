import type { Journal } from 'troupe'

/** Where a process ends: the n-th time that it reaches a stage. */
export interface Cut {
  readonly stage: Stage
  /** Counted from 1. */
  readonly turn: number
}

export type Stage = (typeof stages)[number]

export const stages = [
  /** Before an append of the journal. */
  'before-append',
  /** The append is written, and its transaction is open. */
  'inserted',
  /** Its transaction has ended, and it is not acknowledged. */
  'committed',
  /** It is acknowledged, and nothing that waits for it has gone on. */
  'before-release',
  /** An effect has done its work, and its end is not recorded. */
  'effect',
] as const

/** Kills this process, like a power failure. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // No code runs between the signal and the end. This line says that to the compiler.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** Kills this process at its n-th call. */
export function dyingAt(turn: number): () => void {
  let turns = 0
  return () => {
    if (++turns === turn) die()
  }
}

/** A journal whose process ends before or after one of its appends, if the cut is such a stage. */
export function cutJournal(journal: Journal, { stage, turn }: Cut): Journal {
  const reached = dyingAt(turn)
  return {
    ...journal,
    async append(...what) {
      if (stage === 'before-append') reached()
      await journal.append(...what)
      if (stage === 'before-release') reached()
    },
  }
}
