import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How a process ended, and the lines that it said. */
export interface Ended {
  readonly lines: readonly string[]
  /** Whether it was killed, by itself or by us. */
  readonly isKilled: boolean
}

/** Runs a program of this folder until its end. @throws when it fails of its own accord */
export async function run(program: string, orders: unknown): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--conditions=troupe-source', join(import.meta.dirname, program), JSON.stringify(orders)],
    { env: childEnv, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const said: string[] = []
  const wrong: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => wrong.push(text))
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.Signals | number | null>()
  child.on('error', reject).on('close', (code, signal) => resolve(signal ?? code))
  const how = await promise
  if (how !== 0 && how !== 'SIGKILL') throw new Error(`${program} ended with ${how}: ${wrong.join('')}`)
  return { lines: said.join('').split('\n').filter(Boolean), isKilled: how === 'SIGKILL' }
}

/** Hundreds of processes load the same modules. */
export const childEnv = {
  ...process.env,
  NODE_ENV: 'production',
  NODE_COMPILE_CACHE: join(tmpdir(), 'troupe-kill-cache'),
}
