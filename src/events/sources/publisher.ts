import type { EventDefinition } from '../event.ts'

/** A part of Troupe that publishes some of the ready events if it is used. */
export type Part = 'actions' | 'listeners' | 'model calls' | 'pipeline' | 'providers' | 'spend'

/** Who publishes an event. */
export type Publisher =
  /** The runtime itself, or an echo of its events, whose types `follows` lists. */
  | { readonly by: 'runtime'; readonly follows: readonly string[] }
  | { readonly by: 'later'; readonly part: Part }
  /** The application. */
  | { readonly by: 'user' }

/** The publisher of each event of a list. */
export type PublishersOf<L extends readonly EventDefinition[]> = { readonly [T in L[number]['type']]: Publisher }

export const byUser: Publisher = { by: 'user' }

export const byRuntime: Publisher = { by: 'runtime', follows: [] }

/** Said when the runtime has said something else. */
export const after = (...definitions: readonly EventDefinition[]): Publisher => ({
  by: 'runtime',
  follows: definitions.map(({ type }) => type),
})

export const later = (part: Part): Publisher => ({ by: 'later', part })
