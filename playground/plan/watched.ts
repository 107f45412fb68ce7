import type { Frame, Journal } from 'troupe'

/** A journal that hands every frame on once it is durable. */
export function watched(journal: Journal, onFrame: (frame: Frame) => void): Journal {
  return {
    ...journal,
    async append(partition, epoch, expectedPosition, frames, checkpoints) {
      await journal.append(partition, epoch, expectedPosition, frames, checkpoints)
      for (const frame of frames) onFrame(frame)
    },
  }
}
