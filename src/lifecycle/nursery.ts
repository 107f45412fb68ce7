import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import { ChildEndedError, type Orphan, orphanOf } from '../invoke/child.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { GoneReason } from '../journal/frame.ts'
import { checkId } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import type { SupervisorDefinition } from '../supervision/definition.ts'
import type { ChildCare } from '../work/outside-work.ts'
import type { Roster } from './roster.ts'

/** What a nursery needs from the crew that it belongs to. */
export interface NurseryHost {
  readonly stopped: boolean
  begin(tree: readonly SupervisorDefinition[]): unknown
  /** @throws AddressTakenError, AgentLimitError, AgentStartError */
  add(agent: Agent, name: string, under: string, input: unknown, led: Origin): Actor
  stop(actor: Actor): void
  /** Whether an agent of this name has yet to come back. */
  awaits(name: string): boolean
  removeTree(supervisor: string): void
}

/** The children of agents: who wants to know what becomes of them, and what does become of them without their parents. */
export class Nursery implements ChildCare {
  readonly #host: NurseryHost
  readonly #roster: Roster
  readonly #wanted = new Map<Actor, (outcome: Outcome) => void>()
  /** The children of parents that came back and are about to want them, by name, and how they ended, if they have. */
  readonly #expected = new Map<string, Outcome | undefined>()
  /** Children that came back by themselves, by the names of their parents. */
  readonly #cameBack = new Map<string, readonly Actor[]>()

  constructor(host: NurseryHost, roster: Roster) {
    this.#host = host
    this.#roster = roster
  }

  expect(parent: Actor, id: string): () => void {
    const name = `${parent.name}/${id}`
    this.#expected.set(name, undefined)
    return () => void this.#expected.delete(name)
  }

  awaits(parent: Actor, id: string): boolean {
    return this.#host.awaits(`${parent.name}/${id}`)
  }

  bear(
    parent: Actor,
    id: string,
    { agent, input, origin }: { readonly agent: Agent; readonly input: unknown; readonly origin: Origin },
    gone: (outcome: Outcome) => void,
  ): Actor | undefined {
    const name = `${parent.name}/${checkId('child', id)}`
    const untold = this.#expected.get(name)
    if (untold) {
      this.#expected.delete(name)
      gone(untold)
      return undefined
    }
    const met = this.#roster.find(name)
    const isMet = met?.agent.name === agent.name && met.status !== 'stopped' && !this.#wanted.has(met)
    // One that comes back may have ended already, and is gone before it is known here.
    this.#expected.set(name, undefined)
    try {
      const child = isMet ? met : this.#host.add(agent, name, this.#supervisorOf(name), input ?? agent.input, origin)
      const ended = this.#expected.get(name)
      if (ended) gone(ended)
      else this.#wanted.set(child, gone)
      return child
    } finally {
      this.#expected.delete(name)
    }
  }

  /** An agent came back by itself. If it is a child, its parent may want it no more. */
  cameBack(child: Actor): void {
    if (!isChild(child)) return
    const name = child.name.slice(0, child.name.lastIndexOf('/'))
    this.#cameBack.set(name, [...(this.#cameBack.get(name) ?? []), child])
    const parent = this.#roster.find(name)
    if (parent) this.settle(parent)
  }

  /** An agent is there again. Once it has met the children that it wants, the others are no longer its own. */
  settle(parent: Actor): void {
    const children = this.#cameBack.get(parent.name)
    if (!children) return
    this.#cameBack.delete(parent.name)
    parent.signal(() => {
      for (const child of children) {
        const isWanted = this.#wanted.has(child) || this.#expected.has(child.name)
        if (!isWanted) this.orphan(child, orphanOf(parent.agent, child.agent))
      }
    })
  }

  orphan(child: Actor, what: Orphan): void {
    this.#wanted.delete(child)
    if (what === 'stop' && !this.#host.stopped) this.#host.stop(child)
  }

  /** An agent is there no more; if it is a child, its parent is told. */
  gone(actor: Actor, reason: GoneReason): void {
    this.#dismiss(actor)
    const tell = this.#wanted.get(actor)
    if (this.#wanted.delete(actor)) tell?.(outcomeOf(actor, reason))
    else if (this.#expected.has(actor.name)) this.#expected.set(actor.name, outcomeOf(actor, reason))
  }

  /** One for each child: above its intensity it is there no more, so that the parent is told rather than taken along. */
  #supervisorOf(child: string): string {
    const name = supervisorOf(child)
    this.#host.begin([{ name, agents: [], restart: 'temporary' }])
    return name
  }

  #dismiss(actor: Actor): void {
    const { under } = actor
    if (isChild(actor) && this.#roster.supervisor(under)?.getSnapshot().status === 'active')
      this.#host.removeTree(under)
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
