import { systemScheduler } from 'troupe'
import { expect, it } from 'vitest'
import { ReadyQueue } from '../../src/time/ready-queue.ts'
import { settle, turns } from '../support/runtime.ts'

const fail = (error: unknown) => {
  throw error
}

it('gives turns in the order in which they were asked for, one each', async () => {
  const queue = new ReadyQueue(systemScheduler, fail)
  const turns: string[] = []
  const wanting = (name: string, left: number) => ({
    address: name,
    turn: () => {
      turns.push(name)
      return --left > 0
    },
  })
  queue.push(wanting('a', 3))
  queue.push(wanting('b', 1))
  queue.push(wanting('c', 2))
  await settle()
  expect(turns).toHaveLength(6)
  expect(turns.join('')).toBe('abcaca')
})

it('lets the event loop come round while somebody wants turns for ever', async () => {
  const queue = new ReadyQueue(systemScheduler, fail)
  let turned = 0
  let over = false
  queue.push({
    address: 'restless',
    turn: () => {
      turned++
      return !over
    },
  })
  // Each of these needs the event loop; a queue that never yields would hang here.
  await turns(5)
  over = true
  expect(turned).toBeGreaterThanOrEqual(400)
  expect(turned).toBeLessThanOrEqual(2_000)
})
