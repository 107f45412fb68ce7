import type { TroupeError } from '../errors.ts'
import type { Life, LifeErrors } from './life.ts'

/** Why a partition that the journal holds cannot go on as things are. */
export interface Quarantined {
  /** The code of the error because of which it is quarantined. */
  readonly code: string
  readonly reason: string
}

/** A partition of a kind as its users see it, such as a party, and its life behind that. */
export interface Living {
  readonly life: Life
}

/** The errors of a kind. */
export interface KindErrors extends LifeErrors {
  notFound(id: string): TroupeError
  exists(id: string): TroupeError
  quarantined(id: string, why: Quarantined): TroupeError
}

/** Which partitions of a kind there are, and what is happening to each. */
export class Registry<P extends Living> {
  readonly errors: KindErrors
  /** All that are in this process, the oldest first; also those that are being created, restored or deleted. */
  readonly present = new Map<string, P>()
  /** Those that are being created: if the journal refuses one, it never existed. */
  readonly beginning = new Map<string, P>()
  /** The ids of those that are being imported. */
  readonly importing = new Set<string>()
  /** Those that cannot go on. One that failed in this process is present too. */
  readonly quarantined = new Map<string, Quarantined>()
  /** Those that are being restored; each promise resolves when the partition is here or in quarantine. */
  readonly recovering = new Map<string, Promise<void>>()
  /** Those that are being deleted: their ids are still taken, and `get` does not find them. */
  readonly leaving = new Map<P, Promise<unknown>>()
  /** The ids of quarantined ones that are being deleted. */
  readonly erasing = new Set<string>()

  readonly #elsewhere: (id: string) => TroupeError | undefined

  /** @param elsewhere says why a partition that another runtime owns cannot be used here */
  constructor(errors: KindErrors, elsewhere: (id: string) => TroupeError | undefined) {
    this.errors = errors
    this.#elsewhere = elsewhere
  }

  /** @throws that there is none, or why it is quarantined */
  get(id: string): P {
    const party = this.present.get(id)
    const quarantined = this.quarantined.get(id)
    if (this.isLeaving(id)) throw this.errors.notFound(id)
    if (quarantined && (!party || this.#isHalf(party))) throw this.errors.quarantined(id, quarantined)
    if (!party) throw this.#elsewhere(id) ?? this.errors.notFound(id)
    return party
  }

  list(): readonly P[] {
    return [...this.present.values()].filter(party => !this.leaving.has(party) && !this.#isHalf(party))
  }

  /** Whether one is being deleted. */
  isLeaving(id: string): boolean {
    const party = this.present.get(id)
    return this.erasing.has(id) || (party !== undefined && this.leaving.has(party))
  }

  /** Whether one can be restored: the journal holds it, and it does not work in this process. */
  isAway(id: string): boolean {
    if (this.isLeaving(id)) return false
    return this.quarantined.has(id) || this.present.get(id)?.life.failed === true
  }

  /** @throws why the id is taken */
  checkFree(id: string): void {
    const quarantined = this.quarantined.get(id)
    if (quarantined && !this.isLeaving(id)) throw this.errors.quarantined(id, quarantined)
    if (this.present.has(id) || this.quarantined.has(id) || this.importing.has(id)) throw this.errors.exists(id)
    const elsewhere = this.#elsewhere(id)
    if (elsewhere) throw elsewhere
  }

  /** Whether a quarantined one is being restored: only a part of it is in memory, so it must not be used yet. */
  #isHalf({ life: { id } }: P): boolean {
    return this.quarantined.has(id) && this.recovering.has(id)
  }
}
