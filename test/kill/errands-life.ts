/**
 * One process of many parties at once. What it has been promised, it tells before anything else; at the end of all, it makes
 * no call and tells what has come of everything.
 */
import { argv, exit } from 'node:process'
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { errandsOf } from './errands.ts'
import { type Ledger, ledgerOf } from './ledger.ts'
import { framesOf, settled } from './settled.ts'
import { tell } from './told.ts'

/** What a process is to do. */
export interface ErrandsOrders {
  readonly directory: string
  /** Where errands are run to. */
  readonly url: string
  readonly parties: number
  readonly errands: number
  /** How many errands it may give to parties that are there; none at all if it is only to go on with what there is. */
  readonly quota?: number
}

/** What it tells. */
export type ErrandsTold =
  | { readonly what: 'back'; readonly parties: number; readonly quarantined: readonly string[] }
  /** All parties are there. */
  | { readonly what: 'created' }
  /** Promised: a party that is there, and the errands that it has. */
  | { readonly what: 'promised'; readonly party: string; readonly errands: readonly string[] }
  | {
      readonly what: 'end'
      readonly parties: Readonly<Record<string, EndedParty>>
      readonly paid: unknown
      readonly ledger: Ledger
    }

/** What has come of a party. */
export interface EndedParty {
  readonly inputs: readonly string[]
  readonly marks: unknown
}

const { directory, url, parties, errands, quota }: ErrandsOrders = JSON.parse(argv[2] ?? '{}')
const told = (one: ErrandsTold) => tell(one)

const party = errandsOf(async (errand, { key, signal }) => {
  const response = await fetch(url, { method: 'POST', headers: { 'idempotency-key': key }, signal })
  if (!response.ok) throw new Error(`it was answered with ${response.status}`)
  return errand
})
const journal = sqliteJournal({ directory })
const runtime = await createRuntime({ party, journal }).start()
const quarantined = runtime.parties.quarantined().map(({ partyId, reason }) => `${partyId}: ${reason}`)
told({ what: 'back', parties: runtime.parties.list().length, quarantined })

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
  told({ what: 'end', parties: ended, paid, ledger: ledgerOf(frames.flat()) })
  exit()
}

const nameOf = (id: string, place: number) => ({ inputId: `${id}-${place}`, content: `${id}-${place}` })
let left = quota

// Whoever gave a party or an errand without having been told that it is there gives it again, unless it is.
const create = async (id: string) => {
  const party = await runtime.parties.create({ id, inputs: [nameOf(id, 1)] })
  told({ what: 'promised', party: id, errands: Array.from(party.state.inputs, ({ content }) => content) })
}
const give = async (id: string) => {
  const party = runtime.parties.get(id)
  const next = party.state.inputs.size + 1
  if (next > errands || left-- <= 0) return
  const { content } = await party.addInput(nameOf(id, next))
  told({ what: 'promised', party: id, errands: [content] })
}

const ids = Array.from({ length: parties }, (_, place) => `p-${place + 1}`)
const there = new Set(runtime.parties.list().map(({ id }) => id))
await inLanes(
  ids.filter(id => !there.has(id)),
  create,
)
told({ what: 'created' })
// Not the same ones each time.
await inLanes(
  ids.toSorted(() => Math.random() - 0.5),
  give,
)
// Until somebody ends it.
await new Promise(resolve => setTimeout(resolve, 60_000))

/** Twenty at a time, as a client with so many connections would. */
async function inLanes(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await work(id)
  }
  await Promise.all(Array.from({ length: 20 }, lane))
}
