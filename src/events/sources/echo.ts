import type * as z from 'zod'
import { codeOf, TroupeError } from '../../errors.ts'
import type { UncheckedEvent } from '../catalog.ts'
import type { EventDefinition, EventOf } from '../event.ts'
import { partyDeleted, runtimeEvents } from '../runtime-events.ts'

/** A rule: when the runtime reports one event, publish another. Made by `echoOf`. */
export interface Echo {
  readonly from: EventDefinition
  readonly to: EventDefinition
  /** Said only when a party comes into this status, not again while it stays. */
  readonly whenStatusIs: string | undefined
  /** The event that follows from what was heard. */
  say(heard: unknown): EventOf
}

/** When an echo is said. */
export interface EchoOptions {
  /** Publish only when `status` in the heard event has changed to this value. */
  readonly whenStatusIs?: string
}

/** What an echo hears: an envelope. */
export interface EchoHeard extends EventOf {
  readonly correlationid: string
  readonly party?: string
}

/** The bus on which echoes listen and publish: `runtime.bus`. */
export interface EchoBus {
  /** Calls the subscriber for each event of the type. */
  subscribe(
    type: string,
    subscriber: (heard: EchoHeard) => unknown,
    options?: { readonly limit: number },
  ): {
    /** Ends it. */
    unsubscribe(): void
  }
  /** Publishes an event. */
  publish(
    event: UncheckedEvent,
    options: { readonly party?: string; readonly correlationId?: string },
  ): Promise<unknown>
}

/** Ends echoes. */
export interface Echoing {
  /** Ends all of them. */
  stop(): void
}

/**
 * Declares an event to publish when the runtime reports another.
 *
 * @example
 * const welcomed = echoOf(agentStarted, agentWelcomed, ({ address }) => ({ name: address }))
 *
 * @throws EchoError if the first is not an event of the runtime, or the second is
 */
export function echoOf<F extends z.ZodType, T extends z.ZodType>(
  from: EventDefinition<string, F>,
  to: EventDefinition<string, T>,
  data: (heard: z.output<F>) => z.input<T>,
  { whenStatusIs }: EchoOptions = {},
): Echo {
  // An echo of an echo could go on for ever. So echoes hear only events of the runtime, and never publish such events.
  if (!own.has(from.type)) throw new EchoError(from.type, to.type, `the runtime does not say "${from.type}"`)
  if (own.has(to.type)) throw new EchoError(from.type, to.type, `"${to.type}" is the runtime's to say`)
  // The payload was checked by the definition of its type, so it has that definition's type.
  return { from, to, whenStatusIs, say: heard => to(data(heard as z.output<F>)) }
}

/** Most events that wait. Events of a burst are published one after the other, and none is missed. */
const mostWaiting = 1_000_000

const own: ReadonlySet<string> = new Set(runtimeEvents.map(({ type }) => type))

/**
 * Publishes the events of a group whenever the runtime reports the events that they follow from: in the same party if it still
 * exists, otherwise outside the parties, and with the same correlation id. The runtime must have the group among its `events`. If
 * publishing fails, that is a `system.error`. While the runtime stops, nothing is published.
 *
 * @example
 * const runtime = createRuntime({ events: [...platformEvents] })
 * const echoing = echo(runtime.bus, platformEchoes)
 * await runtime.start()
 * echoing.stop()
 */
export function echo(bus: EchoBus, echoes: readonly Echo[]): Echoing {
  const statuses = new Map<Echo, Map<string, string>>()
  const follow = async (one: Echo, heard: EchoHeard) => {
    const party = heard.party ?? wordIn(heard.data, 'partyId')
    if (one.whenStatusIs !== undefined && !isNews(statuses, one, party, heard.data)) return
    await say(bus, one.say(heard.data), heard.correlationid, party)
  }
  const subscriptions = echoes.map(one =>
    bus.subscribe(one.from.type, heard => follow(one, heard), { limit: mostWaiting }),
  )
  const forgetting = bus.subscribe(partyDeleted.type, ({ data }) => {
    for (const known of statuses.values()) known.delete(wordIn(data, 'partyId') ?? '')
  })
  return {
    stop: () => {
      for (const subscription of [...subscriptions, forgetting]) subscription.unsubscribe()
    },
  }
}

/** Whether a party has changed to the status of an echo. */
function isNews(statuses: Map<Echo, Map<string, string>>, one: Echo, party = '', data: unknown): boolean {
  const known = statuses.get(one) ?? new Map<string, string>()
  statuses.set(one, known)
  const before = known.get(party)
  const status = wordIn(data, 'status') ?? ''
  known.set(party, status)
  return status === one.whenStatusIs && status !== before
}

/** Codes of errors of a party that does not exist any more, or accepts no events any more. */
const partyIsGone = new Set(['PARTY_NOT_FOUND', 'PARTY_STOPPED', 'PARTY_FAILED', 'JOURNAL_APPEND', 'JOURNAL_CONFLICT'])

async function say(bus: EchoBus, event: EventOf, correlationId: string, party: string | undefined): Promise<void> {
  try {
    await bus.publish(event, { correlationId, ...(party !== undefined && { party }) })
  } catch (error) {
    const code = codeOf(error)
    if (party !== undefined && partyIsGone.has(code)) await say(bus, event, correlationId, undefined)
    // A runtime that stops accepts no events, and nothing needs to be reported then.
    else if (code !== 'RUNTIME_STATE') throw error
  }
}

function wordIn(data: unknown, field: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const value: unknown = Reflect.get(data, field)
  return typeof value === 'string' ? value : undefined
}

/** An echo that could go round in circles, or that nothing would ever call for. */
export class EchoError extends TroupeError {
  readonly code = 'ECHO'
  readonly from: string
  readonly to: string
  constructor(from: string, to: string, why: string) {
    super(
      `"${to}" cannot echo "${from}": ${why}. Echo an event of the runtime, such as "agent.started", by one of your own.`,
    )
    this.from = from
    this.to = to
  }
}
