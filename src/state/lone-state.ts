import { TroupeError } from '../errors.ts'
import { type Catalog, defineCatalog } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { lonePlace } from '../mail/lone-place.ts'
import { sealed } from '../mail/seal.ts'
import { takenOver } from '../values/copy.ts'
import { encoded } from '../values/json.ts'
import { admitInput } from './admission.ts'
import type { AddedEvent, InputOf, PartyDefinition, RemovedEvent } from './definition.ts'
import { checkKeys, type PartitionKind } from './kind.ts'
import { type PartyState, PartyStore } from './store.ts'

/**
 * The state of a party, or of another kind of partitions, without a runtime: `state.on` is applied to events one by one. What a party
 * refuses is refused.
 *
 * @example
 * const lone = new LoneState(trip, { trains: [] })
 * console.log(lone.when(trainFound({ train: 'the night train' })).trains)
 *
 * @throws StateKeyError, ValueError if a state cannot be as it is given
 */
export class LoneState<S extends object, A extends AddedEvent, R extends RemovedEvent> {
  readonly #kind: PartitionKind<S> & Partial<Pick<PartyDefinition<S, A, R>, 'inputs' | 'completed'>>
  readonly #store: PartyStore<S, A, R>
  readonly #catalog: Catalog
  #seq = 0

  /** @param own the application's part of the state; by default the first state of the kind */
  constructor(
    kind: PartitionKind<S> & Partial<Pick<PartyDefinition<S, A, R>, 'inputs' | 'completed'>>,
    own: S = kind.initial,
  ) {
    checkKeys(kind.name, own)
    this.#kind = kind
    this.#store = new PartyStore<S, A, R>(
      kind,
      call => void call(),
      envelope => envelope,
    )
    const { inputs } = kind
    this.#catalog = defineCatalog([...new Set([...kind.events, ...(inputs ? [inputs.added, inputs.removed] : [])])])
    const taken = takenOver(`the given state of "${kind.name}"`, own)
    this.#store.reset(
      encoded({ own: taken, inputs: [], status: 'planning', version: 0, createdAt: 0, updatedAt: 0, metadata: {} }),
    )
    this.#store.recalled()
  }

  /** The state as it is now, with inputs, status and version. */
  get state(): PartyState<S, InputOf<A>> {
    return this.#store.shown
  }

  /**
   * Applies an event, and gives the state after it.
   *
   * @throws UnchangingEventError, EventPayloadError, DuplicateInputError, InputNotFoundError, StateApplyError
   */
  when(event: EventOf): PartyState<S, InputOf<A>> {
    const { name, changes, inputs } = this.#kind
    if (!changes.has(event.type)) throw new UnchangingEventError(name, event.type, [...changes])
    const checked = this.#catalog.check(event)
    if (inputs) admitInput(name, this.#store.live.inputs, checked, inputs)
    const envelope = sealed(checked, {}, lonePlace(this.#catalog, ++this.#seq))
    this.#store.apply([{ kind: 'event', envelope }], 0)
    this.#store.recalled()
    return this.state
  }
}

/** An event was applied to a state that it does not change. */
export class UnchangingEventError extends TroupeError {
  readonly code = 'EVENT_UNCHANGING'
  readonly definition: string
  readonly type: string
  constructor(definition: string, type: string, changing: readonly string[]) {
    super(
      `"${type}" does not change the state of "${definition}". These events do: ${changing.join(', ') || 'none'}. Give it a function in state.on, and list it in events.`,
    )
    this.definition = definition
    this.type = type
  }
}
