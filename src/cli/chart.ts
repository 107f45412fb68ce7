import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** An arrow of the diagram, with what it stands for. */
interface Arrow {
  readonly from: AnyStateNode
  readonly to: AnyStateNode
  readonly words: Set<string>
  /** What leads back without leaving the state. */
  readonly stays: Set<string>
}

/**
 * A machine as a Mermaid state diagram: its states with those within, where they begin and end, what they invoke, and each
 * transition with what it follows on.
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
  // Side by side they would be wider than any page: what has no arrows between it stands across the direction.
  if (node.type === 'parallel' && !node.parent) lines.push(`${indent}direction LR`)
  for (const [place, child] of childrenOf(node).entries()) {
    // Mermaid knows regions only within a state.
    if (node.type === 'parallel' && node.parent && place > 0) lines.push(`${indent}--`)
    lines.push(`${indent}${declared(child, arrows)}`)
    if (childrenOf(child).length > 0)
      lines.push(`${indent}state ${nameOf(child)} {`, ...linesOf(child, arrows, `${indent}  `), `${indent}}`)
    if (child.type === 'final') lines.push(`${indent}${nameOf(child)} --> [*]`)
  }
  // A state that is named within another one is taken for a part of it: so arrows stand where both their ends are.
  const here = arrows.filter(arrow => homeOf(arrow.from, arrow.to) === node && !isInside(arrow))
  return [...lines, ...here.map(arrow => `${indent}${drawn(arrow)}`)]
}

function drawn({ from, to, words }: Arrow): string {
  return `${nameOf(from)} --> ${nameOf(to)} : ${listed(words)}`
}

/** A state under its name: with what it invokes, and with what leads back to it, whose arrow would cover those of others. */
function declared(node: AnyStateNode, arrows: readonly Arrow[]): string {
  const back = arrows.find(arrow => arrow.from === node && isInside(arrow))
  const label = [node.key, ...node.invoke.map(one => `does ${workOf(one)}`)]
  if (back && back.stays.size > 0) label.push(`stays: ${listed(back.stays)}`)
  if (back && back.words.size > 0) label.push(`again: ${listed(back.words)}`)
  // In a second line of a title it begins to draw what is within.
  return `state "${label.join(childrenOf(node).length > 0 ? ', ' : '<br>')}" as ${nameOf(node)}`
}

/** Whether it is told within the state: what has others in it has room for its name alone. */
function isInside({ from, to }: Arrow): boolean {
  return from === to && childrenOf(from).length === 0
}

// A line for each: Mermaid would break them anywhere.
function listed(words: ReadonlySet<string>): string {
  return [...words].join(',<br>')
}

/** All arrows of a node and of those within, one for each pair of states. */
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

/** Between which states a transition is drawn: no arrow of Mermaid leads from a state to one within it, or the other way. */
function endsOf(node: AnyStateNode, target: AnyStateNode): readonly Pick<Arrow, 'from' | 'to'>[] {
  if (target === node && childrenOf(node).length === 0) return [{ from: node, to: node }]
  if (target === node) return goingOn(node).map(from => ({ from, to: firstWithin(node) }))
  if (isWithin(target, node)) return goingOn(node).map(from => ({ from, to: target }))
  return [{ from: node, to: isWithin(node, target) ? firstWithin(target) : target }]
}

/** Nothing follows on the end of the whole. */
function goingOn(node: AnyStateNode): readonly AnyStateNode[] {
  return childrenOf(node).filter(({ type }) => node.parent || type !== 'final')
}

/** Where a state begins. */
function firstWithin(node: AnyStateNode): AnyStateNode {
  const first = node.initial?.target[0]
  return first ? firstWithin(first) : node
}

/** The innermost state that both are in. */
function homeOf(from: AnyStateNode, to: AnyStateNode): AnyStateNode | undefined {
  let home = from.parent
  while (home && (home === to || !isWithin(to, home))) home = home.parent
  return home
}

function transitionsOf(node: AnyStateNode): readonly AnyTransitionDefinition[] {
  return [...node.transitions.values(), node.always ?? []].flat()
}

/** What a transition follows on, as people say it. */
function wordOf(node: AnyStateNode, { eventType }: AnyTransitionDefinition): string {
  if (eventType === '') return 'always'
  const delayed = node.after.find(after => after.eventType === eventType)
  if (delayed) return `after ${delayed.delay}${typeof delayed.delay === 'number' ? ' ms' : ''}`
  const [, kind, id] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(eventType) ?? []
  const work = node.invoke.find(one => one.id === id)
  if (kind !== undefined) return `${work ? workOf(work) : id} ${kind === 'done' ? 'is done' : 'fails'}`
  return eventType.startsWith('xstate.done.state') ? 'all is done' : eventType
}

/** What a state invokes: by its id, or, where XState has numbered it, by what the machine calls its source. */
function workOf({ id, src }: AnyStateNode['invoke'][number]): string {
  return typeof src === 'string' && /^\d+\./.test(id) && !src.startsWith('xstate.') ? src : id
}

function childrenOf(node: AnyStateNode): readonly AnyStateNode[] {
  return Object.values(node.states)
}

function isWithin(node: AnyStateNode, other: AnyStateNode): boolean {
  return node === other || (node.parent !== undefined && isWithin(node.parent, other))
}

/** A name that Mermaid takes: the path of the state, or the machine's own for the whole of it. */
function nameOf({ path, key }: AnyStateNode): string {
  return (path.length === 0 ? key : path.join('__')).replaceAll(/\W/g, '_')
}
