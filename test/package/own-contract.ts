import { describe, it } from 'node:test'
import { type Journal, memoryJournal } from 'troupe'
import { journalContract } from 'troupe/testing'

/** A journal that counts what it was given, in front of another one. */
function countingJournal(inner: Journal = memoryJournal()): Journal & { readonly frames: number } {
  let count = 0
  return {
    ...inner,
    async append(partition, epoch, expectedPosition, frames, checkpoints) {
      await inner.append(partition, epoch, expectedPosition, frames, checkpoints)
      count += frames.length
    },
    get frames() {
      return count
    },
  }
}

describe('a journal that counts', () => {
  for (const { name, run } of journalContract(() => countingJournal())) it(name, run)
})
