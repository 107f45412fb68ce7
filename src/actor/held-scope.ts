import type { AnyActorRef, AnyActorScope, AnyMachineSnapshot, EventObject, ExecutableActionObject } from 'xstate'
import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Decision } from './decision.ts'

/** The most outputs that one step may have: an agent with more has run wild. */
const mostOutputs = 10_000

/** Lets a machine decide, and holds back everything that XState would do at once. */
export function heldBack(
  address: Address,
  scope: AnyActorScope,
  decide: (scope: AnyActorScope) => AnyMachineSnapshot,
): Decision {
  const held = new HeldScope(address, scope)
  try {
    return { snapshot: decide(held), actions: held.actions, starts: held.starts }
  } finally {
    held.release()
  }
}

/** The scope of one step: actions and what is deferred become data until it is released. */
class HeldScope implements AnyActorScope {
  readonly actions: ExecutableActionObject[] = []
  readonly starts: (() => void)[] = []
  /** XState puts other functions in its place for a time, and calls it without its scope. */
  actionExecutor: AnyActorScope['actionExecutor']
  readonly self: AnyActorRef
  readonly system: AnyActorScope['system']
  readonly #scope: AnyActorScope
  #isOver = false

  constructor(address: Address, scope: AnyActorScope) {
    this.self = scope.self
    this.system = scope.system
    this.#scope = scope
    this.actionExecutor = action => {
      if (this.actions.push(action) > mostOutputs) throw new StepOverflowError(address)
    }
  }

  get id(): string {
    return this.#scope.id
  }

  get sessionId(): string {
    return this.#scope.sessionId
  }

  get logger(): AnyActorScope['logger'] {
    return this.#scope.logger
  }

  defer(fn: () => void): void {
    if (this.#isOver) fn()
    else this.starts.push(fn)
  }

  emit(event: EventObject): void {
    this.#scope.emit(event)
  }

  stopChild(child: AnyActorRef): void {
    this.#scope.stopChild(child)
  }

  /** The step is decided: from now on, what is deferred happens at once. */
  release(): void {
    this.#isOver = true
  }
}

/** An agent wanted more than 10,000 things in one step. */
export class StepOverflowError extends TroupeError {
  readonly code = 'STEP_OVERFLOW'
  readonly address: Address
  constructor(address: Address) {
    super(`"${address}" produced more than ${mostOutputs} outputs in one step. Spread the work over several events.`)
    this.address = address
  }
}
