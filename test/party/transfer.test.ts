import type { Frame } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, parrotAgent, petsParty, trainerAgent } from '../support/pets.ts'
import { atFrame, createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const party = petsParty(dogAgent(), trainerAgent(undefined))

async function exportedParty(options = {}) {
  const { runtime } = await startRuntime({ party, ...options })
  const pets = await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
  for (const word of ['a', 'rest', 'b', 'c']) await runtime.bus.publish(command({ word }), { party: 'p1' })
  await pets.idle()
  const lines: string[] = []
  for await (const line of runtime.parties.export('p1')) lines.push(line)
  return { lines, state: JSON.stringify(pets.state), runtime }
}

/** Imports a party in a process after one in which a durable subscription may have been made. */
async function nextProcess(isKnown: boolean) {
  const program = createProgram()
  const first = await program.start({ party })
  if (isKnown) first.bus.subscribe(barked, () => {}, { durable: 'diary' })
  await first.idle()
  await first.stop()
  return program.start({ party })
}

describe('a party that was exported', () => {
  it.each([
    ['completely', {}],
    ['from its snapshot on', { snapshots: { every: 3, keep: 0 } }],
  ])('goes on in another runtime from its former state, exported %s', async (_, options) => {
    const { lines, state } = await exportedParty(options)
    const { runtime } = await startRuntime({ party })
    const pets = await runtime.parties.import(lines)
    expect(JSON.stringify(pets.state)).toBe(state)
    expect(await pets.idle()).toMatchObject({ waitingFor: [{ what: 'mail', name: 'pets.command' }] })
    await runtime.bus.publish({ type: 'pets.urgent', data: { word: 'up' } }, { party: 'p1' })
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: 4 })
  })

  it('is still failed if it had failed, until it is retried', async () => {
    const intensity = { max: 0, within: 1_000 }
    const first = await startRuntime({ party, intensity })
    const failed = await first.runtime.parties.create({ id: 'p1' })
    await first.runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await settle()
    expect(failed.state.status).toBe('error')
    const lines: string[] = []
    for await (const line of first.runtime.parties.export('p1')) lines.push(line)

    const { runtime } = await startRuntime({ party, intensity })
    const pets = await runtime.parties.import(lines)
    expect(pets.state.status).toBe('error')
    await expect(pets.addInput('sit')).rejects.toMatchObject({ code: 'PARTY_FAILED' })
    expect((await runtime.parties.retry('p1')).state.status).toBe('planning')
  })

  it('is heard by agents outside the parties from its import on, in this process and the next', async () => {
    const { lines } = await exportedParty()
    const program = createProgram()
    const options = { party, agents: [parrotAgent()] }
    const first = await program.start(options)
    await first.parties.import(lines)
    await first.idle()
    expect(first.agent('parrot').snapshot()?.context).toEqual({ words: [] })
    const second = await program.start(options)
    await second.bus.publish({ type: 'pets.urgent', data: { word: 'up' } }, { party: 'p1' })
    await second.idle()
    expect(second.agent('parrot').snapshot()?.context).toEqual({ words: ['up', 'b', 'c'] })
  })

  it.each([
    ['before the import', true, true],
    ['in an earlier process', true, false],
    ['after the import', false, false],
  ])('is heard from its import on by a durable subscription that was made %s', async (_, before, stays) => {
    const { lines } = await exportedParty()
    const runtime = await nextProcess(before && !stays)
    const received: string[] = []
    const subscribe = () =>
      runtime.bus.subscribe(barked, ({ data }) => void received.push(data.word), { durable: 'diary', from: 'now' })
    if (stays) subscribe()
    await runtime.idle()
    const pets = await runtime.parties.import(lines)
    if (!stays) subscribe()
    await runtime.idle()
    await runtime.bus.publish({ type: 'pets.urgent', data: { word: 'up' } }, { party: 'p1' })
    await pets.idle()
    await settle()
    expect(received).toEqual(['up', 'b', 'c'])
  })

  it('is not delivered to durable subscriptions, also if the process ends as soon as the journal has it', async () => {
    const { lines } = await exportedParty()
    const program = createProgram()
    const first = await program.start({ party })
    first.bus.subscribe(barked, () => {}, { durable: 'diary' })
    await first.idle()
    await first.stop()
    const hasArrived = ({ entries }: Frame) => entries.some(entry => entry.kind === 'recovered' && entry.arrived)
    await program.until(atFrame(hasArrived, 'written'), { party }, second => second.parties.import(lines))
    const third = await program.start({ party })
    const received: string[] = []
    third.bus.subscribe(barked, ({ data }) => received.push(data.word), { durable: 'diary' })
    await third.bus.publish({ type: 'pets.urgent', data: { word: 'up' } }, { party: 'p1' })
    await third.idle()
    await settle()
    expect(received).toEqual(['up', 'b', 'c'])
  })

  it('is refused if a party with its id exists', async () => {
    const { lines, runtime } = await exportedParty()
    await expect(runtime.parties.import(lines)).rejects.toMatchObject({ code: 'PARTY_EXISTS' })
  })

  it.each<[string, (lines: string[]) => string[]]>([
    ['without its end', lines => lines.slice(0, -1)],
    ['without a line in the middle', lines => lines.filter((_, place) => place !== 4)],
    ['with an altered line', lines => lines.map(line => line.replace('"word":"b"', '"word":"x"'))],
    ['with half a line', lines => lines.map((line, place) => (place === 3 ? line.slice(0, 20) : line))],
    ['of a newer version', lines => lines.map(line => line.replace('"version":1,"partyId"', '"version":9,"partyId"'))],
    ['without any line', () => []],
  ])('is refused %s, and leaves no party', async (_, spoil) => {
    const { lines } = await exportedParty()
    const { runtime } = await startRuntime({ party })
    await expect(runtime.parties.import(spoil(lines))).rejects.toMatchObject({ code: 'PARTY_IMPORT' })
    expect(runtime.parties.list()).toEqual([])
    expect(await runtime.parties.import(lines)).toBeDefined()
  })
})
