import { definePartitionKind, type PartitionRef } from 'troupe'
import { partitionKindContract } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { cap, hold, ledger, settle } from '../support/ledger.ts'
import { barked, command, dogAgent } from '../support/pets.ts'

describe('a ledger', () => {
  const contract = partitionKindContract({
    kind: ledger,
    async play(main) {
      const bookkeeper = main.agent('bookkeeper')
      await bookkeeper.ask(hold, { id: 'cake', amount: 60 })
      await bookkeeper.ask(hold, { id: 'venue', amount: 70 })
      await bookkeeper.ask(settle, { id: 'cake', amount: 55 })
      await bookkeeper.ask(hold, { id: 'flowers', amount: 40 })
    },
    check({ holds, spent }) {
      const held = Object.values(holds).reduce((sum, one) => sum + one, 0)
      expect(held + spent).toBeLessThanOrEqual(cap)
    },
  })
  for (const { name, run } of contract) it(name, run)
})

describe('a kind that is like a party', () => {
  const words: { words: string[] } = { words: [] }
  const kennel = definePartitionKind({
    name: 'kennel',
    agents: [dogAgent()],
    events: [barked],
    state: {
      initial: words,
      on: { 'pets.barked': (state, { data }) => void (state.words = [...new Set([...state.words, data.word])]) },
    },
  })
  const play = async (one: PartitionRef) => {
    await one.publish(command({ word: 'sit' }))
    await one.publish(command({ word: 'stay' }))
  }
  for (const { name, run } of partitionKindContract({ kind: kennel, play })) it(name, run)
})
