import { spawn } from 'node:child_process'
import { type Found, reasonOf } from '../../../src/cli/doctor/check.ts'

/**
 * Whether another process can be begun, and ended at once from here: scenarios about crashes do that.
 *
 * @param program the Node that it is to be
 */
export async function processes(program: string, signal: AbortSignal): Promise<Found> {
  const child = spawn(program, ['--eval', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const by = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('spawn', kill)
      child.on('exit', (_, by) => resolve(by))
    })
    if (by === 'SIGKILL') return { how: 'ok', says: 'Processes can be begun and killed.' }
    return {
      how: 'failed',
      says: `A process that was to be killed ended ${by === null ? 'by itself' : `by ${by}`}.`,
      fix: `Find out why: ${program} --eval 'setInterval(() => {}, 1_000)' has to run on and on.`,
    }
  } catch (error) {
    return {
      how: 'failed',
      says: `No process can be begun: ${reasonOf(error)}.`,
      fix: 'Let this user begin processes: ulimit -u says how many there may be.',
    }
  } finally {
    signal.removeEventListener('abort', kill)
  }
}
