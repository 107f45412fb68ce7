import { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { checkName } from '../ids.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { AddedEvent, InputOf, PartyDefinition, RemovedEvent } from './definition.ts'
import type { Inputs } from './inputs.ts'

/** A change that is to happen only if nothing else has happened since. */
export interface ChangeOptions {
  /** The version that the caller saw; the change is refused if the party has moved on. */
  readonly expectedVersion?: number
}

const changeOptions: OptionNames<ChangeOptions> = { expectedVersion: true }

/** A version that is misspelt would be none, and let everything happen. @throws UnknownOptionError */
export function checkChangeOptions(of: string, options: ChangeOptions): void {
  checkOptionNames(of, options, changeOptions)
}

/**
 * What events make of a party's inputs. Other events leave them as they are.
 *
 * @param time when it was said, epoch milliseconds
 */
export function changedInputs<A extends AddedEvent, R extends RemovedEvent>(
  inputs: Inputs<InputOf<A>>,
  { type, data }: EventOf,
  time: number,
  { added, removed }: PartyDefinition<object, A, R>['inputs'],
): Inputs<InputOf<A>> {
  if (type !== added.type && type !== removed.type) return inputs
  // The catalogue has checked the payload of either by its own schema.
  const { inputId } = data as { readonly inputId: string }
  return type === added.type ? inputs.with(inputId, inputOf<A>(data, time)) : inputs.without(inputId)
}

/** The input that the payload of an event adds, which the catalogue has checked against the schema of exactly that. */
export function inputOf<A extends AddedEvent>(data: unknown, time: number): InputOf<A> {
  const payload = data as object
  const input = ('addedAt' in payload ? payload : { ...payload, addedAt: time }) as InputOf<A>
  Object.freeze(input)
  return input
}

/**
 * Adding what is there, and removing what is not, is refused on whichever way it comes; and an id that cannot be one.
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
  // Either event has an id, and its payload has been checked by its own schema.
  const { inputId } = data as { readonly inputId: string }
  if (type === added.type) checkName('input', inputId)
  if (type === added.type && inputs.has(inputId)) throw new DuplicateInputError(partyId, inputId)
  if (type === removed.type && !inputs.has(inputId)) throw new InputNotFoundError(partyId, inputId)
}

/** @throws VersionConflictError if the party has moved on since its caller looked */
export function admitVersion(partyId: string, actual: number, { expectedVersion }: ChangeOptions): void {
  if (expectedVersion !== undefined && expectedVersion !== actual)
    throw new VersionConflictError(partyId, expectedVersion, actual)
}

/** The party has moved on since its caller looked. */
export class VersionConflictError extends TroupeError {
  readonly code = 'VERSION_CONFLICT'
  readonly partyId: string
  readonly expected: number
  readonly actual: number
  constructor(partyId: string, expected: number, actual: number) {
    super(
      `Party "${partyId}" is at version ${actual}, but the change was meant for version ${expected}. Look at it again, then decide.`,
    )
    this.partyId = partyId
    this.expected = expected
    this.actual = actual
  }
}

/** An input with this id is there already. */
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

/** There is no such input: it was never added, or is removed already. */
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

/** A transformation made something else of an input, or nothing. */
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
