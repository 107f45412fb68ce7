import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** How a process ended. */
export interface Ended {
  /** All lines that it wrote. */
  readonly lines: readonly string[]
  /** Whether it was killed, by itself or by the test. */
  readonly isKilled: boolean
}

/** A running process. */
export interface Started {
  /** @throws when the process fails without being killed */
  readonly ended: Promise<Ended>
  readonly pid: number | undefined
  /** Kills it, like a power failure. */
  kill(): void
}

/** A large young generation: most of these processes end before a garbage collection is useful. */
const flags = ['--conditions=troupe-source', '--max-semi-space-size=64']

/** A compile cache, because hundreds of processes load the same modules. */
const env = { ...process.env, NODE_ENV: 'production', NODE_COMPILE_CACHE: join(tmpdir(), 'troupe-kill-cache') }

/** Starts a program of this folder with its orders as JSON; `onLine` gets each line that it writes. */
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
