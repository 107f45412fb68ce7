import type { Agent, Frame, Runtime } from 'troupe'
import { describe, expect, it } from 'vitest'
import { asked, clerk, heard, surveyor, unknown, visitor } from '../support/desk.ts'
import { petsParty } from '../support/pets.ts'
import { atEveryAppend, atFrame, createProgram, lost, nothingLost } from '../support/program.ts'

const refusal = unknown('nobody')
const code = 'ASK_REFUSED_BY_CALLEE'
const forEver = () => new Promise<never>(() => {})

const heardIn = (runtime: Pick<Runtime, 'bus'>) => runtime.bus.history({ type: heard.type }).map(({ data }) => data)
const has = (kind: Frame['entries'][number]['kind']) => (frame: Frame) =>
  frame.entries.some(entry => entry.kind === kind)

/** An agent of a party asks, and the process ends right after the first frame with such an entry. */
async function untilThere(kind: Frame['entries'][number]['kind'], asker: Agent, agents: readonly Agent[]) {
  const program = createProgram()
  const options = { party: petsParty(asker), agents }
  const isEnded = await program.until(atFrame(has(kind), 'cut'), options, async runtime => {
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(asked({ id: 'nobody' }), { party: 'p1' })
    await forEver()
  })
  expect(isEnded).toBe(true)
  return { program, next: await program.start(options) }
}

describe('a refusal', () => {
  it.each([
    { when: 'it was not written', kind: 'asked' },
    { when: 'nobody had heard of it', kind: 'refusal' },
    { when: 'it is recorded as how the ask ended', kind: 'outcome' },
  ] as const)(
    'reaches its asker in the next process with all its fields, and is given once, if $when',
    async ({ kind }) => {
      const { program, next } = await untilThere(kind, visitor(), [clerk()])
      await next.idle()
      expect(heardIn(next)).toEqual([{ what: { code, to: 'runtime/clerk', refusal } }])
      expect((await program.frames('runtime')).filter(has('refusal'))).toHaveLength(1)
      expect(lost(next)).toEqual(nothingLost)
    },
  )

  it.each([
    { where: 'in the same party', party: petsParty(clerk(), visitor('clerk')), agents: [], to: 'party/p1/clerk' },
    { where: 'outside the parties', party: petsParty(visitor()), agents: [clerk()], to: 'runtime/clerk' },
  ])('reaches its asker once, wherever the process ends: from a callee $where', async ({ to, party, agents }) => {
    const given = { party, agents }
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, given, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(asked({ id: 'nobody' }), { party: 'p1' })
        await runtime.idle()
      })
      const next = await program.start(given)
      await next.idle()
      const frames = await program.frames('party/p1')
      const said = frames.flatMap(({ entries }) => entries.flatMap(one => (one.kind === 'event' ? one.envelope : [])))
      const wants = said.filter(({ type }) => type === asked.type)
      const ends = said.filter(({ type }) => type === heard.type)
      expect(ends.map(({ data }) => data)).toEqual(wants.map(() => ({ what: { code, to, refusal } })))
      expect(next.bus.metrics().pendingAsks).toBe(0)
      return isEnded
    })
  })

  it('by one of many callees names that callee after a restart', async () => {
    const { next } = await untilThere('outcome', surveyor(['runtime/a', 'runtime/b']), [clerk('a'), clerk('b')])
    await next.idle()
    expect(heardIn(next)).toEqual([{ what: { code: 'ASK_MANY', refusals: ['runtime/a NO_SUCH_PERSON'] } }])
  })
})
