import { createRuntime, type Frame, foldParty, type Journal, memoryJournal, type RuntimeOptions } from 'troupe'
import { seededRandom } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { lease, owners } from '../support/owners.ts'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { settle, suiteScheduler, turn } from '../support/runtime.ts'
import { temporaryJournal } from '../support/temporary-journal.ts'

const party = petsParty(dogAgent())
const parties = ['p1', 'p2', 'p3']

const fighterOf = (options: Pick<RuntimeOptions, 'journal' | 'clock' | 'ownership' | 'random'>) =>
  createRuntime({ scheduler: suiteScheduler, party, log: 'silent', ...options })

type Fighter = ReturnType<typeof fighterOf>

/** Runtimes that claim, lose, release, pause and crash at random while commands are published. */
async function fight(seed: number, inner: Journal) {
  const random = seededRandom(seed)
  const oneOf = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)]
  const { join, pause, resume, clock, journal } = owners(inner)
  const acknowledged = new Map<string, Set<string>>(parties.map(id => [id, new Set()]))
  /** The acknowledged writes and their writers, in order. */
  const writes: { readonly partition: string; readonly epoch: number; readonly name: string }[] = []
  const living = new Map<string, { readonly runtime: Fighter; crash(): void }>()
  let count = 0

  const start = async () => {
    const name = `r${++count}`
    let isOver = false
    const own: Journal = {
      ...journal,
      async append(partition, epoch, ...rest) {
        if (isOver) return new Promise<never>(() => {})
        if (random() < 0.3) await turn()
        await journal.append(partition, epoch, ...rest)
        if (isOver) return new Promise<never>(() => {})
        writes.push({ partition, epoch, name })
      },
    }
    const options = { journal: own, clock, ownership: join(name), random: seededRandom(seed + count) }
    const runtime = fighterOf(options)
    const crash = () => {
      isOver = true
      pause(name)
    }
    living.set(name, { runtime: await runtime.start(), crash })
  }
  const publish = () => {
    const [id, one] = [oneOf(parties), oneOf([...living.values()])]
    const word = `w${++count}`
    if (!id || !one) return
    one.runtime.bus.publish(command({ word }), { party: id }).then(
      () => acknowledged.get(id)?.add(word),
      () => {},
    )
  }
  const acts = [
    publish,
    publish,
    publish,
    publish,
    () => pause(oneOf([...living.keys()]) ?? ''),
    () => resume(oneOf([...living.keys()]) ?? ''),
    () => clock.advance(lease),
    () =>
      void oneOf([...living.values()])
        ?.runtime.ownership.release(`party/${oneOf(parties)}`)
        .catch(() => {}),
    () =>
      void oneOf([...living.values()])
        ?.runtime.ownership.claim(`party/${oneOf(parties)}`)
        .catch(() => {}),
    async () => {
      const name = oneOf([...living.keys()]) ?? ''
      living.get(name)?.crash()
      living.delete(name)
      await start()
    },
  ]
  for (const _ of [1, 2, 3]) await start()
  for (const id of parties) await [...living.values()][0]?.runtime.parties.create({ id })
  for (let step = 0; step < 60; step++) {
    await oneOf(acts)?.()
    if (random() < 0.6) await turn()
  }
  // All runtimes run again, and the first one claims each partition without an owner.
  for (const name of living.keys()) resume(name)
  clock.advance(lease)
  await settle()
  const runtimes = [...living.values()].map(({ runtime }) => runtime)
  for (const id of parties) for (const runtime of runtimes) await runtime.ownership.claim(`party/${id}`).catch(() => {})
  const ownerOf = (id: string) => runtimes.find(runtime => runtime.parties.list().some(one => one.id === id))
  await settle()
  expect(parties.every(id => ownerOf(id))).toBe(true)
  for (const runtime of runtimes) await runtime.idle()
  const frames = async (id: string) => {
    const found: Frame[] = []
    for await (const frame of journal.read(`party/${id}`)) found.push(frame)
    return found
  }
  const result = {
    acknowledged,
    writes,
    states: new Map<string, unknown>(),
    frames: new Map<string, readonly Frame[]>(),
  }
  for (const id of parties) {
    result.frames.set(id, await frames(id))
    result.states.set(id, ownerOf(id)?.parties.get(id).state)
  }
  for (const runtime of runtimes) await runtime.stop({ timeout: 0 })
  return result
}

function check({ acknowledged, writes, states, frames }: Awaited<ReturnType<typeof fight>>) {
  const writers = new Map<string, string>()
  const epochs = new Map<string, number>()
  for (const { partition, epoch, name } of writes) {
    // Each epoch has one writer. None of its writes is acknowledged after a write of a later epoch.
    expect(writers.get(`${partition} ${epoch}`) ?? name).toBe(name)
    writers.set(`${partition} ${epoch}`, name)
    expect(epoch).toBeGreaterThanOrEqual(epochs.get(partition) ?? 0)
    epochs.set(partition, epoch)
  }
  for (const id of parties) {
    const all = frames.get(id) ?? []
    const said = all.flatMap(({ entries }) =>
      entries.flatMap(one => (one.kind === 'event' && one.envelope.type === 'pets.barked' ? [one.envelope.data] : [])),
    )
    const words = said.map(data => (data as { readonly word: string }).word)
    expect(words.length).toBe(new Set(words).size)
    expect([...(acknowledged.get(id) ?? [])].filter(word => !words.includes(word))).toEqual([])
    const claims = all.flatMap(({ entries }) =>
      entries.flatMap(one => (one.kind === 'recovered' ? [one.epoch ?? 0] : [])),
    )
    expect(claims).toEqual(claims.toSorted((one, other) => one - other))
    const folded = foldParty(party, all)
    expect(JSON.stringify(folded)).toBe(JSON.stringify(states.get(id)))
  }
  return writers.size
}

describe('runtimes that fight over parties at random', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'never write to a party at the same time, and lose no event: seed %i',
    async seed => {
      check(await fight(seed, memoryJournal()))
    },
    60_000,
  )

  it.each([1, 2, 3])(
    'never write to a party at the same time in a file of SQLite: seed %i',
    async seed => {
      check(await fight(seed, temporaryJournal()))
    },
    60_000,
  )

  it('change owners often', async () => {
    expect(check(await fight(1, memoryJournal()))).toBeGreaterThan(5)
  })
})
