/**
 * One process of many parties at once. It reports each acknowledgement at once. The last process makes no calls, and reports the
 * final state of all parties.
 */
import { argv, exit } from 'node:process'
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { errandsOf } from './errands.ts'
import { type Ledger, ledgerOf } from './ledger.ts'
import { report } from './report.ts'
import { framesOf, settled } from './settled.ts'

/** What a process is to do. */
export interface ErrandsOrders {
  readonly directory: string
  /** Where errands are run to. */
  readonly url: string
  readonly parties: number
  readonly errands: number
  /** How many errands it may add to existing parties; `undefined`: it only goes on with the journal. */
  readonly quota?: number
}

/** What it reports. */
export type ErrandsReport =
  | { readonly what: 'back'; readonly parties: number; readonly quarantined: readonly string[] }
  /** All parties exist. */
  | { readonly what: 'created' }
  /** Acknowledged: a party, and its errands. */
  | { readonly what: 'promised'; readonly party: string; readonly errands: readonly string[] }
  | {
      readonly what: 'end'
      readonly parties: Readonly<Record<string, EndedParty>>
      readonly paid: unknown
      readonly ledger: Ledger
    }

/** The final state of a party. */
export interface EndedParty {
  readonly inputs: readonly string[]
  readonly marks: unknown
}

const { directory, url, parties, errands, quota }: ErrandsOrders = JSON.parse(argv[2] ?? '{}')
const say = (one: ErrandsReport) => report(one)

const party = errandsOf(async (errand, { key, signal }) => {
  const response = await fetch(url, { method: 'POST', headers: { 'idempotency-key': key }, signal })
  if (!response.ok) throw new Error(`it was answered with ${response.status}`)
  return errand
})
const journal = sqliteJournal({ directory })
const runtime = await createRuntime({ party, journal }).start()
const quarantined = runtime.parties.quarantined().map(({ partyId, reason }) => `${partyId}: ${reason}`)
say({ what: 'back', parties: runtime.parties.list().length, quarantined })

if (quota === undefined) {
  await settled(runtime)
  const all = runtime.parties.list()
  const frames = await Promise.all([
    framesOf(journal, 'runtime'),
    ...all.map(({ id }) => framesOf(journal, `party/${id}`)),
  ])
  const ended = Object.fromEntries(
    all.map(({ id, state: { inputs, marks } }) => [
      id,
      { inputs: Array.from(inputs, ({ content }) => content), marks },
    ]),
  )
  const paid = runtime.agent('bank').snapshot()?.context
  say({ what: 'end', parties: ended, paid, ledger: ledgerOf(frames.flat()) })
  exit()
}

const nameOf = (id: string, place: number) => ({ inputId: `${id}-${place}`, content: `${id}-${place}` })
let left = quota

// An earlier process may have ended before the acknowledgement, so parties and errands are added again if they do not exist.
const create = async (id: string) => {
  const party = await runtime.parties.create({ id, inputs: [nameOf(id, 1)] })
  say({ what: 'promised', party: id, errands: Array.from(party.state.inputs, ({ content }) => content) })
}
const give = async (id: string) => {
  const party = runtime.parties.get(id)
  const next = party.state.inputs.size + 1
  if (next > errands || left-- <= 0) return
  const { content } = await party.addInput(nameOf(id, next))
  say({ what: 'promised', party: id, errands: [content] })
}

const ids = Array.from({ length: parties }, (_, place) => `p-${place + 1}`)
const there = new Set(runtime.parties.list().map(({ id }) => id))
await inLanes(
  ids.filter(id => !there.has(id)),
  create,
)
say({ what: 'created' })
// A random order, so that each process adds to other parties first.
await inLanes(
  ids.toSorted(() => Math.random() - 0.5),
  give,
)
// Runs until the test ends it.
await new Promise(resolve => setTimeout(resolve, 60_000))

/** Makes twenty calls at a time, like a client with twenty connections. */
async function inLanes(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await work(id)
  }
  await Promise.all(Array.from({ length: 20 }, lane))
}
