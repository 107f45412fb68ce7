import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Place } from './results.ts'
import type { Told } from './round.ts'
import type { Scale, Suite } from './suite.ts'

/** A round that takes longer than so many seconds is ended; what it has told by then counts. */
const limits = { full: 180, smoke: 20 } as const

/** Runs one round in a process of its own, by the code of a checkout. @returns what went wrong, if anything did */
export async function runRound(
  { name, patience = 1 }: Suite,
  { contestant, case: of }: Place,
  scale: Scale,
  onTold: (told: Told) => void,
  checkout: string = join(import.meta.dirname, '../..'),
): Promise<string | undefined> {
  const child = fork(join(checkout, 'test/bench/round.ts'), [name, contestant, of, scale], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.on('message', (told: Told) => onTold(told))
  const limit = limits[scale] * patience
  let isOver = false
  const timer = setTimeout(() => {
    isOver = true
    child.kill('SIGKILL')
  }, limit * 1_000)
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  try {
    const code = await promise
    if (isOver) return `not over after ${limit} s`
    return code === 0 ? undefined : said.trim() || `ended with code ${code}`
  } finally {
    clearTimeout(timer)
  }
}
