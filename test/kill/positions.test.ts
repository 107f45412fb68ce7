import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { sqliteJournal } from 'troupe/sqlite'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LifeOrders, LifeReport } from './bakery-life.ts'
import { type Stage, stages } from './cut.ts'
import { wrongIn } from './ledger.ts'
import { start } from './process.ts'

/** How many processes run at the same time. */
const lanes = 2
const root = mkdtempSync(join(tmpdir(), 'troupe-kill-'))

const live = async (orders: LifeOrders) => {
  const { lines, isKilled } = await start('bakery-life.ts', orders).ended
  return { reports: lines.map((line): LifeReport => JSON.parse(line)), isKilled }
}

/** The final state of a bakery whose processes are not killed. */
let undisturbed: LifeReport

beforeAll(async () => {
  const empty = sqliteJournal({ directory: join(root, 'empty') })
  await empty.partitions()
  await empty.close()
  const { reports } = await live({ live: { directory: directoryFor('undisturbed') } })
  const [only] = reports
  if (!only) throw new Error('it reported nothing')
  undisturbed = only
}, 60_000)

/** The differences from that final state. */
function wrongWith(report: LifeReport, kills: number): readonly string[] {
  if ('failure' in report) return [report.failure]
  const isSame = 'end' in undisturbed && isDeepStrictEqual(report.end, undisturbed.end)
  const wrong = [...(isSame ? [] : ['it ends otherwise']), ...wrongIn(report.ledger, report.calls, kills)]
  if (wrong.length === 0) rmSync(report.directory, { recursive: true })
  return wrong
}

/** A directory with a copied empty journal, because creating the tables takes long. */
function directoryFor(name: string): string {
  const directory = join(root, name)
  cpSync(join(root, 'empty'), directory, { recursive: true })
  return directory
}

/** The final states after processes that were cut at a stage. */
interface Looked {
  readonly cuts: number
  readonly wrong: readonly string[]
}

/** Cuts at every n-th occurrence of a stage, from a first one on, until a process ends without being cut. */
async function cutAll(stage: Stage, first: number): Promise<Looked> {
  const wrong: string[] = []
  let dead: string | undefined
  for (let turn = first, cuts = 0; ; turn += lanes, cuts++) {
    const directory = directoryFor(`${stage}-${turn}`)
    const { reports, isKilled } = await live({ back: dead, live: { directory, cut: { stage, turn } } })
    for (const one of reports)
      wrong.push(...wrongWith(one, one.directory === dead ? 1 : 0).map(what => `${one.directory}: ${what}`))
    if (!isKilled) return { cuts, wrong }
    dead = directory
  }
}

describe('a process that is killed', () => {
  it('has a journal of some length', () => {
    expect(wrongWith(undisturbed, 0)).toEqual([])
    expect(undisturbed).toMatchObject({ ledger: { events: expect.toSatisfy((events: number) => events >= 200) } })
  })

  it.each(stages)('%s, at every position: the next process reaches the same final state', async stage => {
    const all = await Promise.all(Array.from({ length: lanes }, (_, lane) => cutAll(stage, lane + 1)))
    expect(all.flatMap(({ wrong }) => wrong)).toEqual([])
    const cuts = all.reduce((sum, one) => sum + one.cuts, 0)
    console.log(`${stage}: ${cuts} positions`)
    expect(cuts).toBeGreaterThan(30)
  })
})
