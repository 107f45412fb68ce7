import { defineCatalog } from '../events/catalog.ts'
import type { Frame } from '../journal/frame.ts'
import type { AddedEvent, InputOf, PartyDefinition, RemovedEvent } from './definition.ts'
import { type PartyState, PartyStore } from './store.ts'

/**
 * The state that the frames of a party add up to. No agent runs for it, and no work is done again.
 *
 * @example
 * const frames: Frame[] = []
 * for await (const frame of journal.read('party/p1')) frames.push(frame)
 * const { plan } = foldParty(partyPlanner, frames)
 *
 * @param frames the frames of one party, in order, from its first frame up to any later one
 * @throws StateApplyError, UpcastError if the frames belong to another kind of party
 */
export function foldParty<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  party: PartyDefinition<S, A, R>,
  frames: Iterable<Frame>,
): PartyState<S, InputOf<A>> {
  const { events, inputs } = party
  const catalog = defineCatalog([...events, inputs.added, inputs.removed])
  const store = new PartyStore(party, call => call(), catalog.lifted)
  for (const frame of frames) store.recall(frame)
  return store.live
}
