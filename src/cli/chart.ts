import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** An arrow of the diagram, with the transitions that it stands for. */
interface Arrow {
  readonly from: AnyStateNode
  readonly to: AnyStateNode
  readonly words: Set<string>
  /** Transitions that lead back to the state without leaving it. */
  readonly stays: Set<string>
}

/**
 * A machine as a Mermaid state diagram: its states with their child states, where they begin and end, what they invoke, and each
 * transition with its cause.
 */
export function chartOf({ root }: AnyStateMachine): string {
  const arrows = arrowsWithin(root)
  const lines = childrenOf(root).length > 0 ? linesOf(root, arrows, '  ') : alone(root, arrows)
  return ['stateDiagram-v2', ...lines].join('\n')
}

/** A machine without states is drawn as one state. */
function alone(root: AnyStateNode, arrows: readonly Arrow[]): string[] {
  return [`  ${declared(root, arrows)}`]
}

function linesOf(node: AnyStateNode, arrows: readonly Arrow[], indent: string): string[] {
  const begins = node.initial?.target[0]
  const lines = begins && node.type !== 'parallel' ? [`${indent}[*] --> ${nameOf(begins)}`] : []
  // The regions of a parallel machine have no arrows between them, and Mermaid would put them side by side, wider than any page.
  // `direction LR` puts them below each other.
  if (node.type === 'parallel' && !node.parent) lines.push(`${indent}direction LR`)
  for (const [place, child] of childrenOf(node).entries()) {
    // Mermaid has regions only within a state.
    if (node.type === 'parallel' && node.parent && place > 0) lines.push(`${indent}--`)
    lines.push(`${indent}${declared(child, arrows)}`)
    if (childrenOf(child).length > 0)
      lines.push(`${indent}state ${nameOf(child)} {`, ...linesOf(child, arrows, `${indent}  `), `${indent}}`)
    if (child.type === 'final') lines.push(`${indent}${nameOf(child)} --> [*]`)
  }
  // Mermaid takes a state that is named within another state for a part of that state. So an arrow is written in the innermost
  // state that contains both of its ends.
  const here = arrows.filter(arrow => homeOf(arrow.from, arrow.to) === node && !isInside(arrow))
  return [...lines, ...here.map(arrow => `${indent}${drawn(arrow)}`)]
}

function drawn({ from, to, words }: Arrow): string {
  return `${nameOf(from)} --> ${nameOf(to)} : ${listed(words)}`
}

/** A state with its name, what it invokes, and its transitions to itself, whose arrow would cover other arrows. */
function declared(node: AnyStateNode, arrows: readonly Arrow[]): string {
  const back = arrows.find(arrow => arrow.from === node && isInside(arrow))
  const label = [node.key, ...node.invoke.map(one => `does ${workOf(one)}`)]
  if (back && back.stays.size > 0) label.push(`stays: ${listed(back.stays)}`)
  if (back && back.words.size > 0) label.push(`again: ${listed(back.words)}`)
  // A state with child states has its label on one line, because Mermaid would draw the child states over a second line.
  return `state "${label.join(childrenOf(node).length > 0 ? ', ' : '<br>')}" as ${nameOf(node)}`
}

/** Whether an arrow is written as text in its state. A state with child states has room for its name only. */
function isInside({ from, to }: Arrow): boolean {
  return from === to && childrenOf(from).length === 0
}

// Each line has one word, because Mermaid breaks longer lines in the middle of words.
function listed(words: ReadonlySet<string>): string {
  return [...words].join(',<br>')
}

/** All arrows of a node and of the nodes within it, one for each pair of states. */
function arrowsWithin(root: AnyStateNode): readonly Arrow[] {
  const arrows = new Map<string, Arrow>()
  const walk = (node: AnyStateNode) => {
    for (const transition of transitionsOf(node))
      for (const target of transition.target ?? (childrenOf(node).length > 0 ? [] : [node]))
        for (const { from, to } of endsOf(node, target)) {
          const key = `${nameOf(from)} ${nameOf(to)}`
          const arrow = arrows.get(key) ?? { from, to, words: new Set(), stays: new Set() }
          arrows.set(key, arrow)
          const isStaying = from === node && to === node && !transition.reenter
          arrow[isStaying ? 'stays' : 'words'].add(wordOf(node, transition))
        }
    for (const child of childrenOf(node)) walk(child)
  }
  walk(root)
  return [...arrows.values()]
}

/** The states between which a transition is drawn: Mermaid has no arrow between a state and a state within it. */
function endsOf(node: AnyStateNode, target: AnyStateNode): readonly Pick<Arrow, 'from' | 'to'>[] {
  if (target === node && childrenOf(node).length === 0) return [{ from: node, to: node }]
  if (target === node) return goingOn(node).map(from => ({ from, to: firstWithin(node) }))
  if (isWithin(target, node)) return goingOn(node).map(from => ({ from, to: target }))
  return [{ from: node, to: isWithin(node, target) ? firstWithin(target) : target }]
}

/** The child states from which a transition of the node can start; a final state of the machine is not one of them. */
function goingOn(node: AnyStateNode): readonly AnyStateNode[] {
  return childrenOf(node).filter(({ type }) => node.parent || type !== 'final')
}

/** The state that is entered first within a state. */
function firstWithin(node: AnyStateNode): AnyStateNode {
  const first = node.initial?.target[0]
  return first ? firstWithin(first) : node
}

/** The innermost state that contains both states. */
function homeOf(from: AnyStateNode, to: AnyStateNode): AnyStateNode | undefined {
  let home = from.parent
  while (home && (home === to || !isWithin(to, home))) home = home.parent
  return home
}

function transitionsOf(node: AnyStateNode): readonly AnyTransitionDefinition[] {
  return [...node.transitions.values(), node.always ?? []].flat()
}

/** The cause of a transition, in words for people. */
function wordOf(node: AnyStateNode, { eventType }: AnyTransitionDefinition): string {
  if (eventType === '') return 'always'
  const delayed = node.after.find(after => after.eventType === eventType)
  if (delayed) return `after ${delayed.delay}${typeof delayed.delay === 'number' ? ' ms' : ''}`
  const [, kind, id] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(eventType) ?? []
  const work = node.invoke.find(one => one.id === id)
  if (kind !== undefined) return `${work ? workOf(work) : id} ${kind === 'done' ? 'is done' : 'fails'}`
  return eventType.startsWith('xstate.done.state') ? 'all is done' : eventType
}

/** The name of invoked work: its id, or its source if XState made the id. */
function workOf({ id, src }: AnyStateNode['invoke'][number]): string {
  return typeof src === 'string' && /^\d+\./.test(id) && !src.startsWith('xstate.') ? src : id
}

function childrenOf(node: AnyStateNode): readonly AnyStateNode[] {
  return Object.values(node.states)
}

function isWithin(node: AnyStateNode, other: AnyStateNode): boolean {
  return node === other || (node.parent !== undefined && isWithin(node.parent, other))
}

/** A name that Mermaid accepts: the path of the state, or the machine's own name for its root. */
function nameOf({ path, key }: AnyStateNode): string {
  return (path.length === 0 ? key : path.join('__')).replaceAll(/\W/g, '_')
}
