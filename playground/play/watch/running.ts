import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { isBarLine } from '../bar.ts'
import { type Count, isCount } from './count.ts'

/** How a run ended. */
export interface RunEnd {
  /** The lines that people read. */
  readonly lines: readonly string[]
  /** None if it was not played to its end. */
  readonly count?: Count
  /** How its process ended, as a part of a sentence. */
  readonly how: string
}

/** A run that is under way. */
export interface Running {
  readonly ended: Promise<RunEnd>
  /** Ends it, if it has not ended yet. */
  stop(): Promise<void>
}

/** Begins a run, which hands over its lines as they come. */
export type BeginRun = (told: (line: string) => void) => Running

interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Milliseconds that it has to stop in order, before it is killed. */
  readonly grace?: number
}

/** How many lines of a run are kept at most. */
const mostLines = 20_000

/** Runs are processes of their own, so that each has the files as they are then. */
export function inProcesses(
  args: readonly string[],
  { env = process.env, grace = 5_000 }: ProcessOptions = {},
): BeginRun {
  return told => {
    // In a group of its own, so that Ctrl-C reaches it once, from here.
    const child = spawn(process.execPath, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const lines: string[] = []
    let count: Count | undefined
    const add = (line: string) => {
      told(line)
      if (line.trim() !== '' && !isBarLine(line) && lines.length < mostLines) lines.push(line)
    }
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on('line', add)
    child.on('message', message => {
      if (isCount(message)) count = message
    })
    const interrupt = () => void child.kill('SIGINT')
    process.once('exit', interrupt)
    const gone = new Promise<unknown>(resolve => child.once('exit', resolve).once('error', resolve))
    const ended = new Promise<RunEnd>(resolve => {
      const end = (how: string) => {
        process.off('exit', interrupt)
        resolve({ lines, how, ...(count && { count }) })
      }
      child.on('error', error => end(error.message))
      child.on('close', (code, by) =>
        end(by === null ? `its process ended with ${code}` : `its process ended by ${by}`),
      )
    })
    return {
      ended,
      async stop() {
        interrupt()
        const timer = setTimeout(() => child.kill('SIGKILL'), grace)
        await gone
        clearTimeout(timer)
      },
    }
  }
}
