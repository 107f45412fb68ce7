import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from 'troupe/testing'
import { expect, it, onTestFailed } from 'vitest'
import { over } from './errands.ts'
import type { ErrandsOrders, ErrandsReport } from './errands-life.ts'
import { callsOf, wrongIn } from './ledger.ts'
import { start } from './process.ts'

const kills = 50
const parties = 500
const errands = 3

/** The seed. A failing run prints it, and TROUPE_SEED repeats the run. */
const seed = Number(process.env['TROUPE_SEED'] ?? Date.now() % 1_000_000)

/** Counts the calls by their keys, and answers slowly. */
async function receiver(random: () => number) {
  const keys: string[] = []
  const server = createServer((request, response) => {
    keys.push(`${request.headers['idempotency-key']}`)
    request.resume()
    setTimeout(() => response.end(), random() * 1_000)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // It listens on a port of its own.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, keys, close: () => server.close() }
}

it('a process with 500 working parties that is killed 50 times keeps all that it acknowledged, and does nothing twice', async () => {
  console.log(`TROUPE_SEED=${seed}`)
  onTestFailed(() => console.log(`repeat with TROUPE_SEED=${seed}`))
  const random = seededRandom(seed)
  const directory = mkdtempSync(join(tmpdir(), 'troupe-kill-'))
  const { url, keys, close } = await receiver(random)
  const promised = new Map<string, Set<string>>()
  const reports: ErrandsReport[] = []

  const live = (parties: number, quota: number | undefined, onReport: (one: ErrandsReport) => void) => {
    const orders: ErrandsOrders = { directory, url, parties, errands, ...(quota !== undefined && { quota }) }
    return start('errands-life.ts', orders, line => {
      const one: ErrandsReport = JSON.parse(line)
      reports.push(one)
      if (one.what === 'promised')
        promised.set(one.party, new Set([...(promised.get(one.party) ?? []), ...one.errands]))
      onReport(one)
    })
  }

  for (let life = 1; life <= kills; life++) {
    // The first process is killed when most parties exist. One in four of the others is killed during its recovery.
    const begin = life === 1 ? 'created' : 'back'
    const isEarly = life > 1 && random() < 0.25
    const moment = random() * 1_000
    const process = live(parties - kills + life, (errands * parties) / kills, ({ what }) => {
      if (what === begin && !isEarly) setTimeout(process.kill, moment)
    })
    if (isEarly) setTimeout(process.kill, 200 + moment)
    expect((await process.ended).isKilled).toBe(true)
  }
  const last = live(parties, undefined, () => {})
  await last.ended
  close()

  expect(reports.flatMap(one => (one.what === 'back' ? one.quarantined : []))).toEqual([])
  const end = reports.at(-1)
  if (end?.what !== 'end') throw new Error('it never came to an end')
  const lost = [...promised].flatMap(([party, errands]) =>
    [...errands].filter(errand => !end.parties[party]?.inputs.includes(errand)).map(errand => `${party}: ${errand}`),
  )
  expect(lost).toEqual([])
  for (const { inputs, marks } of Object.values(end.parties))
    expect(marks).toEqual(Object.fromEntries(inputs.map(errand => [errand, over])))
  const all = Object.values(end.parties).flatMap(({ inputs }) => inputs)
  expect(end.paid).toEqual({ count: all.length })
  expect(wrongIn(end.ledger, callsOf(keys), kills)).toEqual([])
  console.log(
    `${promised.size} parties, ${all.length} errands, ${end.ledger.events} events, ${keys.length} calls of ${end.ledger.intents.length} effects`,
  )
  rmSync(directory, { recursive: true })
})
