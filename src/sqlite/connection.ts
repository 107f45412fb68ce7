import type { Address, InHand } from '../index.ts'
import { InHandFile } from './in-hand.ts'
import { JournalOpenError } from './open-error.ts'
import type { SqliteJournalOptions } from './options.ts'
import type { Asked, FileIdentity, Told } from './protocol.ts'
import { JournalThread } from './thread.ts'

/** The way to the file of a journal: open from the first question on, and anew when its thread has ended by itself. */
export class Connection {
  readonly #options: SqliteJournalOptions
  #opening: Promise<JournalThread> | undefined
  #inHand: InHandFile | undefined
  /** The database that was opened first. */
  #known: FileIdentity | undefined

  constructor(options: SqliteJournalOptions) {
    this.#options = options
  }

  async ask<K extends keyof Asked>(kind: K, what: Asked[K]): Promise<Told[K]> {
    const thread = await this.#open()
    return thread.ask(kind, what)
  }

  /** What was in hand when the last owner ended. */
  async inHand(): Promise<InHand | undefined> {
    await this.#open()
    return this.#inHand?.found
  }

  /** Notes what is being handed over; before the file is open, nothing can be. */
  handing(partition: Address, agent: string, seq: number): void {
    this.#inHand?.note(partition, agent, seq)
  }

  async close(): Promise<void> {
    const thread = await this.#opening?.catch(() => undefined)
    try {
      await thread?.ask('close', null)
    } finally {
      await thread?.end()
      this.#inHand?.close()
      this.#inHand = undefined
    }
  }

  #open(): Promise<JournalThread> {
    this.#opening ??= this.#start()
    return this.#opening
  }

  async #start(): Promise<JournalThread> {
    const { directory, maxBytes, worker } = this.#options
    const again = () => {
      this.#opening = undefined
    }
    const thread = new JournalThread(directory, worker, again)
    try {
      this.#known = await thread.ask('open', { directory, maxBytes, known: this.#known })
      this.#inHand ??= inHandIn(directory)
      return thread
    } catch (error) {
      await thread.end()
      again()
      throw error
    }
  }
}

/** @throws JournalOpenError */
function inHandIn(directory: string): InHandFile {
  try {
    return new InHandFile(directory)
  } catch (error) {
    throw new JournalOpenError(directory, 'unreachable', error instanceof Error ? error.message : String(error))
  }
}
