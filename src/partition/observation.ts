import type { GoneReason } from '../journal/frame.ts'
import type { Address } from '../mail/address.ts'
import type { DeadLetter } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'

/** The snapshot of an agent's machine or of a supervisor. It is XState's own object: read it, but do not keep or change it. */
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

/** The fields of every observation. */
interface Observed {
  /** The agent or supervisor that it is about. */
  readonly address: Address
  /** Its party; nothing outside all of them. */
  readonly party: string | undefined
  /** Epoch milliseconds. */
  readonly time: number
}

/** An incarnation that begins, or that was there when observing began (`there`). */
export interface ObservedActor extends Observed {
  readonly kind: 'actor'
  readonly how: 'there' | 'started' | 'restarted' | 'recovered'
  readonly role: 'agent' | 'supervisor'
  /** Its supervisor; for the supervisor of a child, the agent that invoked the child. `undefined` for the root supervisor. */
  readonly parent: Address | undefined
  readonly name: string
  /** The definition of its machine, `<name>@<version>#<hash>`. Equal machines have equal definitions. */
  readonly definition: string
  /** The config of its machine. */
  readonly config: object
  /** The number of its start, from 1; `undefined` for supervisors. */
  readonly incarnation: number | undefined
  readonly snapshot: ObservedSnapshot
}

/** An agent handled an event, and that is durable. */
export interface ObservedStep extends Observed {
  readonly kind: 'step'
  /** The position that was handled. */
  readonly position: number
  readonly type: string
  /** The event, with its source and cause; `undefined` for an event of XState itself, such as the end of invoked work. */
  readonly envelope: Envelope | undefined
  readonly correlationid: string
  readonly causationid: string | undefined
  readonly outcome: 'handled' | 'ignored' | 'failed'
  /** The error that it threw. */
  readonly error?: unknown
  readonly snapshot: ObservedSnapshot
}

/** A supervisor has more children, or fewer, or has restarted some. */
export interface ObservedSupervision extends Observed {
  readonly kind: 'supervision'
  readonly snapshot: ObservedSnapshot
}

/** An agent or supervisor has stopped. */
export interface ObservedStop extends Observed {
  readonly kind: 'stopped'
  readonly reason: GoneReason
}

/** An event was said by an agent or the runtime, or published from outside: then its address is the partition. */
export interface ObservedEvent extends Observed {
  readonly kind: 'said'
  readonly envelope: Envelope
}

/** An event will not be handled; the address is the receiver's. */
export interface ObservedDeadLetter extends Observed {
  readonly kind: 'dead'
  readonly letter: DeadLetter
}

/** A request was sent; the address is the asker's, or `outside` for a caller outside the agents. */
export interface ObservedAsk extends Observed {
  readonly kind: 'asked'
  readonly key: string
  readonly type: string
  readonly to: Address
  /** Milliseconds. */
  readonly deadline: number
}

/** An ask has ended; the address is the asker's. */
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

/** Everything that an observer is called with. */
export type Observation =
  | ObservedActor
  | ObservedStep
  | ObservedSupervision
  | ObservedStop
  | ObservedEvent
  | ObservedDeadLetter
  | ObservedAsk
  | ObservedAnswer

/** A function that is called with what happens, at once and in order. A slow observer delays the whole runtime. */
export type Observer = (observation: Observation) => void

/** What an observer gets. */
export interface ObserveOptions {
  /**
   * Whether observations about an address are wanted. It is called before an observation is made. An ask is observed if its asker
   * or its callee is wanted.
   */
  readonly only?: (address: Address, party: string | undefined) => boolean
}
