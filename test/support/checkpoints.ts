import type { Agent } from 'troupe'
import { type AnyActor, createActor } from 'xstate'
import { identityOf, writeIdentity } from '../../src/agent/identity.ts'

/** The checkpoint of an agent whose machine has taken these events. */
export const checkpointOf = (agent: Agent, ...types: readonly string[]) => {
  const actor = createActor(agent.machine).start()
  sendAll(actor, types)
  return { definition: writeIdentity(identityOf(agent)), snapshot: jsonOf(actor.getPersistedSnapshot()) }
}

/** Sends events until the machine is done. */
export const sendAll = (actor: AnyActor, types: readonly string[]) => {
  for (const type of types) if (actor.getSnapshot().status === 'active') actor.send({ type })
}

/** A value as it is read from a disk. */
export const jsonOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** The error that a function threw; `undefined` if it threw none. */
export const thrownBy = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
