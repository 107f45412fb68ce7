import type { EventOf } from '../events/event.ts'
import { checkName } from '../ids.ts'
import type { Envelope } from '../mail/envelope.ts'
import { admitInput, changedInputs, DuplicateInputError, inputOf } from '../state/admission.ts'
import type {
  AddedEvent,
  InputFor,
  InputOf,
  InputsChange,
  PartyDefinition,
  PayloadOf,
  RemovedEvent,
} from '../state/definition.ts'
import type { Inputs } from '../state/inputs.ts'

/** The event that adds an input, as the application declares it. */
type Added<A extends AddedEvent> = EventOf<A['type'], PayloadOf<A>>

/** Makes the events that add and remove the inputs of a party, and reads the inputs out of them. */
export class InputEvents<A extends AddedEvent, R extends RemovedEvent> {
  readonly #partyId: string
  readonly #definitions: PartyDefinition<object, A, R>['inputs']
  readonly #nextId: () => string

  constructor(partyId: string, definitions: PartyDefinition<object, A, R>['inputs'], nextId: () => string) {
    this.#partyId = partyId
    this.#definitions = definitions
    this.#nextId = nextId
  }

  /** @throws EventPayloadError, IllegalIdError */
  added(input: string | InputFor<A>): Added<A> {
    const given: { content?: string; inputId?: string } = typeof input === 'string' ? { content: input } : input
    const inputId = given.inputId ?? `inp-${this.#nextId()}`
    // The application's schema decides what else belongs to an input, and the definition has just parsed it by that.
    const event = this.#definitions.added({ content: '', ...given, inputId }) as Added<A>
    checkName('input', event.data.inputId)
    return event
  }

  /** The inputs of a new party. @throws EventPayloadError, IllegalIdError, DuplicateInputError */
  first(inputs: readonly (string | InputFor<A>)[]): readonly Added<A>[] {
    const seen = new Set<string>()
    return inputs.map(input => {
      const event = this.added(input)
      const { inputId } = event.data
      if (seen.has(inputId)) throw new DuplicateInputError(this.#partyId, inputId)
      seen.add(inputId)
      return event
    })
  }

  /** The removals of a change, then its additions. @throws EventPayloadError, IllegalIdError */
  changed({ add = [], remove = [] }: InputsChange<A, R>): readonly EventOf[] {
    const { removed } = this.#definitions
    const removals = remove.map(one => removed(typeof one === 'string' ? { inputId: one } : one))
    return [...removals, ...add.map(one => this.added(one))]
  }

  /** The inputs that published events have added. A transformation may have changed them. */
  addedIn(published: readonly Envelope[]): readonly InputOf<A>[] {
    const { added } = this.#definitions
    return published.filter(({ type }) => type === added.type).map(({ data, time }) => inputOf<A>(data, time))
  }

  /** Checks each event as if the events before it had happened. @throws DuplicateInputError, InputNotFoundError, IllegalIdError */
  admit(live: Inputs<InputOf<A>>, events: readonly EventOf[]): void {
    let inputs = live
    for (const [place, event] of events.entries()) {
      admitInput(this.#partyId, inputs, event, this.#definitions)
      if (place + 1 < events.length) inputs = changedInputs(inputs, event, 0, this.#definitions)
    }
  }
}
