import { type AnyMachineSnapshot, type AnyStateMachine, getNextTransitions } from 'xstate'
import type { Accepts } from '../mail/lane.ts'

const acceptedIn = new WeakMap<AnyStateMachine, Map<string, (type: string) => boolean>>()

/**
 * Which events an agent takes now: all (`undefined`), or, while its snapshot has the tag `busy`, only the types that its
 * active states declare themselves; other mail waits, the way gen_statem postpones.
 *
 * @example
 * const accepts = acceptedBy(snapshot)
 * const isTaken = !accepts || accepts('cake.ordered')
 */
export function acceptedBy(snapshot: AnyMachineSnapshot): Accepts {
  if (!snapshot.tags.has('busy')) return undefined
  const { machine, value } = snapshot
  let byValue = acceptedIn.get(machine)
  if (!byValue) acceptedIn.set(machine, (byValue = new Map()))
  const name = typeof value === 'string' ? value : JSON.stringify(value)
  let accepts = byValue.get(name)
  if (!accepts) byValue.set(name, (accepts = declaredBy(snapshot)))
  return accepts
}

function declaredBy(snapshot: AnyMachineSnapshot): (type: string) => boolean {
  // A bare "*" is no declaration: it would let everything through, and nothing would ever wait.
  const types = getNextTransitions(snapshot).map(({ eventType }) => eventType)
  const declared = [...new Set(types)].filter(type => type !== '' && type !== '*')
  return type => declared.some(descriptor => matches(descriptor, type))
}

export function matches(descriptor: string, type: string): boolean {
  return descriptor === type || (descriptor.endsWith('.*') && type.startsWith(descriptor.slice(0, -1)))
}
