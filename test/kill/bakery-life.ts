/**
 * One process of a bakery. It goes on with what the last one has left in a directory, looks at what that has come to, and then
 * lives in another directory until it dies there: a process costs more than what happens in it.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { type AgentRef, createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { seededRandom } from 'troupe/testing'
import { bakeryOf } from './bakery.ts'
import { type Cut, cutJournal, dyingAt } from './cut.ts'
import { type Calls, callsOf, type Ledger, ledgerOf } from './ledger.ts'
import { framesOf, settled } from './settled.ts'
import { tell } from './told.ts'

/** What a process is to do. */
export interface LifeOrders {
  /** Goes on there, and tells what it has come to. */
  readonly back?: string | undefined
  /** Lives there, and dies at the cut unless it never comes to it. */
  readonly live?: { readonly directory: string; readonly cut?: Cut | undefined } | undefined
}

/** What a bakery has come to, or why it has not come to an end. */
export type Told = { readonly directory: string } & (
  | { readonly end: unknown; readonly calls: Calls; readonly ledger: Ledger }
  | { readonly failure: string }
)

const orders = 14

/** Lives on in a directory until nothing is left to be done. */
async function live(directory: string, seed: number, cut?: Cut): Promise<Told> {
  const calls = join(directory, 'calls')
  const done = cut?.stage === 'effect' ? dyingAt(cut.turn) : () => {}
  const { party, agents, inputs } = bakeryOf(key => {
    appendFileSync(calls, `${key}\n`)
    done()
  }, orders)
  env['CUT_STAGE'] = cut?.stage
  env['CUT_TURN'] = `${cut?.turn}`
  const worker = cut && { worker: new URL('worker.ts', import.meta.url) }
  const opened = sqliteJournal({ directory, ...worker })
  const journal = cut ? cutJournal(opened, cut) : opened
  const intensity = { max: 100, within: 1_000 }
  const runtime = createRuntime({ party, agents, journal, intensity, random: seededRandom(seed), cleanup: 3_600_000 })
  await runtime.start()
  // Whoever has not been told that the party is there, and does not find it, creates it.
  if (runtime.parties.list().length === 0) await runtime.parties.create({ id: 'p1', inputs })
  const made = runtime.parties.get('p1')
  await settled(runtime)

  const { state } = made
  const names = [...party.agents.filter(({ name }) => name !== 'baker').map(({ name }) => name), ...members]
  const letters = runtime.bus.deadLetters.list().map(({ to, reason, attempts }) => `${to} ${reason} ${attempts}`)
  const end = {
    state: { marks: state.marks, inputs: [...state.inputs], status: state.status, version: state.version },
    agents: endsOf([...names.map(name => made.agent(name)), ...agents.map(({ name }) => runtime.agent(name))]),
    letters: letters.toSorted(),
  }
  const frames = [...(await framesOf(journal, 'runtime')), ...(await framesOf(journal, 'party/p1'))]
  const keys = readFileSync(calls, 'utf8').split('\n').slice(0, -1)
  await runtime.stop({ timeout: 0 })
  return { directory, end, calls: callsOf(keys), ledger: ledgerOf(frames, name => name !== 'look') }
}

const members = ['bakers/1', 'bakers/2']

/** Where agents are and what they remember, the members of a pool as one; which order came last is nobody's promise. */
function endsOf(agents: readonly AgentRef[]) {
  const orders: Record<string, string[]> = {}
  const counts: Record<string, number> = {}
  const values: Record<string, unknown> = {}
  for (const agent of agents) {
    const address = agent.address.replace(/\/\d$/, '')
    const { value, context } = agent.snapshot() ?? {}
    const known: { count?: number; orders?: readonly string[] } = typeof context === 'object' ? { ...context } : {}
    orders[address] = [...(orders[address] ?? []), ...(known.orders ?? [])].toSorted()
    counts[address] = (counts[address] ?? 0) + (known.count ?? 0)
    values[address] = value
  }
  return { orders, counts, values }
}

async function tellOf(directory: string, life: Promise<Told>): Promise<void> {
  tell(await life.catch((error: unknown) => ({ directory, failure: String(error) })))
}

const { back, live: next }: LifeOrders = JSON.parse(argv[2] ?? '{}')
if (back !== undefined) await tellOf(back, live(back, 2))
if (next) await tellOf(next.directory, live(next.directory, 1, next.cut))
exit()
