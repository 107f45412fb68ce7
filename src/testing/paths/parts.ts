import type { AnyStateMachine } from 'xstate'

type Node = AnyStateMachine['root']

/** The states and transitions of a machine, by names that people can read. */
export interface Parts {
  /** The states, such as `working.searching`. */
  readonly states: readonly string[]
  /** The transitions, such as `idle: cake.ordered -> working`, with the objects that stand for them in XState. */
  readonly transitions: ReadonlyMap<object, string>
}

/** Lists what there is to reach and to take in a machine. The machine itself is no state, and its first transition is none. */
export function partsOf({ root }: AnyStateMachine): Parts {
  const nodes = [...nodesIn(root)]
  const transitions = new Map<object, string>()
  const known = new Map<string, number>()
  for (const node of nodes)
    for (const transition of [...node.transitions.values(), node.always ?? []].flat()) {
      const name = nameOf(node, transition)
      const count = (known.get(name) ?? 0) + 1
      known.set(name, count)
      transitions.set(transition, count === 1 ? name : `${name} (${count})`)
    }
  const states = nodes.filter(({ type }) => type !== 'history').map(node => pathOf(node))
  return { states: states.filter(path => path !== ''), transitions }
}

/** The states that are active, with those around them. */
export function activeIn(nodes: readonly Node[]): readonly string[] {
  return nodes.map(node => pathOf(node)).filter(path => path !== '')
}

function* nodesIn(node: Node): Iterable<Node> {
  yield node
  for (const inner of Object.values<Node>(node.states)) yield* nodesIn(inner)
}

function pathOf({ path }: Node): string {
  return path.join('.')
}

function nameOf(node: Node, { eventType, target, guard }: NonNullable<Node['always']>[number]): string {
  const to = target ? target.map(one => pathOf(one)).join(' and ') : 'stays'
  const guarded = guard === undefined ? '' : ` if ${guardName(guard)}`
  return `${pathOf(node) || 'anywhere'}: ${wordsOf(eventType)}${guarded} -> ${to}`
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function') return guard.name === '' || guard.name === 'guard' ? 'its guard' : guard.name
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : 'its guard'
}

/** The names of XState's own events, shorter. */
function wordsOf(type: string): string {
  const [, kind = '', rest = ''] = /^xstate\.(done\.actor|error\.actor|done\.state|after)\.(.*)$/.exec(type) ?? []
  switch (kind) {
    case 'done.actor':
      return `${rest} is done`
    case 'error.actor':
      return `${rest} fails`
    case 'done.state':
      return `${rest} has ended`
    case 'after':
      return `after ${rest.split('.')[0]}`
    default:
      return type === '' ? 'at once' : type
  }
}
