import { definePool, type Journal, JournalConflictError, memoryJournal, partyRecovered } from 'troupe'
import { expect, it } from 'vitest'
import { command, dogAgent, petsParty, runnerAgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

/** A journal that refuses a party, and that gives what it holds of the party when the test says so. */
function createJournal() {
  const inner = memoryJournal()
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  let refuses = false
  const journal: Journal = {
    ...inner,
    append(partition, epoch, position, ...rest) {
      if (!refuses || partition !== 'party/p1') return inner.append(partition, epoch, position, ...rest)
      throw new JournalConflictError(partition, position, position, epoch)
    },
    async saved(partition) {
      if (partition === 'party/p1') {
        refuses = false
        asked.resolve()
        await answered.promise
      }
      return inner.saved(partition)
    },
  }
  const refuse = () => {
    refuses = true
  }
  return { journal, refuse, asked: asked.promise, answer: answered.resolve }
}

it('agents and pools of a party that is being recovered are found by their names, and work once it is', async () => {
  const { journal, refuse, asked, answer } = createJournal()
  const party = petsParty(dogAgent(), definePool({ name: 'dogs', agent: runnerAgent(word => word), size: 2 }))
  const { runtime } = await startRuntime({ journal, party })
  const p1 = await runtime.parties.create({ id: 'p1' })
  const recovered = new Promise(resolve => runtime.bus.subscribe(partyRecovered.type, resolve))
  refuse()
  const refused = expect(p1.agent('dog').send(command({ word: 'sit' }))).rejects.toMatchObject({
    code: 'JOURNAL_APPEND',
  })
  await asked
  const [dog, dogs] = [p1.agent('dog'), p1.pool('dogs')]
  await expect(dogs.scale(3)).rejects.toMatchObject({ code: 'JOURNAL_APPEND' })
  expect(() => p1.agent('cat')).toThrow('Nobody is reached at "party/p1/cat"')
  answer()
  await Promise.all([refused, recovered])
  expect(dogs.size).toBe(2)
  await dogs.scale(3)
  expect(dogs.size).toBe(3)
  await dog.send(command({ word: 'roll' }))
  await p1.idle()
  expect(dog.snapshot()?.context).toMatchObject({ count: 1 })
})
