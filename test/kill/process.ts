import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** How a process ended. */
export interface Ended {
  /** All that it said. */
  readonly lines: readonly string[]
  /** Whether it was killed, by itself or by us. */
  readonly isKilled: boolean
}

/** A process that is under way. */
export interface Started {
  /** @throws when it fails of its own accord */
  readonly ended: Promise<Ended>
  readonly pid: number | undefined
  /** Ends it at once, as the power going would. */
  kill(): void
}

/** Most of these processes are over before what they need not remember is worth collecting. */
const flags = ['--conditions=troupe-source', '--max-semi-space-size=64']

/** Hundreds of processes load the same modules. */
const env = { ...process.env, NODE_ENV: 'production', NODE_COMPILE_CACHE: join(tmpdir(), 'troupe-kill-cache') }

/** Starts a program of this folder, with orders that it takes as JSON; what it says is told line by line. */
export function start(program: string, orders: object, onLine: (line: string) => void = () => {}): Started {
  const file = join(import.meta.dirname, program)
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(orders)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let wrong = ''
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.Signals | number | null>()
  const said = createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    try {
      onLine(line)
    } catch (error) {
      reject(error)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    wrong += text
  })
  child.on('error', reject).on('close', (code, signal) => resolve(signal ?? code))
  const ended = async () => {
    const [how] = await Promise.all([promise, new Promise(resolve => said.once('close', resolve))])
    if (how !== 0 && how !== 'SIGKILL') throw new Error(`${program} ended with ${how}: ${wrong}`)
    return { lines, isKilled: how === 'SIGKILL' }
  }
  return { ended: ended(), pid: child.pid, kill: () => void child.kill('SIGKILL') }
}
