import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import { isMachineSnapshot } from './kept.ts'

/** Where an actor stands inside an agent: the ids from the agent down to it; empty for the agent's own machine. */
export type Path = readonly string[]

/** Both ends of a timer that a machine inside an agent has set, or that is meant for one. */
export interface Inside {
  readonly source: Path
  readonly target: Path
}

/** The path from an agent's machine down to an actor inside it; `undefined` for an actor that is not. */
export function pathFrom(agent: AnyActorRef, actor: AnyActorRef): Path | undefined {
  const path: string[] = []
  for (let at: AnyActorRef | undefined = actor; at; at = at._parent) {
    if (at === agent) return path.toReversed()
    path.push(at.id)
  }
  return undefined
}

/** The actor at the end of a path, if it is there and has not ended. */
export function actorAt(agent: AnyActorRef, path: Path): AnyActorRef | undefined {
  let at: AnyActorRef | undefined = agent
  for (const id of path) at = at && childrenOf(at).find(child => child.id === id)
  return at?.getSnapshot().status === 'active' ? at : undefined
}

/** The machines inside an agent that have not ended, each with its path. */
export function* machinesIn(agent: AnyActorRef, above: Path = []): Iterable<readonly [Path, AnyMachineSnapshot]> {
  for (const child of childrenOf(agent)) {
    const snapshot: unknown = child.getSnapshot()
    if (!isMachineSnapshot(snapshot) || snapshot.status !== 'active') continue
    const path = [...above, child.id]
    yield [path, snapshot]
    yield* machinesIn(child, path)
  }
}

function childrenOf(actor: AnyActorRef): readonly AnyActorRef[] {
  const snapshot: unknown = actor.getSnapshot()
  return isMachineSnapshot(snapshot)
    ? Object.values<AnyActorRef | undefined>(snapshot.children).filter(one => one !== undefined)
    : []
}
