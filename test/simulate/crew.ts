import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Report, Share } from './worker.ts'

/** Runs shares of seeds in processes of their own. */
export class Crew {
  readonly #children: ChildProcess[] = []

  /** Starts a worker for each share; resolves when all have ended. */
  async run(shares: readonly Share[], fault: string | undefined, onReport: (report: Report) => void): Promise<void> {
    const ends = shares.map(async share => {
      const child = fork(join(import.meta.dirname, 'worker.ts'), {
        execArgv: [
          ...process.execArgv.filter(option => option !== '--cpu-prof'),
          ...(fault === undefined ? [] : ['--import', join(import.meta.dirname, 'load-fault.ts')]),
        ],
        env: { ...process.env, NODE_ENV: 'production', ...(fault !== undefined && { TROUPE_FAULT: fault }) },
      })
      this.#children.push(child)
      child.on('message', onReport)
      child.send(share)
      const [code] = await once(child, 'exit')
      if (code !== 0 && !this.#isStopped) throw new Error(`A worker of the simulator ended with ${code}.`)
    })
    await Promise.all(ends)
  }

  #isStopped = false

  /** Ends all workers. */
  stop(): void {
    this.#isStopped = true
    for (const child of this.#children) child.kill()
  }
}
