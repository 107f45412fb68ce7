import { TroupeError } from '../errors.ts'
import type { OutsideHost, PlannedWork, WantedWork } from '../invoke/outside.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Standing } from '../journal/fold/standing.ts'
import { LazyMap } from '../lazy-maps.ts'
import { originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { Steps } from '../partition/steps.ts'
import type { Children } from './children.ts'
import type { Settle, Work } from './kind.ts'
import { Piece, type PieceSite } from './piece.ts'

/**
 * Runs what the agents of a partition invoke. The intent is in the frame of the step that wanted it; an ask inside the
 * partition goes at once, everything else after the watermark; the outcome is a position of its own, appended before the
 * agent gets it. How each kind of work is done, its file says (`kinds.ts`).
 */
export class OutsideWork implements OutsideHost<Work> {
  readonly #partition: Partition
  readonly #site: PieceSite
  /** What was planned in the newest turn in which something was. */
  readonly #planned = new LazyMap<string, Piece>()
  #turn = 0
  /** The work of restored agents, until `resume`. */
  #saved: Piece[] = []
  /** The same work, until `bindToAsks`. */
  #unbound: Piece[] = []
  /** What the journal says of the partition of the agent whose machine is being restored. */
  #restoring: Standing | undefined

  constructor(partition: Partition, steps: Steps, children: Children) {
    this.#partition = partition
    this.#site = { partition, steps, children }
  }

  // ---- an agent wants work ----

  plan(wanted: WantedWork<Work>): PlannedWork {
    const { invokeId, parent } = wanted
    const { registry, system } = this.#partition
    const { stepping } = system
    const { steps } = this.#site
    const actor = stepping ?? (parent && registry.around(parent))
    const handled = stepping ? stepping.current : actor && steps.inside.goOn(actor, invokeId)
    if (!actor || !handled) throw new StrayInvokeError(invokeId)
    this.#forgetOthers()
    const key = this.#keyOf(`${actor.address}@${handled.seq}`, invokeId)
    const piece = new Piece(this.#site, key, wanted, { actor, origin: handled })
    this.#planned.set(key, piece)
    steps.planned.add(piece.intent())
    return { key, origin: originIn(handled) }
  }

  begin(key: string, settle: Settle): () => void {
    const piece = this.#planned.get(key)
    if (!piece) throw new StrayInvokeError(key)
    piece.begin(settle)
    if (piece.standing) this.#saved.push(piece)
    else
      this.#site.steps.planned.whenRecorded(() => {
        piece.go()
        piece.bindToAsk()
      })
    return () => piece.cancel()
  }

  /** Within a turn, several steps may plan before the first of them begins what it wants. */
  #forgetOthers(): void {
    if (this.#turn === this.#partition.turns.count) return
    this.#turn = this.#partition.turns.count
    // What has not begun was left before it could begin.
    for (const piece of this.#planned.values()) if (!piece.isBegun) piece.drop()
    this.#planned.clear()
  }

  /** A key that no other work of this step has, and that is the same when the step is run again. */
  #keyOf(step: string, invokeId: string): string {
    // XState numbers spawned actors without an id through the whole process.
    const name = /^x:\d+$/.test(invokeId) ? 'spawned' : invokeId
    let key = `${step}/${name}`
    for (let count = 2; this.#planned.has(key); count++) key = `${step}/${name}#${count}`
    return key
  }

  // ---- a restored agent still wants work ----

  /** Restores the machine of an agent with `create`; XState calls `restore` for each piece of work that the machine waits for. */
  restoring<T>(recalled: Standing, create: () => T): T {
    const outer = this.#restoring
    this.#restoring = recalled
    try {
      return create()
    } finally {
      this.#restoring = outer
    }
  }

  restore({ key, origin }: PlannedWork, wanted: WantedWork<Work>): boolean {
    const recalled = this.#restoring
    const owner = recalled?.ownerOf(key)
    const actor = owner && this.#partition.registry.named(owner.name)
    if (!actor) throw new StrayInvokeError(wanted.invokeId)
    const standing = owner.works.get(key)
    if (standing) this.#planned.set(key, new Piece(this.#site, key, wanted, { actor, origin, standing, recalled }))
    return standing !== undefined
  }

  /** An agent was restored with another machine: drops the saved work that this machine does not want. */
  dropUnwanted(works: ReadonlyMap<string, unknown>): void {
    const wanted = new Set(this.#saved.map(({ key }) => key))
    const lost = [...works.keys()].filter(key => !wanted.has(key))
    const entries = lost.map(key => ({ kind: 'dropped' as const, seq: this.#partition.nextSeq(), key }))
    if (entries.length > 0) this.#partition.append({ kind: 'recovery' }, entries)
  }

  /**
   * Resumes the work of restored agents, now that all agents are restored: outcomes are handed over, requests that are on their
   * way are waited for, and work whose outcome nobody knows is done again or held. All that is decided is one frame.
   *
   * @param requests what the journal says of requests that agents may have got
   */
  resume(requests: SavedRequests): void {
    // Children that are restored because of it have more.
    while (this.#saved.length > 0) {
      const saved = this.#saved
      this.#saved = []
      const entries = saved.flatMap(piece => piece.decide() ?? [])
      if (entries.length > 0) this.#partition.append({ kind: 'recovery' }, entries)
      for (const piece of saved) piece.go(requests)
      this.#unbound.push(...saved)
    }
  }

  /** All work goes on: binds work to the asks that it is done for. */
  bindToAsks(): void {
    for (const piece of this.#unbound.splice(0)) piece.bindToAsk()
  }
}

/** Outside work was invoked by something that is no agent's machine. */
export class StrayInvokeError extends TroupeError {
  readonly code = 'STRAY_INVOKE'
  readonly invokeId: string
  constructor(invokeId: string) {
    super(
      `"${invokeId}" was invoked outside the step of an agent. Invoke asks and effects in the agent's machine, or in one inside it.`,
    )
    this.invokeId = invokeId
  }
}
