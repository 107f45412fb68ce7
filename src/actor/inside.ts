import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import { type Children, isMachineSnapshot, isObject } from './kept.ts'

/** Where an actor stands inside an agent: the keys of children from the agent down to it; empty for the agent's own machine. */
export type Path = readonly string[]

/** Both ends of a timer that a machine inside an agent has set, or that is meant for one. */
export interface Inside {
  readonly source: Path
  readonly target: Path
}

/** The path from an agent's machine down to an actor inside it; `undefined` for an actor that is not. */
export function pathFrom(agent: AnyActorRef, actor: AnyActorRef): Path | undefined {
  const path: string[] = []
  for (let at: AnyActorRef = actor; at !== agent; at = at._parent) {
    if (!at._parent) return undefined
    path.push(keyIn(childrenOf(at._parent), at))
  }
  return path.toReversed()
}

/** Its parent knows it by its id, or, if it was spawned without one, by the name that XState gives to all those. */
function keyIn(children: Children, actor: AnyActorRef): string {
  if (children[actor.id] === actor) return actor.id
  return Object.entries<AnyActorRef | undefined>(children).find(([, child]) => child === actor)?.[0] ?? actor.id
}

/** The actor at the end of a path, if it is there and has not ended. */
export function actorAt(agent: AnyActorRef, path: Path): AnyActorRef | undefined {
  let at: AnyActorRef | undefined = agent
  for (const key of path) at = at && childrenOf(at)[key]
  return at?.getSnapshot().status === 'active' ? at : undefined
}

/** The machines inside an agent that have not ended, each with its path. */
export function* machinesIn(agent: AnyActorRef, above: Path = []): Iterable<readonly [Path, AnyMachineSnapshot]> {
  for (const [key, child] of Object.entries<AnyActorRef | undefined>(childrenOf(agent))) {
    const snapshot: unknown = child?.getSnapshot()
    if (!child || !isMachineSnapshot(snapshot) || snapshot.status !== 'active') continue
    const path = [...above, key]
    yield [path, snapshot]
    yield* machinesIn(child, path)
  }
}

/** The names of what an agent has invoked or spawned and has not ended, as its machine calls them. */
export function invokedIn(agent: AnyActorRef | undefined): readonly string[] {
  const children = Object.entries<AnyActorRef | undefined>(agent ? childrenOf(agent) : {})
  return children.flatMap(([id, child]) => (child ? [nameOf(child, id)] : []))
}

function nameOf({ src }: AnyActorRef, id: string): string {
  return typeof src === 'string' && !src.startsWith('xstate.') ? src : id
}

function childrenOf(actor: AnyActorRef): Children {
  const snapshot: unknown = actor.getSnapshot()
  return isMachineSnapshot(snapshot) ? snapshot.children : {}
}

const numbered = /^x:(\d{1,15})$/

/**
 * Actors that are spawned without ids are numbered by XState, from 0 in each process. Once a saved machine comes back, this system
 * goes on above the numbers of those inside it: another actor of the same id would take their place.
 */
export function numberAbove(system: object, saved: unknown): void {
  const highest = highestIn(saved)
  const book: unknown = Reflect.get(system, '_bookId')
  if (highest < 0 || typeof book !== 'function') return
  const next = numberOf(String(Reflect.apply(book, system, [])))
  if (next > highest) return
  let number = highest
  Reflect.set(system, '_bookId', () => `x:${++number}`)
}

function highestIn(saved: unknown): number {
  if (!isObject(saved) || !('children' in saved) || !isObject(saved.children)) return -1
  return Object.entries(saved.children).reduce<number>((highest, [id, child]: [string, unknown]) => {
    const inside = isObject(child) && 'snapshot' in child ? highestIn(child.snapshot) : -1
    return Math.max(highest, numberOf(id), inside)
  }, -1)
}

function numberOf(id: string): number {
  return Number(numbered.exec(id)?.[1] ?? -1)
}
