import type { GoneReason } from '../journal/frame.ts'
import type { Address } from '../mail/address.ts'
import type { DeadLetter } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'

/** How the machine of an agent stands, or a supervisor. XState's own object: to be read, not to be kept or changed. */
export interface ObservedSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly value?: unknown
  readonly context?: unknown
  readonly output?: unknown
  readonly error?: unknown
  readonly tags?: ReadonlySet<string>
  /** What it invokes, by id. */
  readonly children?: Readonly<Record<string, unknown>>
  readonly historyValue?: unknown
}

/** What every observation has. */
interface Observed {
  /** The agent or supervisor that it is about. */
  readonly address: Address
  /** Its party; nothing outside all of them. */
  readonly party: string | undefined
  /** Epoch milliseconds. */
  readonly time: number
}

/** An incarnation is there: it was when observing began (`there`), or begins. */
export interface ObservedActor extends Observed {
  readonly kind: 'actor'
  readonly how: 'there' | 'started' | 'restarted' | 'recovered'
  readonly role: 'agent' | 'supervisor'
  /** Its supervisor; of the supervisor of a child, the agent that invoked the child. None for the one above all others. */
  readonly parent: Address | undefined
  readonly name: string
  /** Which machine it has, `<name>@<version>#<hash>`: the same for all that have the same one. */
  readonly definition: string
  /** What its machine was made of. */
  readonly config: object
  /** Counts its starts, from 1; of supervisors nobody counts them. */
  readonly incarnation: number | undefined
  readonly snapshot: ObservedSnapshot
}

/** An agent handled an event, and that is durable. */
export interface ObservedStep extends Observed {
  readonly kind: 'step'
  /** The position that was handled. */
  readonly position: number
  readonly type: string
  /** The event, with its source and cause; none for XState's own, such as the end of something that it invoked. */
  readonly envelope: Envelope | undefined
  readonly correlationid: string
  readonly causationid: string | undefined
  readonly outcome: 'handled' | 'ignored' | 'failed'
  /** What it threw. */
  readonly error?: unknown
  readonly snapshot: ObservedSnapshot
}

/** A supervisor has more children, or fewer, or has restarted some. */
export interface ObservedSupervision extends Observed {
  readonly kind: 'supervision'
  readonly snapshot: ObservedSnapshot
}

/** An agent or supervisor is there no more. */
export interface ObservedStop extends Observed {
  readonly kind: 'stopped'
  readonly reason: GoneReason
}

/** Somebody said an event: an agent, the runtime, or, with the partition as its address, somebody outside. */
export interface ObservedEvent extends Observed {
  readonly kind: 'said'
  readonly envelope: Envelope
}

/** An event will not be handled; the address is that of whom it was for. */
export interface ObservedDeadLetter extends Observed {
  readonly kind: 'dead'
  readonly letter: DeadLetter
}

/** A request is on its way; the address is that of the asker, `outside` for one who is no agent. */
export interface ObservedAsk extends Observed {
  readonly kind: 'asked'
  readonly key: string
  readonly type: string
  readonly to: Address
  /** Milliseconds. */
  readonly deadline: number
}

/** An ask has ended; the address is that of the asker. */
export interface ObservedAnswer extends Observed {
  readonly kind: 'answered'
  readonly key: string
  readonly type: string
  readonly to: Address
  /** Nothing for a reply; the code of the error otherwise, or `cancelled` when the asker no longer waited. */
  readonly failure: string | undefined
  /** Milliseconds that the asker waited. */
  readonly latency: number
}

/** What observers are told. */
export type Observation =
  | ObservedActor
  | ObservedStep
  | ObservedSupervision
  | ObservedStop
  | ObservedEvent
  | ObservedDeadLetter
  | ObservedAsk
  | ObservedAnswer

/** Is told what happens, at once and in order; who takes his time keeps everybody waiting. */
export type Observer = (observation: Observation) => void

/** What an observer wants to be told of. */
export interface ObserveOptions {
  /** Asked before anything is made: only what is about an address that it wants is told. Of asks, either end is enough. */
  readonly only?: (address: Address, party: string | undefined) => boolean
}
