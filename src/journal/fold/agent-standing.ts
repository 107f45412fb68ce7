import type { Address } from '../../mail/address.ts'
import type { Envelope } from '../../mail/envelope.ts'
import type { EntryOf, GoneReason } from '../frame.ts'

/** Waiting events by position. */
export type Mail = Map<number, Envelope>

/** An agent, as the frames leave it. */
export interface AgentStanding {
  readonly name: string
  /** `<name>@<version>#<hash>` of its machine. */
  definition: string
  readonly under: string
  /** The input of its incarnations, as JSON, if it is not the input of its definition. */
  readonly input: unknown
  /** Since when mail waits for it, epoch milliseconds, by the clock of that process. */
  readonly since: number
  /** 0 while it is only declared. */
  incarnation: number
  /** The position of the frame of its last step. */
  stepped: number
  /** Why it is gone, if it is; the position at which it went, and its output. */
  gone: GoneReason | undefined
  goneAt: number
  output: unknown
  /**
   * Set while its incarnation has failed: the id of the event that led to the failure, if there was one, and its correlation id.
   */
  failure: { readonly on: string | undefined; readonly correlation?: string | undefined } | undefined
  /** Whether its next incarnation begins with the initial state, because the root supervisor gave up. */
  beginsAnew: boolean
  /** Events for the agent that it has not handled yet. */
  readonly mail: Mail
  /** How often it crashed on an event, by position. */
  readonly crashes: Map<number, number>
  /** How often the process ended while an event was being handed to it, by position. */
  readonly suspected: Map<number, number>
  readonly timers: Map<string, TimerStanding>
  /** Timers that have fired, but it has not handled that yet, by position. */
  readonly fired: Map<number, TimerStanding>
  /** Outside work that it wants, by key. */
  readonly works: Map<string, WorkStanding>
  /** Requests that it has taken and not answered yet. */
  readonly taken: Set<string>
}

/** A timer that was set. */
export interface TimerStanding extends Omit<EntryOf<'timer'>, 'kind' | 'seq' | 'agent'> {
  /** Whether a newer timer has its id: `cancel` then cancels the newer timer. */
  readonly isSuperseded?: boolean
  /** Milliseconds since it was set during which no process ran. */
  readonly away?: number
}

/** Work that an agent wants, and its outcome, if it has ended. */
export interface WorkStanding {
  /** The position of the entry that says that it is wanted. */
  readonly seq: number
  /** Epoch milliseconds until which an ask waits. */
  expires: number
  /** The id of the event that led to it, if there was one; older snapshots do not have it. */
  readonly on?: string | undefined
  /** The address that an ask names; older snapshots do not have it. */
  readonly to?: Address | undefined
  /** The addresses, if an ask names several. */
  readonly callees: readonly Address[] | undefined
  attempt: number
  held: boolean
  /** How many attempts failed; left out for 0. */
  failures?: number
  /** Epoch milliseconds at which the next attempt is due, while it is waited for. */
  due?: number | undefined
  /** Its last progress, encoded as in the journal; left out if it reported none. */
  progress?: unknown
  /** The outcome, until the agent has handled it. */
  outcome: OutcomeStanding | undefined
}

/** How outside work ended. */
export interface OutcomeStanding {
  readonly seq: number
  readonly ok: boolean
  readonly value: unknown
}

/** An agent's standing as JSON carries it. */
export interface AgentJson
  extends Omit<
    AgentStanding,
    'beginsAnew' | 'mail' | 'crashes' | 'suspected' | 'timers' | 'fired' | 'works' | 'taken'
  > {
  /** Older snapshots do not have it. */
  readonly beginsAnew?: boolean
  readonly mail: readonly Envelope[]
  readonly crashes: readonly (readonly [number, number])[]
  readonly suspected: readonly (readonly [number, number])[]
  readonly timers: readonly TimerStanding[]
  readonly fired: readonly (readonly [number, TimerStanding])[]
  readonly works: readonly (readonly [string, WorkStanding])[]
  readonly taken: readonly string[]
}

export function agentJson({
  mail,
  crashes,
  suspected,
  timers,
  fired,
  works,
  taken,
  ...agent
}: AgentStanding): AgentJson {
  return {
    ...agent,
    mail: [...mail.values()],
    crashes: [...crashes],
    suspected: [...suspected],
    timers: [...timers.values()],
    fired: [...fired],
    works: [...works],
    taken: [...taken],
  }
}

export function agentOf(json: AgentJson): AgentStanding {
  return {
    ...json,
    gone: json.gone,
    output: json.output,
    input: json.input,
    failure: json.failure,
    beginsAnew: json.beginsAnew ?? false,
    mail: mailOf(json.mail),
    crashes: new Map(json.crashes),
    suspected: new Map(json.suspected),
    timers: new Map(json.timers.map(timer => [timer.key ?? timer.id, timer])),
    fired: new Map(json.fired),
    // JSON has no infinity.
    works: new Map(
      json.works.map(([key, work]) => [key, { ...work, expires: work.expires ?? Number.POSITIVE_INFINITY }]),
    ),
    taken: new Set(json.taken),
  }
}

export function mailOf(envelopes: readonly Envelope[]): Mail {
  return new Map(envelopes.map(envelope => [envelope.seq, envelope]))
}

export function newAgent(
  name: string,
  definition: string,
  { under, input, since }: Pick<AgentStanding, 'under' | 'input' | 'since'>,
): AgentStanding {
  return {
    name,
    definition,
    under,
    input,
    since,
    incarnation: 0,
    stepped: 0,
    goneAt: 0,
    output: undefined,
    gone: undefined,
    failure: undefined,
    beginsAnew: false,
    mail: new Map(),
    crashes: new Map(),
    suspected: new Map(),
    timers: new Map(),
    fired: new Map(),
    works: new Map(),
    taken: new Set(),
  }
}

export function putBack(agent: AgentStanding, envelope: Envelope, attempt: number): void {
  agent.mail.set(envelope.seq, envelope)
  agent.crashes.set(envelope.seq, attempt)
}

/** The members of a pool are `<pool>/1`, `<pool>/2` and so on. */
export function isMember({ name, under }: AgentStanding): boolean {
  return name.startsWith(`${under}/`)
}
