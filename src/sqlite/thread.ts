import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { JournalDiskError } from './disk-error.ts'
import { errorOf } from './failure.ts'
import type { Answer, Asked, Told } from './protocol.ts'

interface Waiting {
  // Methods, not function fields, because each question has its own type of answer.
  resolve(told: unknown): void
  reject(error: Error): void
}

/** The worker thread that uses the file, because SQLite would block this thread. */
export class JournalThread {
  readonly #directory: string
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #ended: Error | undefined

  /** @param ended called when the worker ends although nobody called `end` */
  constructor(directory: string, file: URL | undefined, ended: () => void) {
    this.#directory = directory
    // Without the flags of this process: a worker refuses some of them.
    this.#worker = new Worker(file ?? ownFile(), { execArgv: [] })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => this.#told(answer))
    let why = 'its thread has ended'
    this.#worker.on('error', error => {
      why = error.message
    })
    // `exit` comes after an error too, and only when the worker has released the file.
    this.#worker.once('exit', () => {
      this.#end(new JournalDiskError(directory, why))
      ended()
    })
  }

  /** Asks a question. The thread answers questions in the order in which they were asked. */
  ask<K extends keyof Asked>(kind: K, what: Asked[K]): Promise<Told[K]> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended
      const id = ++this.#last
      this.#worker.postMessage({ id, kind, what }, [])
      // While an answer is awaited, the worker keeps the process alive.
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve, reject })
    })
  }

  /** Ends the worker, even in the middle of an answer. */
  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit')
    this.#end(new JournalDiskError(this.#directory, 'its thread has ended'))
    await this.#worker.terminate()
  }

  #told(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('failure' in answer) waiting?.reject(errorOf(answer.failure, { directory: this.#directory }))
    else waiting?.resolve(answer.told)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** The worker beside this file, in TypeScript or in JavaScript as this file is. */
function ownFile(): URL {
  return new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url)
}
