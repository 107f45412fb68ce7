import type { Actor } from '../actor/actor.ts'
import type { Registry } from '../actor/registry.ts'
import type { Agent } from '../agent/agent.ts'
import { ChildEndedError, type Orphan, orphanOf } from '../invoke/child.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { GoneReason } from '../journal/frame.ts'
import { LazyMap } from '../lazy-maps.ts'
import { checkId } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'

/** A child that an agent invokes. */
interface InvokedChild {
  readonly agent: Agent
  readonly input: unknown
  /** What led the parent to invoke it. */
  readonly origin: Origin
}

/** How agents start and stop. These are functions because `lifecycle`, where they are written, knows this room. */
export interface ChildStarts {
  /**
   * Starts a child under a supervisor of its own, named `supervisor`. Above the child's restart intensity the supervisor ends, and
   * so the parent gets `CHILD_ENDED` and does not end with it.
   *
   * @throws AddressTakenError, AgentLimitError, AgentStartError
   */
  start(name: string, child: InvokedChild, supervisor: string): Actor
  /** Stops a child, unless all agents are stopped already. */
  stop(child: Actor): void
  /** Removes the supervisor of a child that has stopped. */
  removeSupervisor(name: string): void
  /** Whether an agent of the last process is not restored yet. */
  isAwaited(name: string): boolean
}

/** The children of agents: reports how they end to their parents, and stops the children that no parent wants any more. */
export class Children {
  readonly #registry: Registry
  readonly #starts: ChildStarts
  /** The callbacks of the parents, by child. */
  readonly #wanted = new LazyMap<Actor, (outcome: Outcome) => void>()
  /** The names of children that a restored parent is about to invoke again, and how they have ended, if they have. */
  readonly #expected = new LazyMap<string, Outcome | undefined>()
  /** Children that were restored before their parents invoked them, by the names of the parents. */
  readonly #restored = new LazyMap<string, readonly Actor[]>()

  constructor(registry: Registry, starts: ChildStarts) {
    this.#registry = registry
    this.#starts = starts
  }

  /** Keeps how a child ends for its restored parent, which is about to invoke it again, until the returned function is called. */
  expect(parent: Actor, id: string): () => void {
    const name = `${parent.name}/${id}`
    this.#expected.set(name, undefined)
    return () => void this.#expected.delete(name)
  }

  /** Whether a child of the last process is not restored yet. */
  isAwaited(parent: Actor, id: string): boolean {
    return this.#starts.isAwaited(`${parent.name}/${id}`)
  }

  /**
   * Starts an agent as the child of another, or finds the child if it is running already. Returns nothing if the child has ended
   * meanwhile.
   *
   * @param ended called when the child has stopped for good
   * @throws IllegalIdError, AddressTakenError, AgentStartError, AgentLimitError
   */
  startChild(parent: Actor, id: string, child: InvokedChild, ended: (outcome: Outcome) => void): Actor | undefined {
    const name = `${parent.name}/${checkId('child', id)}`
    const unreported = this.#expected.get(name)
    if (unreported) {
      this.#expected.delete(name)
      ended(unreported)
      return undefined
    }
    const known = this.#registry.named(name)
    const isRunning = known?.agent.name === child.agent.name && known.status !== 'stopped' && !this.#wanted.has(known)
    // A restored child may end while it starts, before its parent's callback is in `#wanted`.
    this.#expected.set(name, undefined)
    try {
      const actor = isRunning ? known : this.#starts.start(name, child, supervisorOf(name))
      const outcome = this.#expected.get(name)
      if (outcome) ended(outcome)
      else this.#wanted.set(actor, ended)
      return actor
    } finally {
      this.#expected.delete(name)
    }
  }

  /** An agent was restored without its parent. If it is a child, its parent may not want it any more. */
  childRestored(child: Actor): void {
    if (!isChild(child)) return
    const name = child.name.slice(0, child.name.lastIndexOf('/'))
    this.#restored.set(name, [...(this.#restored.get(name) ?? []), child])
    const parent = this.#registry.named(name)
    if (parent) this.parentRestored(parent)
  }

  /** An agent was restored. Once it has invoked the children that it wants, its other children are orphans. */
  parentRestored(parent: Actor): void {
    const children = this.#restored.get(parent.name)
    if (!children) return
    this.#restored.delete(parent.name)
    parent.signal(() => {
      for (const child of children) {
        const isWanted = this.#wanted.has(child) || this.#expected.has(child.name)
        if (!isWanted) this.orphan(child, orphanOf(parent.agent, child.agent))
      }
    })
  }

  /** The parent does not want a child any more. */
  orphan(child: Actor, what: Orphan): void {
    this.#wanted.delete(child)
    if (what === 'stop') this.#starts.stop(child)
  }

  /** An agent has stopped for good. If it is a child, its supervisor is removed and its parent gets the outcome. */
  stopped(actor: Actor, reason: GoneReason): void {
    if (isChild(actor)) this.#starts.removeSupervisor(actor.under)
    const ended = this.#wanted.get(actor)
    if (this.#wanted.delete(actor)) ended?.(outcomeOf(actor, reason))
    else if (this.#expected.has(actor.name)) this.#expected.set(actor.name, outcomeOf(actor, reason))
  }
}

function outcomeOf({ address, ref }: Actor, reason: GoneReason): Outcome {
  if (reason === 'done') return { ok: true, output: ref?.getSnapshot().output }
  return { ok: false, error: new ChildEndedError(address, reason) }
}

function isChild({ name, under }: Actor): boolean {
  return under === supervisorOf(name)
}

function supervisorOf(child: string): string {
  return `${child}/supervisor`
}
