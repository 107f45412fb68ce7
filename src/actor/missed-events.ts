import { type AnyMachineSnapshot, type AnyStateMachine, getNextTransitions } from 'xstate'
import { matches } from '../agent/busy.ts'
import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Actor } from './actor.ts'

type StateNode = AnyStateMachine['root']

/** The events that each state of a machine takes; nothing for a machine that has a busy state. */
const known = new WeakMap<AnyStateMachine, readonly (readonly [descriptor: string, state: string])[] | undefined>()

/**
 * Finds events that agents lose because a tag `busy` is missing: an agent ignored an event that another state of its machine takes,
 * and no state of that machine is busy.
 */
export class MissedEvents {
  /** The agents and types that were checked: each is reported once. */
  readonly #seen = new Set<string>()

  /** The warning for an agent that misses events of a type, the first time. */
  check({ agent, address }: Actor, type: string, snapshot: AnyMachineSnapshot): EventMissedError | undefined {
    const takers = takersIn(agent.machine)
    if (takers === undefined) return undefined
    const state = stateOf(snapshot)
    const key = `${agent.name} ${type}`
    if (this.#seen.has(key) || this.#seen.has(`${key} ${state}`)) return undefined
    const [, taker] = takers.find(([descriptor]) => matches(descriptor, type)) ?? []
    const isMissed = taker !== undefined && !isDeclared(snapshot, type)
    this.#seen.add(isMissed ? key : `${key} ${state}`)
    return isMissed ? new EventMissedError(address, type, state, taker) : undefined
  }
}

function takersIn(machine: AnyStateMachine): readonly (readonly [string, string])[] | undefined {
  if (!known.has(machine)) known.set(machine, isEverBusy(machine.root) ? undefined : [...takenBelow(machine.root)])
  return known.get(machine)
}

function isEverBusy({ tags, states }: StateNode): boolean {
  return tags.includes('busy') || Object.values<StateNode>(states).some(isEverBusy)
}

function* takenBelow({ path, transitions, states }: StateNode): Iterable<readonly [string, string]> {
  for (const descriptor of transitions.keys())
    if (descriptor !== '*' && !descriptor.startsWith('xstate.')) yield [descriptor, path.join('.')]
  for (const state of Object.values<StateNode>(states)) yield* takenBelow(state)
}

/** Whether an active state declares what happens to an event of this type, if only that it is ignored. */
function isDeclared(snapshot: AnyMachineSnapshot, type: string): boolean {
  return getNextTransitions(snapshot).some(({ eventType }) => eventType === '*' || matches(eventType, type))
}

function stateOf({ value }: AnyMachineSnapshot): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** An agent ignored an event that another of its states takes, and has no busy state, in which events would wait. */
export class EventMissedError extends TroupeError {
  readonly code = 'EVENT_MISSED'
  readonly address: Address
  readonly type: string
  /** The state that it was in. */
  readonly state: string
  constructor(address: Address, type: string, state: string, taker: string) {
    super(
      `"${address}" ignored "${type}" in its state "${state}", and its state "${taker}" takes it: that event is lost to it. Give the state "${state}" tags: 'busy', so that events wait until it is left, or write on: { '${type}': {} } there if they are to be ignored.`,
    )
    this.address = address
    this.type = type
    this.state = state
  }
}
