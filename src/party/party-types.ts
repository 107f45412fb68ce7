import { withChildren } from '../actor/child.ts'
import { TroupeError } from '../errors.ts'
import type { PartyDefinition } from './definition.ts'

interface PartyTypesHost {
  /** Whether an agent outside the parties, or a function that does not hear everything, hears a type. */
  isHeardOutside(type: string): boolean
  warn(warning: PartyNeededError): void
}

/** Looks for events of parties that are said outside all of them, where nobody hears them: somebody forgot the party. */
export class PartyTypes {
  readonly #host: PartyTypesHost
  /** That agents of a party hear, or that change its state; each is told once. */
  readonly #types: Set<string>

  constructor(party: Pick<PartyDefinition, 'agents' | 'changes'> | undefined, host: PartyTypesHost) {
    this.#host = host
    const heard = withChildren(party?.agents ?? []).flatMap(({ hears }) => hears.map(({ type }) => type))
    this.#types = new Set([...(party?.changes ?? []), ...heard])
  }

  /** An event of this type is said outside all parties. */
  saidOutside(type: string): void {
    if (!this.#types.has(type) || this.#host.isHeardOutside(type)) return
    this.#types.delete(type)
    this.#host.warn(new PartyNeededError(type))
  }
}

/** An event that only parties hear was said outside all of them. */
export class PartyNeededError extends TroupeError {
  readonly code = 'PARTY_NEEDED'
  readonly type: string
  constructor(type: string) {
    super(
      `"${type}" is for parties, and it was said outside all of them, where nobody hears it. Say in which party it happens, as in bus.publish(event, { party: id }).`,
    )
    this.type = type
  }
}
