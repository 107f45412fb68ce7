import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { memoryJournal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { inDirectory } from '../../directory.ts'
import type { Cases, Round } from '../../suite.ts'
import { planner } from './planner.ts'
import { alone, figuresFor, figuresOf, planTogether, timeOfPlan, together } from './rounds.ts'
import { planning } from './troupe.ts'

const manyAtOnce: Round = (scale, tell) =>
  inDirectory(async directory => {
    const onDisk = await planning(planner, sqliteJournal({ directory }))
    tell(await figuresFor(scale, onDisk, parties => planTogether(onDisk, parties)))
    await onDisk.stop?.()
  })

const parties = { full: { before: 1_500, watched: 1_000 }, smoke: { before: 0, watched: 5 } } as const

/** A party on disk, one in memory, and one look that a file is on the disk, in turn: so that all meet the same disk. */
const oneByOne: Round = (scale, tell) =>
  inDirectory(async directory => {
    const onDisk = await planning(planner, sqliteJournal({ directory: join(directory, 'journal') }))
    const inMemory = await planning(planner, memoryJournal())
    const file = openSync(join(directory, 'file'), 'a')
    const run = async (count: number) => {
      const times = { disk: [0], memory: [0], sync: [0] }
      for (let place = 0; place < count; place++) {
        times.disk[place] = await timeOfPlan(onDisk, place + 1)
        times.memory[place] = await timeOfPlan(inMemory, place + 1)
        times.sync[place] = timeOfSync(file)
        if (place % 100 === 99) await Promise.all([onDisk.clear?.(), inMemory.clear?.()])
      }
      return times
    }
    const { before, watched } = parties[scale]
    await run(before)
    const times = await run(watched)
    const [disk, memory, sync] = [figuresOf(times.disk), figuresOf(times.memory), figuresOf(times.sync)]
    tell({ ...disk, 'syncs more': (disk['p50 ms'] - memory['p50 ms']) / sync['p50 ms'] })
    closeSync(file)
    await Promise.all([onDisk.stop?.(), inMemory.stop?.()])
  })

/** As much as a few frames. */
const block = Buffer.alloc(4_096, 'x')

function timeOfSync(file: number): number {
  const begin = performance.now()
  writeSync(file, block)
  fdatasyncSync(file)
  return performance.now() - begin
}

export const onSqlite: Cases = { [together]: manyAtOnce, [alone]: oneByOne }
