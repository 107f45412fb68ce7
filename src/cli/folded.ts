import { defineCatalog } from '../events/catalog.ts'
import type { Frame } from '../journal/frame.ts'
import { partyOf } from '../mail/address.ts'
import type { AddedEvent, PartyDefinition, RemovedEvent } from '../state/definition.ts'
import { foldParty } from '../state/fold.ts'
import { PartyStore } from '../state/store.ts'
import { asJson } from './as-json.ts'
import type { RecordedLine } from './record.ts'

/**
 * The states of parties by id, as JSON, after the first frames. Only the frames are folded; no agent runs.
 *
 * @throws what `foldParty` throws, and any error if the frames belong to another application
 */
export function statesAfter<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  party: PartyDefinition<S, A, R>,
  lines: Iterable<RecordedLine>,
  frames: number,
): Readonly<Record<string, unknown>> {
  const written = new Map<string, Frame[]>()
  let left = frames
  for (const line of lines) {
    if (line.kind === 'forgotten') written.delete(partyOf(line.partition) ?? '')
    else if (left-- === 0) break
    else {
      // Only parties have a state; the agents outside the parties have none.
      const id = partyOf(line.frame.partition)
      if (id === undefined) continue
      const known = written.get(id)
      if (known) known.push(line.frame)
      else written.set(id, [line.frame])
    }
  }
  const states = Array.from(written, ([id, frames]) => [id, foldParty(party, frames)])
  return asJson(Object.fromEntries(states))
}

/** A store that reads back the state of a party. */
export function storeFor(party: PartyDefinition): PartyStore<object, AddedEvent, RemovedEvent> {
  const { added, removed } = party.inputs
  return new PartyStore(party, call => call(), defineCatalog([...party.events, added, removed]).lifted)
}
