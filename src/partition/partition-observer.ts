import type { Actor } from '../actor/actor.ts'
import type { Step } from '../actor/step.ts'
import type { GoneReason } from '../journal/frame.ts'
import type { Checkpoints } from '../journal/journal.ts'
import type { Appended } from '../journal/watermark.ts'
import type { DeadLetter } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'

/** Receives what happens in partitions. `P` is the type of a partition, which is built on this file. */
export interface PartitionObserver<P> {
  /** A frame is durable. */
  shown(partition: P, shown: Shown): void
  said(partition: P, envelope: Envelope): void
  buried(partition: P, letter: DeadLetter): void
  /** An agent was restored from the journal. */
  restored(partition: P, actor: Actor): void
  stopped(partition: P, actor: Actor, reason: GoneReason): void
  supervises(partition: P, supervisor: string, how: 'started' | 'restarted'): void
  supervisesNoMore(partition: P, supervisor: string): void
}

/** A frame, and what becomes visible with it. */
export interface Shown extends Appended {
  readonly said: readonly Envelope[]
  readonly step: Step | undefined
  readonly state: unknown
  /** Checkpoints that no step made. */
  readonly checkpoints: Checkpoints | undefined
}
