import { type AnyMachineSnapshot, type AnyStateMachine, getNextTransitions } from 'xstate'

const declaredIn = new WeakMap<AnyStateMachine, Map<string, readonly string[]>>()

/**
 * Which events an agent takes now. While its snapshot has the tag `busy`, mail waits, except for the types that its
 * active states declare themselves, the way gen_statem postpones.
 */
export function acceptedBy(snapshot: AnyMachineSnapshot): (type: string) => boolean {
  if (!snapshot.tags.has('busy')) return everything
  const declared = declaredTypes(snapshot)
  return type => declared.some(descriptor => matches(descriptor, type))
}

const everything = () => true

function declaredTypes(snapshot: AnyMachineSnapshot): readonly string[] {
  const { machine } = snapshot
  let byValue = declaredIn.get(machine)
  if (!byValue) declaredIn.set(machine, (byValue = new Map()))
  const value = JSON.stringify(snapshot.value)
  let types = byValue.get(value)
  if (!types) {
    // A bare "*" is no declaration: it would let everything through, and nothing would ever wait.
    const descriptors = getNextTransitions(snapshot).map(transition => transition.eventType)
    byValue.set(value, (types = [...new Set(descriptors)].filter(type => type !== '' && type !== '*')))
  }
  return types
}

function matches(descriptor: string, type: string): boolean {
  return descriptor === type || (descriptor.endsWith('.*') && type.startsWith(descriptor.slice(0, -1)))
}
