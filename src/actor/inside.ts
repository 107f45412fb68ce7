import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import type { ActorSystem } from '../invoke/outside.ts'
import { isObject } from '../values/value.ts'
import { type Children, isMachineSnapshot } from './kept.ts'
import { bookAbove, bookId } from './xstate-privates.ts'

/** The place of an actor inside an agent: the keys of children from the agent down to it; empty for the agent's own machine. */
export type Path = readonly string[]

/** Both ends of a timer that a machine inside an agent has set, or that is for such a machine. */
export interface Inside {
  readonly source: Path
  readonly target: Path
}

/** The path from an agent's machine down to an actor inside it; `undefined` for an actor outside it. */
export function pathFrom(agent: AnyActorRef, actor: AnyActorRef): Path | undefined {
  const path: string[] = []
  for (let at: AnyActorRef = actor; at !== agent; at = at._parent) {
    if (!at._parent) return undefined
    path.push(keyIn(childrenOf(at._parent), at))
  }
  return path.toReversed()
}

/** The key of an actor in its parent: its id, or, if it was spawned without an id, the name that XState gives to all such actors. */
function keyIn(children: Children, actor: AnyActorRef): string {
  if (children[actor.id] === actor) return actor.id
  return Object.entries<AnyActorRef | undefined>(children).find(([, child]) => child === actor)?.[0] ?? actor.id
}

/** The actor at the end of a path, if there is one and it has not ended. */
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

/** The names of the actors that an agent has invoked or spawned and that have not ended, as its machine calls them. */
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
 * XState numbers actors that are spawned without ids, from 0 in each process. After a saved machine is restored, its XState system
 * counts on above the numbers inside it: otherwise a new actor would get an id that is taken.
 */
export function numberAbove(system: ActorSystem, saved: unknown): void {
  const highest = highestIn(saved)
  if (highest >= 0 && numberOf(bookId(system)) <= highest) bookAbove(system, highest)
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
