import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Place } from './results.ts'
import type { Told } from './round.ts'
import type { Scale, Suite } from './suite.ts'
import { hasTurn, type Referee, wantsTurn } from './turns.ts'

/** A round that takes longer than so many seconds is ended; what it has told by then counts. */
const limits = { full: 180, smoke: 20 } as const

/** Whose package a round measures, and who gives it its turns. */
export interface Comparing {
  readonly checkout: string
  readonly referee: Referee
}

/** Runs one round in a process of its own. @returns what went wrong, if anything did */
export async function runRound(
  { name, patience = 1 }: Suite,
  { contestant, case: of }: Place,
  scale: Scale,
  onTold: (told: Told) => void,
  comparing?: Comparing,
): Promise<string | undefined> {
  const child = fork(join(import.meta.dirname, 'round.ts'), [name, contestant, of, scale], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    ...(comparing && {
      execArgv: [...process.execArgv, '--import', join(import.meta.dirname, 'checkout.ts')],
      env: { ...process.env, TROUPE_BENCH_CHECKOUT: comparing.checkout },
    }),
  })
  const compared = comparing?.referee.join(() => child.send(hasTurn))
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.on('message', (told: Told | typeof wantsTurn) => {
    if (told !== wantsTurn) onTold(told)
    else if (compared) comparing?.referee.want(compared)
  })
  // A round that is compared waits for half of its time.
  const limit = limits[scale] * patience * (comparing ? 2 : 1)
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
    if (compared) comparing?.referee.end(compared)
  }
}
