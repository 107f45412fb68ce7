import type { EventDefinition } from '../event.ts'

/** A part of Troupe that says some of the ready events, where it is used. */
export type Part = 'actions' | 'listeners' | 'model calls' | 'pipeline' | 'providers' | 'spend'

/** Who publishes an event. */
export type Publisher =
  /** The runtime itself, or an echo of what it says under other types, which `follows` lists. */
  | { readonly by: 'runtime'; readonly follows: readonly string[] }
  | { readonly by: 'later'; readonly part: Part }
  /** Whoever uses Troupe. */
  | { readonly by: 'user' }

/** Who publishes each event of a list. */
export type PublishersOf<L extends readonly EventDefinition[]> = { readonly [T in L[number]['type']]: Publisher }

export const byUser: Publisher = { by: 'user' }

export const byRuntime: Publisher = { by: 'runtime', follows: [] }

/** Said when the runtime has said something else. */
export const after = (...definitions: readonly EventDefinition[]): Publisher => ({
  by: 'runtime',
  follows: definitions.map(({ type }) => type),
})

export const later = (part: Part): Publisher => ({ by: 'later', part })
