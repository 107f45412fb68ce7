import type { Entry } from '../journal/frame.ts'

/** The work that the running step wants: its entries go into the frame of the step, and it begins after that. */
export class PlannedWork {
  #entries: Entry[] = []
  #beginning: (() => void)[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** Takes back the intent of work that was cancelled before its frame; `false` if the intent is in a frame already. */
  takeBack(key: string): boolean {
    const place = this.#entries.findIndex(entry => 'key' in entry && entry.key === key)
    if (place >= 0) this.#entries.splice(place, 1)
    return place >= 0
  }

  /** Calls back when all entries are in a frame; at once, if they are. */
  whenRecorded(begin: () => void): void {
    if (this.isEmpty) begin()
    else this.#beginning.push(begin)
  }

  /** The entries go into a frame now; returns them. */
  take(): readonly Entry[] {
    const entries = this.#entries
    if (entries.length > 0) this.#entries = []
    return entries
  }

  /** The frame is appended: the work begins. */
  begin(): void {
    for (const begin of this.#beginning.splice(0)) begin()
  }

  /** Drops everything: the step failed. */
  drop(): void {
    this.#entries = []
    this.#beginning = []
  }
}
