import { type Agent, type AgentRef, type EffectFunction, type Runtime, TroupeError } from '../index.ts'
import type { SimulatedClock } from './simulated-clock.ts'

/** What a stand-in gets from the test that it belongs to. */
export interface StandInPlace {
  readonly clock: SimulatedClock
  /** An agent of the process that runs now. @throws NoAddressError */
  agent(address: string): AgentRef
  /** Resolves when nothing more happens before time passes. */
  settle(): Promise<void>
  /** What something of the process that runs now resolves to. @throws TestCrashedError if the process ends before */
  unlessCrashed<T>(awaited: Promise<T>): Promise<T>
  /** The test went wrong in a way that the program may hide: the next `settle` rejects with this error. */
  fail(error: TroupeError): void
}

/** Takes the place of a part of the program in a test: what `probe` and `script` make. */
export interface StandIn {
  /** What it takes the place of, such as `the agent "baker"`; two stand-ins of a test do not take the same place. */
  readonly standsFor?: string
  /** Called once, by the test runtime that it is given to. @throws StandInTakenError */
  join(place: StandInPlace): void
  /** The agent that is started instead of an agent; `undefined` to leave that agent. */
  agentFor?(agent: Agent): Agent | undefined
  /** The function that is called instead of the function of an effect with this name; `undefined` to leave it. */
  effectFor?(name: string): EffectFunction<unknown, unknown> | undefined
  /** Called with the runtime of each process, before it starts. */
  begin?(runtime: Pick<Runtime, 'handle'>): void
}

/** The test that a stand-in belongs to. */
export class Joined {
  readonly #what: string
  #place: StandInPlace | undefined

  /** @param what names the stand-in in errors */
  constructor(what: string) {
    this.#what = what
  }

  join(place: StandInPlace): void {
    if (this.#place) throw new StandInTakenError(this.#what)
    this.#place = place
  }

  get place(): StandInPlace {
    if (!this.#place) throw new StandInFreeError(this.#what)
    return this.#place
  }
}

/** A probe or a script was given to a second test runtime. */
export class StandInTakenError extends TroupeError {
  readonly code = 'STAND_IN_TAKEN'
  readonly standIn: string
  constructor(standIn: string) {
    super(`The ${standIn} belongs to another test runtime already. Make a new one for each test.`)
    this.standIn = standIn
  }
}

/** Two probes or scripts of one test take the same place, so that one of them would be used for nothing. */
export class StandInTwiceError extends TroupeError {
  readonly code = 'STAND_IN_TWICE'
  readonly standsFor: string
  constructor(standsFor: string) {
    super(
      `Two stand-ins of this test take the place of ${standsFor}. Leave one out: a probe gets everything for all addresses of its agent, and a script has all results of its effect.`,
    )
    this.standsFor = standsFor
  }
}

/** A probe or a script was used before a test runtime had it. */
export class StandInFreeError extends TroupeError {
  readonly code = 'STAND_IN_FREE'
  readonly standIn: string
  constructor(standIn: string) {
    super(`The ${standIn} belongs to no test runtime yet. Give it to one: createTestRuntime({ standIns: [...] }).`)
    this.standIn = standIn
  }
}
