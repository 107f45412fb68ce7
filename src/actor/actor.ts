import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import { type Address, addressOf } from './address.ts'
import type { Agent } from './agent.ts'
import { acceptedBy } from './busy.ts'
import type { Envelope } from './envelope.ts'
import type { Handled } from './handled.ts'
import { Mailbox } from './mailbox.ts'
import type { Ready, ReadyQueue } from './ready-queue.ts'

/** What an actor needs from the partition that it lives in. */
export interface ActorHost {
  readonly address: Address
  readonly ready: ReadyQueue
  /** Runs one turn of an actor: no other agent of the partition is in the middle of a step. */
  duringTurn<T>(actor: Actor, turn: () => T): T
  /** Makes the agent handle an event. */
  handle(actor: Actor, envelope: Envelope): void
  /** Calls somebody else's function; one that throws is reported, and harms nobody. */
  guard(what: Address, call: () => void): void
  /** The actor has nothing to do that it could do now. */
  resting(): void
  /** Reports what should never have been thrown. */
  fault(error: unknown): void
  working(): void
}

/**
 * `declared`: its address exists and mail waits for it. `running`: it handles mail. `down`: it ended, and its supervisor
 * has not decided yet. `stopped`: it will not come back under this address by itself.
 */
export type ActorStatus = 'declared' | 'running' | 'down' | 'stopped'

/** One agent at one address: its mailbox stays through all its incarnations. */
export class Actor implements Ready {
  readonly name: string
  readonly address: Address
  readonly agent: Agent
  readonly mailbox: Mailbox
  status: ActorStatus = 'declared'
  incarnation = 0
  ref: AnyActorRef | undefined
  readonly #host: ActorHost
  #queued = false
  #shown: AnyMachineSnapshot | undefined
  #watchers: ((snapshot: AnyMachineSnapshot) => void)[] = []
  #announced: Handled | undefined
  #handling: Handled | undefined

  constructor(host: ActorHost, name: string, agent: Agent) {
    this.#host = host
    this.name = name
    this.address = addressOf(host.address, name)
    this.agent = agent
    this.mailbox = new Mailbox(agent.capacity)
  }

  /** The snapshot that outsiders see: the newest one that is durable. */
  get shown(): AnyMachineSnapshot | undefined {
    return this.#shown
  }

  show(snapshot: AnyMachineSnapshot): void {
    this.#shown = snapshot
    for (const watcher of this.#watchers) this.#host.guard(this.address, () => watcher(snapshot))
  }

  /** Calls back with every new durable snapshot; the returned function ends that. */
  watch(watcher: (snapshot: AnyMachineSnapshot) => void): () => void {
    this.#watchers = [...this.#watchers, watcher]
    return () => {
      this.#watchers = this.#watchers.filter(other => other !== watcher)
    }
  }

  /** Says which position the next event that reaches the machine is. */
  announce(handled: Handled): void {
    this.#announced = handled
  }

  get announced(): boolean {
    return this.#announced !== undefined
  }

  /** The announced position, once: a second event of the same turn has another. */
  takeHandled(): Handled | undefined {
    this.#handling = this.#announced
    this.#announced = undefined
    return this.#handling
  }

  /** What the step under way handles. */
  get handled(): Handled | undefined {
    return this.#handling
  }

  /** Hands over a reply, an outcome, a timer or a decision of supervision, ahead of all mail. */
  signal(signal: () => void): void {
    this.mailbox.signal(signal)
    this.wake()
  }

  /** Asks for a turn, if there is something to do. */
  wake(): void {
    if (this.#queued || !this.#hasWork()) return
    this.#queued = true
    this.#host.working()
    this.#host.ready.push(this)
  }

  turn(): boolean {
    try {
      this.#host.duringTurn(this, () => this.#takeOne())
    } catch (error) {
      // A fault of the runtime itself: this turn is lost, the actor is not.
      this.#host.fault(error)
    }
    if (this.#hasWork()) return true
    this.#queued = false
    this.#host.resting()
    return false
  }

  #takeOne(): void {
    const signal = this.mailbox.takeSignal()
    if (signal) return signal()
    if (this.status !== 'running') return
    const envelope = this.mailbox.take(this.#accepts())
    if (envelope) this.#host.handle(this, envelope)
  }

  #hasWork(): boolean {
    if (this.mailbox.signals > 0) return true
    return this.status === 'running' && this.mailbox.size > 0 && this.mailbox.has(this.#accepts())
  }

  #accepts(): (type: string) => boolean {
    const snapshot: AnyMachineSnapshot | undefined = this.ref?.getSnapshot()
    return snapshot ? acceptedBy(snapshot) : () => false
  }
}
