import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '../../../package/bundle.ts'
import { spreadOf } from '../../statistics.ts'
import type { Cases, Round, Scale } from '../../suite.ts'

const modules = join(import.meta.dirname, '..', '..', '..', '..', 'node_modules')
const peers = ['zod', 'xstate']
const times = { full: 21, smoke: 1 } as const

const troupeRound: Round = (scale, tell) =>
  inFolder(async folder => {
    await bundle(folder)
    const index = pathToFileURL(join(folder, 'src', 'index.js')).href
    const both = inTurn(scale, [[index], peers])
    const [all = [], alone = []] = both
    tell({ ms: median(all), 'ms more': median(all.map((ms, place) => ms - (alone[place] ?? 0))) })
  })

const peersRound: Round = async (scale, tell) => {
  const [alone = []] = inTurn(scale, [peers])
  tell({ ms: median(alone) })
}

export const troupe: Cases = { 'in a new process': troupeRound }
export const zodAndXState: Cases = { 'in a new process': peersRound }

/** Imports each list of modules in new processes, one list after the other. @returns milliseconds of each, by list */
function inTurn(scale: Scale, lists: readonly (readonly string[])[]): readonly (readonly number[])[] {
  const took = lists.map((): number[] => [])
  // The first of each finds nothing in the caches of the file system.
  for (let time = 0; time <= times[scale]; time++)
    for (const [place, list] of lists.entries()) {
      const ms = importing(list)
      if (time > 0) took[place]?.push(ms)
    }
  return took
}

function importing(list: readonly string[]): number {
  const imports = list.map(one => `await import(${JSON.stringify(one)});`).join('')
  // Of the processor: what else the machine does is no part of it.
  const program = `const began = process.cpuUsage(); ${imports}
    const { user, system } = process.cpuUsage(began); console.log((user + system) / 1_000)`
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', cwd: modules }),
  )
}

/** Does something in a folder from which packages are found. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(modules, '.cache', `troupe-import-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function median(samples: readonly number[]): number {
  return spreadOf(samples)?.median ?? Number.NaN
}
