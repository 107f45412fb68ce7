import type { Called, Invariant, Report, Written } from '../invariant.ts'

/** Work begins when the journal has its intent, has at most one outcome, and does not run again once that is recorded. */
export class WorkOnce implements Invariant {
  readonly name = 'work has one outcome'
  readonly #report: Report
  readonly #work = new Map<string, 'wanted' | 'ended'>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ frames }: Written): void {
    for (const { entries } of frames)
      for (const entry of entries) {
        const { kind } = entry
        if (kind === 'effect' || kind === 'ask' || kind === 'child' || kind === 'wanted') {
          if (this.#work.has(entry.key)) this.#report(`${entry.key} is wanted twice`)
          this.#work.set(entry.key, 'wanted')
        } else if (kind === 'outcome') {
          const known = this.#work.get(entry.key)
          if (known !== 'wanted') this.#report(`${entry.key} ended, but was ${known ?? 'not wanted'}`)
          this.#work.set(entry.key, 'ended')
        }
      }
  }

  called({ key, attempt }: Called): void {
    const known = this.#work.get(key)
    if (known === 'ended') this.#report(`${key} runs again (attempt ${attempt}), although its outcome is recorded`)
    if (known === undefined) this.#report(`${key} runs (attempt ${attempt}) before the journal has its intent`)
  }

  deleted(partition: string): void {
    for (const key of this.#work.keys()) if (key.startsWith(`${partition}/`)) this.#work.delete(key)
  }
}
