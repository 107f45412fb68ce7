import type { Address, InHand } from '../index.ts'
import { type Copy, copyOf } from './copy.ts'
import { errorOf } from './failure.ts'
import { InHandFile } from './in-hand.ts'
import { JournalOpenError } from './open-error.ts'
import type { SqliteJournalOptions } from './options.ts'
import type { Asked, FileIdentity, Told } from './protocol.ts'
import { Refusal } from './refusal.ts'
import { JournalThread } from './thread.ts'
import { isSameFile } from './watched-file.ts'

/** The databases that this process has open. */
const openHere = new Set<FileIdentity>()

/** The connection to the file of a journal. The first question opens it. It is opened again if its thread has ended by itself. */
export class Connection {
  readonly #options: SqliteJournalOptions
  #opening: Promise<JournalThread> | undefined
  #inHand: InHandFile | undefined
  /** The database that was opened first. */
  #known: FileIdentity | undefined
  /** The copy that is read in place of a journal that must not be changed. */
  #copy: Promise<Copy> | undefined

  constructor(options: SqliteJournalOptions) {
    this.#options = options
  }

  async ask<K extends keyof Asked>(kind: K, what: Asked[K]): Promise<Told[K]> {
    const thread = await this.#open()
    return thread.ask(kind, what)
  }

  /** The event that was in hand when the last owner ended. */
  async inHand(): Promise<InHand | undefined> {
    await this.#open()
    return this.#inHand?.found
  }

  /**
   * Records the event that is being handed to an agent. Does nothing before the file is open, because no event is handed over
   * before.
   */
  handing(partition: Address, agent: string, seq: number): void {
    this.#inHand?.note(partition, agent, seq)
  }

  async close(): Promise<void> {
    const thread = await this.#opening?.catch(() => undefined)
    try {
      await thread?.ask('close', null)
    } finally {
      await thread?.end()
      this.#forget()
      this.#inHand?.close()
      this.#inHand = undefined
      const copy = await this.#copy?.catch(() => undefined)
      await copy?.remove()
    }
  }

  #open(): Promise<JournalThread> {
    this.#opening ??= this.#start()
    return this.#opening
  }

  async #start(): Promise<JournalThread> {
    const { maxBytes, worker, directory, readOnly = false } = this.#options
    const again = () => {
      this.#opening = undefined
    }
    const place = readOnly ? await this.#copied(directory, again) : directory
    const thread = new JournalThread(directory, worker, again)
    try {
      const found = await thread.ask('open', { directory: place, maxBytes, known: this.#known })
      this.#forget()
      openHere.add(found)
      this.#known = found
      if (!readOnly) this.#inHand ??= inHandIn(directory)
      return thread
    } catch (error) {
      await thread.end()
      again()
      throw error
    }
  }

  #forget(): void {
    if (this.#known) openHere.delete(this.#known)
  }

  /** @throws JournalLockedError, JournalOpenError */
  async #copied(directory: string, again: () => void): Promise<string> {
    try {
      this.#copy ??= copyOf(directory, one => [...openHere].some(other => isSameFile(one, other)))
      return (await this.#copy).directory
    } catch (error) {
      this.#copy = undefined
      again()
      throw error instanceof Refusal ? errorOf(error.failure, { directory }) : error
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
