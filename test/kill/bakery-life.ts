/**
 * One process of a bakery. First it goes on from the journal in one directory, and reports the final state. Then it runs in
 * another directory until it is killed there. Both are in one process, because starting a process takes longer than its work.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { type AgentRef, createRuntime, type Journal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { seededRandom } from 'troupe/testing'
import { type BakeryState, bakeryOf } from './bakery.ts'
import { type Cut, cutJournal, dyingAt } from './cut.ts'
import { type Calls, callsOf, type Ledger, ledgerOf } from './ledger.ts'
import { report } from './report.ts'
import { framesOf, settled } from './settled.ts'

/** What a process is to do. */
export interface LifeOrders {
  /** The directory in which it goes on, and whose final state it reports. */
  readonly back?: string | undefined
  /** The directory in which it runs until the cut, if it reaches the cut. */
  readonly live?: { readonly directory: string; readonly cut?: Cut | undefined } | undefined
}

/** The final state of a bakery, or why it did not reach an end. */
export type LifeReport = { readonly directory: string } & (
  | { readonly end: unknown; readonly calls: Calls; readonly ledger: Ledger }
  | { readonly failure: string }
)

const orders = 14

/** Runs in a directory until no work is left. */
async function live(directory: string, seed: number, cut?: Cut): Promise<LifeReport> {
  const file = join(directory, 'calls')
  const done = cut?.stage === 'effect' ? dyingAt(cut.turn) : () => {}
  const { inputs, ...bakery } = bakeryOf(key => {
    appendFileSync(file, `${key}\n`)
    done()
  }, orders)
  const journal = journalIn(directory, cut)
  const runtime = await createRuntime({
    ...bakery,
    journal,
    intensity: { max: 100, within: 1_000 },
    snapshots: { every: 50 },
    random: seededRandom(seed),
  }).start()
  // An earlier process may have ended before the party was created.
  if (runtime.parties.list().length === 0) await runtime.parties.create({ id: 'p1', inputs })
  await settled(runtime)

  const party = runtime.parties.get('p1')
  const agents = [
    ...bakery.party.agents.flatMap(({ name }) => (name === 'baker' ? members : [name])).map(name => party.agent(name)),
    ...bakery.agents.map(({ name }) => runtime.agent(name)),
  ]
  const letters = runtime.bus.deadLetters.list().map(({ to, reason, attempts }) => `${to} ${reason} ${attempts}`)
  const end = { state: stateOf(party.state), agents: endsOf(agents), letters: letters.toSorted() }
  const frames = [...(await framesOf(journal, 'runtime')), ...(await framesOf(journal, 'party/p1'))]
  const calls = callsOf(readFileSync(file, 'utf8').split('\n').slice(0, -1))
  await runtime.stop({ timeout: 0 })
  return { directory, end, calls, ledger: ledgerOf(frames, name => name !== 'look') }
}

const members = ['bakers/1', 'bakers/2']

/** The journal of a process, which ends the process at the cut. */
function journalIn(directory: string, cut: Cut | undefined): Journal {
  if (!cut) return sqliteJournal({ directory })
  env['CUT_STAGE'] = cut.stage
  env['CUT_TURN'] = `${cut.turn}`
  return cutJournal(sqliteJournal({ directory, worker: new URL('worker.ts', import.meta.url) }), cut)
}

/** A state without its times. */
function stateOf({ marks, inputs, status, version }: BakeryState) {
  return { marks, inputs: Array.from(inputs, ({ content }) => content), status, version }
}

/** The states and contexts of agents, with the members of a pool as one. The last order is left out, because it may differ. */
function endsOf(agents: readonly AgentRef[]) {
  const ends: Record<string, { value: unknown; count: number; orders: readonly string[] }> = {}
  for (const agent of agents) {
    const address = agent.address.replace(/\/\d$/, '')
    const before = ends[address] ?? { value: undefined, count: 0, orders: [] }
    const { value, context } = agent.snapshot() ?? {}
    const { count = 0, orders = [] }: { count?: number; orders?: readonly string[] } =
      typeof context === 'object' ? { ...context } : {}
    ends[address] = { value, count: before.count + count, orders: [...before.orders, ...orders].toSorted() }
  }
  return ends
}

async function reportOn(directory: string, life: Promise<LifeReport>): Promise<void> {
  report(await life.catch((error: unknown) => ({ directory, failure: String(error) })))
}

const { back, live: next }: LifeOrders = JSON.parse(argv[2] ?? '{}')
if (back !== undefined) await reportOn(back, live(back, 2))
if (next) await reportOn(next.directory, live(next.directory, 1, next.cut))
exit()
