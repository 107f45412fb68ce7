import type * as z from 'zod'
import { codeOf, TroupeError } from '../../errors.ts'
import type { UncheckedEvent } from '../catalog.ts'
import type { EventDefinition, EventOf } from '../event.ts'
import { partyDeleted, runtimeEvents } from '../runtime-events.ts'

/** A rule: when the runtime has said one event, say another. Made by `echoOf`. */
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
  /** The `status` in what was heard, for events that tell of it again and again. */
  readonly whenStatusIs?: string
}

/** What an echo hears: an envelope. */
export interface EchoHeard extends EventOf {
  readonly correlationid: string
  readonly party?: string
}

/** Where echoes are heard and said: `runtime.bus`. */
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
 * Declares that one event follows from another that the runtime says.
 *
 * @example
 * const welcomed = echoOf(agentStarted, agentWelcomed, ({ address }) => ({ name: address }))
 *
 * @throws EchoError if the first is none of the runtime's events, or the second is one
 */
export function echoOf<F extends z.ZodType, T extends z.ZodType>(
  from: EventDefinition<string, F>,
  to: EventDefinition<string, T>,
  data: (heard: z.output<F>) => z.input<T>,
  { whenStatusIs }: EchoOptions = {},
): Echo {
  // An echo of an echo could go on for ever: what is heard comes from the runtime, and what is said never does.
  if (!own.has(from.type)) throw new EchoError(from.type, to.type, `the runtime does not say "${from.type}"`)
  if (own.has(to.type)) throw new EchoError(from.type, to.type, `"${to.type}" is the runtime's to say`)
  // The bus tells only what the definition of its type has made or parsed.
  return { from, to, whenStatusIs, say: heard => to(data(heard as z.output<F>)) }
}

/** A burst is said one after the other, and none of it is missed. */
const mostWaiting = 1_000_000

const own: ReadonlySet<string> = new Set(runtimeEvents.map(({ type }) => type))

/**
 * Says the events of a group whenever the runtime says what they follow from: in the same party while it is there, otherwise
 * outside the parties, and joined to it by its correlation id. The group has to be among the runtime's `events`. What cannot be
 * said is a `system.error`; what happens while the runtime stops is not said.
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

/** Whether a party has come into the status that an echo tells of. */
function isNews(statuses: Map<Echo, Map<string, string>>, one: Echo, party = '', data: unknown): boolean {
  const known = statuses.get(one) ?? new Map<string, string>()
  statuses.set(one, known)
  const before = known.get(party)
  const status = wordIn(data, 'status') ?? ''
  known.set(party, status)
  return status === one.whenStatusIs && status !== before
}

/** Codes of a party that is there no more, or takes nothing any more. */
const partyIsGone = new Set(['PARTY_NOT_FOUND', 'PARTY_STOPPED', 'PARTY_FAILED', 'JOURNAL_APPEND', 'JOURNAL_CONFLICT'])

async function say(bus: EchoBus, event: EventOf, correlationId: string, party: string | undefined): Promise<void> {
  try {
    await bus.publish(event, { correlationId, ...(party !== undefined && { party }) })
  } catch (error) {
    const code = codeOf(error)
    if (party !== undefined && partyIsGone.has(code)) await say(bus, event, correlationId, undefined)
    // A runtime that stops takes nothing more, and nobody is there to be told.
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
