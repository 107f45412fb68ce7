import { type Frame, type Journal, memoryJournal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, glance, petsParty } from '../support/pets.ts'
import { startRuntime, turn } from '../support/runtime.ts'

/** The frames of a partition that hold events of a type, as their cause and the kinds of their entries. */
async function framesWith(journal: Journal, partition: string, type: string) {
  const frames: Frame[] = []
  for await (const frame of journal.read(partition)) frames.push(frame)
  return frames
    .filter(({ entries }) => entries.some(entry => 'envelope' in entry && entry.envelope.type === type))
    .map(({ cause, entries }) => [cause.kind, ...entries.map(({ kind }) => kind)])
}

/** A journal that appends nothing while it is closed. */
function gatedJournal() {
  const journal = memoryJournal()
  let gate: PromiseWithResolvers<void> | undefined
  return {
    journal: {
      ...journal,
      append: async (...frames: Parameters<Journal['append']>) => {
        await gate?.promise
        return journal.append(...frames)
      },
    },
    close: () => {
      gate = Promise.withResolvers()
    },
    open: () => gate?.resolve(),
  }
}

describe('an event', () => {
  it('is in one frame with what led to it, whoever says it', async () => {
    const journal = memoryJournal()
    const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent()), agents: [dogAgent()], journal })
    const party = await runtime.parties.create({ id: 'p1' })

    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await runtime.schedules.set('walk', { after: 1_000 }, command({ word: 'sit' }), { party: 'p1' })
    await clock.advance(1_000)
    await party.idle()
    await runtime.bus.deadLetters.redrive({ party: 'p1' })

    const inParty = await framesWith(journal, 'party/p1', command.type)
    expect(inParty).toContainEqual(['outside', 'event'])
    expect(inParty).toContainEqual(['outcome', 'occurred', 'event'])
    expect(inParty).toContainEqual(['outside', 'redriven'])
    // The agents outside the parties hear it as a position of their own partition.
    expect(await framesWith(journal, 'runtime', command.type)).toContainEqual(['outside', 'event'])
  })

  it('that is said again as a dead letter is not announced again', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), intensity: { max: 10, within: 1_000 } })
    const party = await runtime.parties.create({ id: 'p1' })
    const heard: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void heard.push(data.word))
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await party.idle()
    expect(await runtime.bus.deadLetters.redrive({ party: 'p1' })).toBe(1)
    await party.idle()
    expect(heard).toEqual(['boom'])
  })

  it('that is not journalled reaches subscribers at once, or after the occurrence of its schedule is durable', async () => {
    const { journal, close, open } = gatedJournal()
    const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent()), journal })
    await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('look', { after: 1_000 }, glance({ at: 'cat' }), { party: 'p1' })
    const heard: string[] = []
    runtime.bus.subscribe(glance, ({ data }) => void heard.push(data.at))
    close()
    await clock.advance(1_000)
    await runtime.bus.publish(glance({ at: 'bird' }), { party: 'p1' })
    await turn()
    expect(heard).toEqual(['bird'])
    open()
    await turn()
    expect(heard).toEqual(['bird', 'cat'])
  })
})
