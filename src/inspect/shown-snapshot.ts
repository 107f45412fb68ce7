import type { ObservedSnapshot } from '../index.ts'
import { plain } from './plain.ts'

/** The snapshot of an actor, in a form that JSON can hold. */
export interface ShownSnapshot {
  readonly status: ObservedSnapshot['status']
  readonly value?: unknown
  readonly context?: unknown
  readonly output?: unknown
  readonly error?: unknown
  readonly tags: readonly string[]
  /** The ids of what it invokes. */
  readonly children: Readonly<Record<string, { readonly id: string }>>
  /** The ids of the states that history states remember. */
  readonly historyValue: Readonly<Record<string, readonly string[]>>
}

/** A copy of a snapshot without XState's own objects, which hold the whole machine. */
export function shownSnapshot(snapshot: ObservedSnapshot): ShownSnapshot {
  const { status, value, context, output, error, tags = [], children = {}, historyValue } = snapshot
  const shown = { status, value: plain(value), context: plain(context), output: plain(output), error: plain(error) }
  const present = Object.fromEntries(Object.entries(shown).filter(([, one]) => one !== undefined))
  const invoked = Object.keys(children).filter(id => children[id] !== undefined)
  return {
    ...present,
    status,
    tags: [...tags],
    children: Object.fromEntries(invoked.map(id => [id, { id }])),
    historyValue: historyOf(historyValue),
  }
}

function historyOf(historyValue: unknown): Record<string, readonly string[]> {
  if (typeof historyValue !== 'object' || historyValue === null) return {}
  return Object.fromEntries(
    Object.entries(historyValue).map(([id, nodes]) => [id, Array.isArray(nodes) ? nodes.map(idOf) : []]),
  )
}

function idOf(node: unknown): string {
  return typeof node === 'object' && node !== null && 'id' in node ? `${node.id}` : ''
}
