import { type ActorLogic, type AnyActorRef, createActor, type EventObject, type Snapshot } from 'xstate'

interface Shown {
  readonly type: 'shown' | 'xstate.stop'
  readonly snapshot: Snapshot<unknown>
}

interface Begin {
  readonly snapshot: Snapshot<unknown>
  /** Takes the function that calls the listeners of emitted events. */
  readonly take: (emit: (event: EventObject) => void) => void
}

const active = { status: 'active', output: undefined, error: undefined } as const

/** Shows the snapshots that it is sent. */
const mirror: ActorLogic<Snapshot<unknown>, Shown, Begin> = {
  getInitialSnapshot({ emit }, { snapshot, take }) {
    take(emit)
    return snapshot
  },
  transition: (_, { snapshot }) => snapshot,
  getPersistedSnapshot: snapshot => snapshot,
}

const deaf: ActorLogic<Snapshot<undefined>, EventObject> = {
  getInitialSnapshot: () => active,
  transition: snapshot => snapshot,
  getPersistedSnapshot: snapshot => snapshot,
}

/**
 * The observers of one small ref. An XState actor that shows the same snapshots calls them, so that they are called as by XState. Few refs
 * are ever observed, and only those have one.
 */
export class RefObservers {
  /** Its `subscribe`, `on` and `select` are those of the observed ref. */
  readonly ref: AnyActorRef
  #emit: (event: EventObject) => void = () => {}

  /** @param hasEnded whether the ref has ended: before its start, a ref may have the snapshot of one that has */
  constructor(snapshot: Snapshot<unknown>, hasEnded: boolean) {
    const take = (emit: (event: EventObject) => void) => {
      this.#emit = emit
    }
    // With a parent, because XState throws the error of an actor that has neither a parent nor observers.
    const first: Snapshot<unknown> = hasEnded ? snapshot : { ...snapshot, ...active }
    this.ref = createActor(mirror, { input: { snapshot: first, take }, parent: createActor(deaf) })
    this.ref.start()
  }

  /** The observed ref has this snapshot now. A final one, or an error, ends all subscriptions. */
  show(snapshot: Snapshot<unknown>): void {
    this.ref.send({ type: 'shown', snapshot })
  }

  /** The observed ref emits an event. */
  emit(event: EventObject): void {
    this.#emit(event)
  }

  /** The observed ref was stopped, which ends all subscriptions. */
  stop(snapshot: Snapshot<unknown>): void {
    this.ref.send({ type: 'xstate.stop', snapshot })
  }
}
