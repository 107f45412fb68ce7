import { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { checkName } from '../ids.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { AddedEvent, InputOf, PartyDefinition, RemovedEvent } from './definition.ts'
import type { Inputs } from './inputs.ts'

/** Options of a change that must happen at a known version of the party. */
export interface ChangeOptions {
  /** The version that the caller saw. The change is refused if the party has another version now. */
  readonly expectedVersion?: number
}

const changeOptions: OptionNames<ChangeOptions> = { expectedVersion: true }

/** A misspelt option would let every change happen. @throws UnknownOptionError */
export function checkChangeOptions(of: string, options: ChangeOptions): void {
  checkOptionNames(of, options, changeOptions)
}

/**
 * The inputs of a party after an event. Only the two events of the party's inputs change them.
 *
 * @param time when the event was published, epoch milliseconds
 */
export function changedInputs<A extends AddedEvent, R extends RemovedEvent>(
  inputs: Inputs<InputOf<A>>,
  { type, data }: EventOf,
  time: number,
  { added, removed }: PartyDefinition<object, A, R>['inputs'],
): Inputs<InputOf<A>> {
  if (type !== added.type && type !== removed.type) return inputs
  const inputId = inputIdIn(data)
  return type === added.type ? inputs.with(inputId, inputOf<A>(data, time)) : inputs.without(inputId)
}

/** The input that an event adds. The catalogue has checked the payload against the schema of that event. */
export function inputOf<A extends AddedEvent>(data: unknown, time: number): InputOf<A> {
  const payload = data as object
  const input = ('addedAt' in payload ? payload : { ...payload, addedAt: time }) as InputOf<A>
  Object.freeze(input)
  return input
}

/**
 * Refuses to add an input that exists, to remove an input that does not, and an id that is not allowed.
 *
 * @throws IllegalIdError, DuplicateInputError, InputNotFoundError
 */
export function admitInput<A extends AddedEvent, R extends RemovedEvent>(
  partyId: string,
  inputs: Inputs<InputOf<A>>,
  { type, data }: EventOf,
  { added, removed }: PartyDefinition<object, A, R>['inputs'],
): void {
  if (type !== added.type && type !== removed.type) return
  const inputId = inputIdIn(data)
  if (type === added.type) checkName('input', inputId)
  if (type === added.type && inputs.has(inputId)) throw new DuplicateInputError(partyId, inputId)
  if (type === removed.type && !inputs.has(inputId)) throw new InputNotFoundError(partyId, inputId)
}

/** The id in the payload of either event. The catalogue has checked the payload against the schema of its event. */
function inputIdIn(data: unknown): string {
  return (data as { readonly inputId: string }).inputId
}

/** @throws VersionConflictError if the party has another version than the caller saw */
export function admitVersion(partyId: string, actual: number, { expectedVersion }: ChangeOptions): void {
  if (expectedVersion !== undefined && expectedVersion !== actual)
    throw new VersionConflictError(partyId, expectedVersion, actual)
}

/** The party has another version than the caller of a change saw. */
export class VersionConflictError extends TroupeError {
  readonly code = 'VERSION_CONFLICT'
  readonly partyId: string
  readonly expected: number
  readonly actual: number
  constructor(partyId: string, expected: number, actual: number) {
    super(
      `Party "${partyId}" is at version ${actual}, but the change was meant for version ${expected}. Read the state again, then decide.`,
    )
    this.partyId = partyId
    this.expected = expected
    this.actual = actual
  }
}

/** The party already has an input with this id. */
export class DuplicateInputError extends TroupeError {
  readonly code = 'INPUT_DUPLICATE'
  readonly partyId: string
  readonly inputId: string
  constructor(partyId: string, inputId: string) {
    super(`Party "${partyId}" already has an input "${inputId}". Leave the id out, or remove that input first.`)
    this.partyId = partyId
    this.inputId = inputId
  }
}

/** The party has no input with this id: it was never added, or was removed. */
export class InputNotFoundError extends TroupeError {
  readonly code = 'INPUT_NOT_FOUND'
  readonly partyId: string
  readonly inputId: string
  constructor(partyId: string, inputId: string) {
    super(
      `Party "${partyId}" has no input "${inputId}": it was never added, or is removed already. Look at party.state.inputs.`,
    )
    this.partyId = partyId
    this.inputId = inputId
  }
}

/** A transformation filtered an input out, or made another event of it. */
export class InputNotAddedError extends TroupeError {
  readonly code = 'INPUT_NOT_ADDED'
  readonly partyId: string
  readonly inputId: string
  constructor(partyId: string, inputId: string) {
    super(
      `Input "${inputId}" of party "${partyId}" was not added: a transformation filtered it out or made another event of it. Look at the runtime's transforms.`,
    )
    this.partyId = partyId
    this.inputId = inputId
  }
}
