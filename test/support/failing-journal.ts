import { type Journal, JournalConflictError, memoryJournal } from 'troupe'

/** How often in a row appends of one partition may fail. */
const mostInARow = 2

/**
 * A journal that fails at random: before or after it has written, or with a conflict with another owner. The runtime can append
 * again what was not written, so its users should not notice the failures.
 *
 * @param random numbers from 0 up to but not including 1
 */
export function failingJournal(random: () => number, inner: Journal = memoryJournal()): Journal {
  const inARow = new Map<string, number>()
  return {
    ...inner,
    async append(partition, epoch, expectedPosition, frames, checkpoints) {
      const kind = (inARow.get(partition) ?? 0) < mostInARow ? random() : 1
      if (kind < 0.3) inARow.set(partition, (inARow.get(partition) ?? 0) + 1)
      else inARow.delete(partition)
      if (kind < 0.1) throw new Error('the disk was busy')
      if (kind < 0.2) throw new JournalConflictError(partition, expectedPosition, expectedPosition, epoch)
      await inner.append(partition, epoch, expectedPosition, frames, checkpoints)
      if (kind < 0.3) throw new Error('the acknowledgement was lost')
    },
  }
}
