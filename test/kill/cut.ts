import type { Journal } from 'troupe'

/** Where a process ends: the n-th time that it comes to a stage. */
export interface Cut {
  readonly stage: Stage
  /** From 1. */
  readonly turn: number
}

export type Stage = (typeof stages)[number]

export const stages = [
  /** An append is about to be handed to the journal. */
  'before-append',
  /** It is written, and its transaction not ended. */
  'inserted',
  /** Its transaction has ended, and nobody knows yet. */
  'committed',
  /** It is acknowledged, and nothing that waits for it has been told. */
  'before-release',
  /** An effect has done its work, and how it ended is not recorded. */
  'effect',
] as const

/** Ends this process at once, as the power going would. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // Nothing runs between the signal and the end, but only this says so.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** Dies the n-th time that it is called. */
export function dyingAt(turn: number): () => void {
  let turns = 0
  return () => {
    if (++turns === turn) die()
  }
}

/** A journal whose process ends around one of its appends, if the cut is there. */
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
