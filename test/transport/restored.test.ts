import { type Frame, localTransport } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, trainerAgent, urgent } from '../support/pets.ts'
import { atFrame, createProgram, type Ending } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const never: Ending = () => undefined
const kinds = [
  { kind: 'at once', open: localTransport },
  { kind: 'through message channels', open: channelTransport },
]

describe.each(kinds)('a restored ask between partitions that send messages $kind', ({ open }) => {
  it.each([
    ['waits in the mailbox', 'roll', 'asked', 'roll'],
    ['is in hand', 'later', 'step', 'late'],
  ])(
    'is answered although the callee may be faster than the message that its asker still waits: its request %s',
    async (_, trick, last, told) => {
      const party = petsParty(trainerAgent('runtime/dog', 10_000))
      const program = createProgram()
      const options = () => ({ party, agents: [dogAgent()], transport: open() })
      let isAsked = false
      const isLast = ({ partition, cause, entries }: Frame) => {
        if (partition !== 'runtime') return false
        const isTaken = isAsked && cause.kind === 'step'
        isAsked ||= entries.some(({ kind }) => kind === 'asked')
        return last === 'step' ? isTaken : isAsked
      }
      const isEnded = await program.until(atFrame(isLast, 'written'), options(), async runtime => {
        const p1 = await runtime.parties.create({ id: 'p1' })
        await p1.addInput(trick)
        await settle()
      })
      expect(isEnded).toBe(true)
      const next = await program.start(options())
      program.clock.advance(5_500)
      await settle()
      expect(next.bus.deadLetters.list()).toEqual([])
      expect(next.parties.get('p1').state.said).toEqual([told])
      expect(next.bus.metrics().pendingAsks).toBe(0)
    },
  )

  it('waits for a callee that is spawned later', async () => {
    const party = petsParty(trainerAgent('runtime/dog', 10_000))
    const program = createProgram()
    await program.until(never, { party, transport: open() }, async runtime => {
      await runtime.spawn(dogAgent())
      await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(command({ word: 'rest' }))
      await runtime.parties.get('p1').addInput('roll')
      await settle()
    })
    const next = await program.start({ party, transport: open() })
    await settle()
    expect(next.parties.get('p1').state.said).toEqual([])
    await next.spawn(dogAgent())
    await next.bus.publish(urgent({ word: 'up' }))
    await settle()
    expect(next.parties.get('p1').state.said).toEqual(['roll'])
  })
})
