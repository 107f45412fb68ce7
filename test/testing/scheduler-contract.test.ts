import { type Scheduler, systemScheduler } from 'troupe'
import { schedulerContract } from 'troupe/testing'
import { expect, it } from 'vitest'

/** The promises that a scheduler breaks. */
async function brokenBy(create: () => Scheduler): Promise<readonly string[]> {
  const broken: string[] = []
  for (const { name, run } of schedulerContract(create)) await run().catch(() => broken.push(name))
  return broken
}

/** Calls what waits one after the other, and stops when something throws. */
function fragile(): Scheduler {
  const queueOf = (later: (task: () => void) => void) => {
    const tasks: (() => void)[] = []
    const callNext = () => {
      tasks[0]?.()
      tasks.shift()
      if (tasks.length > 0) later(callNext)
    }
    return (task: () => void) => {
      if (tasks.push(task) === 1) later(callNext)
    }
  }
  return { microtask: queueOf(systemScheduler.microtask), turn: queueOf(systemScheduler.turn) }
}

it.each<[how: string, create: () => Scheduler, promises: readonly string[]]>([
  [
    'calls microtasks at once',
    () => ({ ...systemScheduler, microtask: task => task() }),
    ['calls nothing before the code that asks for it is done'],
  ],
  [
    'calls microtasks when the event loop has turned',
    () => ({ ...systemScheduler, microtask: systemScheduler.turn }),
    ['calls microtasks before the event loop turns, also those that other microtasks ask for'],
  ],
  [
    'never lets the event loop turn',
    () => ({ ...systemScheduler, turn: systemScheduler.microtask }),
    ['lets the event loop turn between a turn and the turn that it asks for'],
  ],
  [
    'stops when a task throws, and mixes contexts up',
    fragile,
    [
      'calls a task in the async context of the code that asked for it',
      'keeps no task from being called because another one throws',
    ],
  ],
  [
    'calls tasks twice',
    () => ({ ...systemScheduler, turn: task => [task, task].forEach(systemScheduler.turn) }),
    ['calls every task once, whichever task asked for it'],
  ],
  [
    'chooses an agent that is not there',
    () => ({ ...systemScheduler, next: ready => ready.length }),
    [
      'chooses an agent of those that are ready, or lets the event loop turn',
      'lets no agent that is ready wait for ever',
    ],
  ],
  [
    'has a favourite',
    () => ({ ...systemScheduler, next: ready => ready.findIndex(({ address }) => address.endsWith('/agent-0')) }),
    ['lets no agent that is ready wait for ever'],
  ],
])('the contract finds a scheduler that %s', async (_, create, promises) => {
  expect(await brokenBy(create)).toEqual(expect.arrayContaining([...promises]))
})
