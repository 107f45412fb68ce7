import type { Agent } from 'troupe'
import { type AnyActor, createActor } from 'xstate'
import { identityOf, writeIdentity } from '../../src/agent/identity.ts'

/** What a journal would hold of an agent whose machine has taken these events. */
export const checkpointOf = (agent: Agent, ...types: readonly string[]) => {
  const actor = createActor(agent.machine).start()
  sendAll(actor, types)
  return { definition: writeIdentity(identityOf(agent)), snapshot: jsonOf(actor.getPersistedSnapshot()) }
}

/** Sends events for as long as a machine has not come to its end. */
export const sendAll = (actor: AnyActor, types: readonly string[]) => {
  for (const type of types) if (actor.getSnapshot().status === 'active') actor.send({ type })
}

/** What comes back from a disk. */
export const jsonOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** What a function threw; nothing if it threw nothing. */
export const thrownBy = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
