import type { Actor } from '../actor/actor.ts'
import { definitionOf } from '../agent/identity.ts'
import { root } from '../lifecycle/roster.ts'
import { addressOf } from '../mail/address.ts'
import type { ObservedActor, ObservedSnapshot } from '../partition/observation.ts'
import type { Partition, Supervising } from '../partition/partition.ts'

/** All present agents and supervisors, parents before their children. */
export function liveIn(partition: Partition): readonly (Actor | Supervising)[] {
  const supervisors = [...(partition.supervisors ?? [])]
  const agents = [...partition.registry].filter(({ status, shown }) => status !== 'stopped' && shown)
  const below = [...supervisors.filter(isOfChild), ...agents].toSorted((one, other) => depthOf(one) - depthOf(other))
  return [...supervisors.filter(one => !isOfChild(one)), ...below]
}

/** Whether this is the supervisor of an agent's child, `<child>/supervisor`. */
function isOfChild({ name }: Supervising): boolean {
  return name.endsWith(`/${root}`)
}

/** The level in the tree: a child is below its supervisor, and that is below the parent agent. */
function depthOf(one: Actor | Supervising): number {
  const segments = one.name.split('/').length
  return 'agent' in one ? 2 * segments : 2 * (segments - 1) - 1
}

/** How an agent is shown to observers. */
export function agentAs(
  partition: Partition,
  { name, address, agent, under, shown, incarnation: newest }: Actor,
  snapshot: ObservedSnapshot | undefined = shown,
  started?: number,
): ObservedActor {
  const incarnation = started ?? newest
  return {
    kind: 'actor',
    how: started === undefined ? 'there' : started === 1 ? 'started' : 'restarted',
    role: 'agent',
    address,
    party: partition.party,
    time: partition.frames.now(),
    parent: addressOf(partition.address, under),
    name,
    definition: definitionOf(agent),
    config: agent.machine.config,
    incarnation,
    snapshot: snapshot ?? { status: 'active' },
  }
}

/** How a supervisor is shown to observers. */
export function supervisorAs(partition: Partition, one: Supervising, how: ObservedActor['how']): ObservedActor {
  const { name, above, strategy, snapshot } = one
  // The supervisor of a child is below the parent agent.
  const parent = isOfChild(one) ? name.split('/').slice(0, -2).join('/') : above
  return {
    kind: 'actor',
    how,
    role: 'supervisor',
    address: addressOf(partition.address, name),
    party: partition.party,
    time: partition.frames.now(),
    parent: parent === undefined ? undefined : addressOf(partition.address, parent),
    name,
    definition: `supervisor/${strategy}`,
    config: { id: 'supervisor', meta: { strategy } },
    incarnation: undefined,
    snapshot,
  }
}
