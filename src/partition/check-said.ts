import type { EventObject } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import { type Catalog, isRequest, UnknownEventError } from '../events/catalog.ts'
import { answeredBy, isRefusalType } from '../events/request.ts'

/**
 * Checks what a machine emits: its agent lists the event, or the request that it answers, in `says`, and the payload fits.
 *
 * @throws UnknownEventError, EventPayloadError
 */
export function checkSaid({ name, says }: Agent, event: EventObject & { readonly ask?: unknown }, catalog: Catalog) {
  const { ask, type } = event
  const request = typeof ask === 'string' ? answeredBy(type) : undefined
  const said = request ?? type
  const listed = says.find(one => one.type === said)
  if (!listed || isRequest(listed) !== (request !== undefined)) {
    const known = says.map(one => one.type)
    throw new UnknownEventError(type, known, { agent: name, missing: said })
  }
  if (typeof ask !== 'string' || request === undefined) return { kind: 'emit' as const, event: catalog.check(event) }
  return isRefusalType(type)
    ? { kind: 'refusal' as const, event: catalog.checkRefusal({ ...event, ask }) }
    : { kind: 'reply' as const, event: catalog.checkReply({ ...event, ask }) }
}
