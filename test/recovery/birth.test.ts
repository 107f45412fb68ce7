import { type Agent, type Frame, PartyExistsError, type Runtime } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, inputAdded, petsParty, trainerAgent } from '../support/pets.ts'
import { atEveryAppend, atFrame, createProgram, lost, nothingLost, type Program } from '../support/program.ts'
import { turn } from '../support/runtime.ts'

const puppy: Agent = { ...dogAgent(), name: 'puppy' }
const given = { party: petsParty(dogAgent(), puppy) }
const inputs = ['sit', 'roll']

const inputsIn = async ({ frames }: Pick<Program, 'frames'>) =>
  (await frames('party/p1')).flatMap(({ entries }) =>
    entries.flatMap(one =>
      one.kind === 'event' && one.envelope.type === inputAdded.type
        ? inputAdded.schema.parse(one.envelope.data).content
        : [],
    ),
  )

describe('a party that was being created when its process ended', () => {
  it('exists with all its agents and inputs, or does not exist', async () => {
    const seen = new Set<string>()
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, given, runtime => runtime.parties.create({ id: 'p1', inputs }))
      const next = await program.start(given)
      await next.idle()
      await turn()
      expect(next.parties.quarantined()).toEqual([])
      const [p1] = next.parties.list()
      seen.add(p1 ? 'there' : 'never there')
      if (p1) {
        expect(p1.state).toMatchObject({ status: 'planning' })
        expect([...p1.state.inputs].map(({ content }) => content)).toEqual(inputs)
        expect(await inputsIn(program)).toEqual(inputs)
        for (const name of ['dog', 'puppy']) expect(p1.agent(name).snapshot()).toMatchObject({ status: 'active' })
        await expect(next.parties.create({ id: 'p1' })).rejects.toThrow(PartyExistsError)
      } else await next.parties.create({ id: 'p1', inputs })
      await next.bus.publish(command({ word: 'a' }), { party: 'p1' })
      await next.idle()
      expect(next.parties.get('p1').state).toMatchObject({ barks: 2 })
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
    expect(seen).toEqual(new Set(['there', 'never there']))
  })

  const isStart =
    (agent: string) =>
    ({ cause, entries }: Frame) =>
      cause.kind === 'step' &&
      cause.agent.endsWith(agent) &&
      entries.some(one => one.kind === 'agent' && one.what === 'starting')

  it.each([
    ['before any agent has started', ({ entries }: Frame) => entries.some(({ kind }) => kind === 'party')],
    ['when one agent has started', isStart('dog')],
    ['when all agents have started', isStart('puppy')],
    [
      'when it has heard its inputs',
      ({ entries }: Frame) => entries.some(one => one.kind === 'party' && one.what === 'started'),
    ],
  ])('is completed: %s', async (_, isLast) => {
    const program = createProgram()
    await program.until(atFrame(isLast, 'cut'), given, runtime => runtime.parties.create({ id: 'p1', inputs }))
    const second = await program.start(given)
    await second.idle()
    const p1 = second.parties.get('p1')
    expect([...p1.state.inputs].map(({ content }) => content)).toEqual(inputs)
    const third = await program.start(given)
    await third.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await third.idle()
    expect(third.parties.get('p1').state).toMatchObject({ barks: 2, status: 'planning' })
    expect(await inputsIn(program)).toEqual(inputs)
    expect(lost(third)).toEqual(nothingLost)
  })

  it('is completed by a third process if the second one ended while it completed the party', async () => {
    const isCreated = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'party')
    await atEveryAppend(async ending => {
      const program = createProgram()
      await program.until(atFrame(isCreated, 'cut'), given, runtime => runtime.parties.create({ id: 'p1', inputs }))
      const isEnded = await program.until(ending, given, second => second.idle())
      const third = await program.start(given)
      await third.idle()
      await turn()
      expect(await inputsIn(program)).toEqual(inputs)
      const p1 = third.parties.get('p1')
      expect(p1.state).toMatchObject({ status: 'planning' })
      for (const name of ['dog', 'puppy']) expect(p1.agent(name).incarnation).toBe(1)
      expect(lost(third)).toEqual(nothingLost)
      return isEnded
    })
  })

  it('is completed without inputs if it had none', async () => {
    const program = createProgram()
    await program.until(atFrame(isStart('dog'), 'cut'), given, runtime => runtime.parties.create({ id: 'p1' }))
    const next = await program.start(given)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ status: 'planning' })
    expect([...next.parties.get('p1').state.inputs]).toEqual([])
  })

  it('does not exist if an agent fails at its start', async () => {
    const broken: Agent = {
      ...puppy,
      machine: puppy.machine.provide({}),
      onInit: () => Promise.reject(new Error('ill')),
    }
    const program = createProgram()
    const party = petsParty(dogAgent(), broken)
    const first = await program.start({ party })
    await expect(first.parties.create({ id: 'p1', inputs })).rejects.toMatchObject({ code: 'AGENT_START' })
    const next = await program.start(given)
    expect(next.parties.list()).toEqual([])
    await next.parties.create({ id: 'p1', inputs })
  })

  it('hears its first input before an event that is published at once', async () => {
    const program = createProgram()
    const party = petsParty(trainerAgent('dog'), dogAgent())
    await program.until(atFrame(isStart('dog'), 'cut'), { party }, runtime =>
      runtime.parties.create({ id: 'p1', inputs: ['roll'] }),
    )
    const next = await program.start({ party })
    await next.parties.get('p1').addInput('beg')
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ said: ['roll', 'beg'] })
  })
})

describe('a party that was being deleted when its process ended', () => {
  it('is deleted, or unchanged', async () => {
    for (const isWritten of [true, false]) {
      const program = createProgram()
      const first = await program.start(given)
      const p1 = await first.parties.create({ id: 'p1', inputs })
      await p1.idle()
      const deleted = first.parties.delete('p1')
      if (isWritten) await deleted
      else {
        program.crash()
        await Promise.race([deleted, turn()])
      }
      const next = await program.start(given)
      await next.idle()
      expect(next.parties.list().map(({ id }) => id)).toEqual(isWritten ? [] : ['p1'])
      if (!isWritten) await expectWhole(next)
    }
  })

  it('is deleted, or unchanged, wherever the process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const first = await program.start(given)
      await first.parties.create({ id: 'p1', inputs })
      await first.idle()
      const isEnded = await program.until(ending, given, async second => {
        await second.idle()
        await second.parties.delete('p1')
      })
      const third = await program.start(given)
      await third.idle()
      if (third.parties.list().length > 0) await expectWhole(third)
      else expect(await program.frames('party/p1')).toEqual([])
      return isEnded
    })
  })

  async function expectWhole(
    runtime: Pick<Runtime, 'bus' | 'idle'> & { readonly parties: { get(id: string): { readonly state: object } } },
  ) {
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await runtime.idle()
    expect(runtime.parties.get('p1').state).toMatchObject({ barks: 2, status: 'planning' })
  }
})
