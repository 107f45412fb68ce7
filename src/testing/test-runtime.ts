import {
  type AddedEvent,
  type AgentRef,
  type Around,
  createRuntime,
  type Frame,
  type Journal,
  memoryJournal,
  type RemovedEvent,
  type Runtime,
  type RuntimeOptions,
  systemScheduler,
  TroupeError,
} from '../index.ts'
import { type Duration, millisecondsOf } from './duration.ts'
import { type RandomScheduler, randomScheduler } from './random-scheduler.ts'
import { replaced } from './replaced.ts'
import { RunRecord } from './run-record.ts'
import { seededRandom } from './seeded-random.ts'
import { NeverSettlesError, type SettleOptions, usualMost } from './settling-scheduler.ts'
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { isHeld } from './slow-journal.ts'
import { type StandIn, type StandInPlace, StandInTwiceError } from './stand-in.ts'

/** The options of a runtime, without those that the test decides itself. */
export interface TestRuntimeOptions<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> extends Omit<RuntimeOptions<S, A, R>, 'clock' | 'scheduler' | 'random' | 'transport' | 'ownership'> {
  /** Any whole number; 1 by default. The same seed gives the same ids, random numbers and order of turns. */
  readonly seed?: number
  /** Probes and scripts, which take the place of agents, of handlers and of the functions of effects. */
  readonly standIns?: readonly StandIn[]
}

/**
 * Starts a runtime for a test: time, ids, random numbers and the order of turns come from a seed, and the test can end its process
 * and start the next one.
 *
 * @example
 * const test = await createTestRuntime({ party: partyPlanner, seed: 7 })
 * const party = await test.runtime.parties.create({ id: 'p1', inputs: ['vegan cake'] })
 * await test.settle()
 * await test.pass('2 min')
 * test.crash()
 * await test.restart()
 * console.log(test.runtime.parties.get('p1').state.results)
 * await test.stop()
 *
 * @throws StandInTakenError, StandInTwiceError; what `createRuntime` and `start` throw
 */
export async function createTestRuntime<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
>(options: TestRuntimeOptions<S, A, R> = {}): Promise<TestRuntime<S, A, R>> {
  let test: TestRuntime<S, A, R> | undefined
  try {
    test = new TestRuntime(options)
    await test.restart()
    return test
  } catch (error) {
    await (test ? test.stop() : options.journal?.close())
    throw error
  }
}

/** So many turns of the event loop without anything happening mean that nothing happens before time passes. */
const quietTurns = 2

/** Options that another process of a test may have. The seed, the journal and the stand-ins are those of the test. */
export type TestRuntimeChanges<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> = Partial<Omit<TestRuntimeOptions<S, A, R>, 'seed' | 'journal' | 'standIns'>>

/** Turns of the event loop since time passed, and how many there may be. */
interface Turns {
  readonly most: number
  count: number
}

/** A runtime of a test, through all its processes. */
export class TestRuntime<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly seed: number
  readonly clock: SimulatedClock = createSimulatedClock()
  /** What happened in all processes of this test. */
  readonly record: RunRecord = new RunRecord(() => this.clock.now())
  readonly #scheduler: RandomScheduler
  readonly #journal: Journal
  #options: RuntimeOptions<S, A, R>
  #process: SimulatedProcess | undefined
  #runtime: Runtime<S, A, R> | undefined
  #restarting: Promise<void> = Promise.resolve()
  /** How often the test has called `crash` or `stop`. */
  #ends = 0
  #isStopped = false
  readonly #standIns: readonly StandIn[]
  /** Faults of the test that its program may hide. */
  #faults: readonly TroupeError[] = []

  constructor({ seed = 1, journal = memoryJournal(), standIns = [], ...options }: TestRuntimeOptions<S, A, R>) {
    this.seed = seed
    this.#journal = journal
    this.#options = options
    this.#scheduler = randomScheduler(seededRandom(seed))
    this.#standIns = standIns
    checkPlaces(standIns)
    for (const standIn of standIns) standIn.join(this.#place())
  }

  /** The runtime of the process that runs now. @throws TestCrashedError after `crash`, until `restart`; TestStoppedError after `stop` */
  get runtime(): Runtime<S, A, R> {
    if (this.#isStopped) throw new TestStoppedError()
    if (!this.#runtime || !this.#process || this.#process.isOver) throw new TestCrashedError()
    return this.#runtime
  }

  /**
   * Resolves when nothing more happens before time passes: all agents rest, and everything is durable. It does not wait for what is
   * outside the test, such as sockets and files that an effect uses.
   *
   * @throws NeverSettlesError after `most` turns of the event loop; ScriptOverError if an effect was called beyond its script
   */
  async settle({ most = usualMost }: SettleOptions = {}): Promise<void> {
    await this.#settle({ most, count: 0 })
  }

  /**
   * Lets time pass. Every timer on the way fires at its time, also those that are set meanwhile, and the runtime settles before the
   * next one.
   *
   * @param duration milliseconds, or a text such as `2 min`
   * @throws DurationError, NeverSettlesError, ScriptOverError
   */
  async pass(duration: Duration, { most = usualMost }: SettleOptions = {}): Promise<void> {
    const { clock } = this
    const end = clock.elapsed() + millisecondsOf(duration)
    let turns = { most, count: 0 }
    await this.#settle(turns)
    for (let { next } = clock; next !== undefined && next <= end; { next } = clock) {
      // Timers of 0 ms that are set again and again let no time pass.
      if (next > clock.elapsed()) turns = { most, count: 0 }
      clock.advance(next - clock.elapsed())
      await this.#settle(turns)
    }
    // Other code may have advanced the clock meanwhile.
    clock.advance(Math.max(0, end - clock.elapsed()))
  }

  async #settle(turns: Turns): Promise<void> {
    const process = this.#process
    if (!process) return
    for (let quiet = 0; quiet < quietTurns && !process.isOver; ) {
      const { done } = process
      // A disk may need many turns: that does not show that the program goes on for ever.
      if (process.isAwaitingJournal && !process.isReady) await process.moved
      else await this.#turn(turns)
      quiet = process.isReady || process.isAwaitingJournal || process.done !== done ? 0 : quiet + 1
    }
    const [fault, ...others] = this.#faults
    this.#faults = others
    if (fault) throw fault
  }

  #place(): StandInPlace {
    return {
      clock: this.clock,
      agent: address => this.#agentAt(address),
      settle: () => this.settle(),
      unlessCrashed: awaited => Promise.race([awaited, this.#process?.ended.then(crashed) ?? crashed()]),
      fail: error => {
        this.#faults = [...this.#faults, error]
      },
    }
  }

  #agentAt(address: string): AgentRef {
    const [prefix = '', id = '', ...name] = address.split('/')
    if (prefix === 'party') return this.runtime.parties.get(id).agent(name.join('/'))
    const kind = this.#options.kinds?.find(one => one.prefix === prefix)
    if (kind) return this.runtime.partitions(kind).get(id).agent(name.join('/'))
    return this.runtime.agent([id, ...name].join('/'))
  }

  async #turn(turns: Turns): Promise<void> {
    if (turns.count++ > turns.most) throw new NeverSettlesError(turns.most, this.record.events.at(-1)?.type)
    await new Promise<void>(resolve => systemScheduler.turn(resolve))
  }

  /**
   * Ends the process as a kill does: nothing more runs, and what the journal has not got is lost. Promises of this process never settle.
   * Only the function of an effect that is under way goes on to its end, if the test lets it; its outcome is lost.
   */
  crash(): void {
    this.#ends++
    this.#process?.end()
  }

  /**
   * Starts the next process on the same journal. A process that still runs is stopped in order before. A second call waits until the
   * first one is over.
   *
   * @param changes other options for this process and the next ones, such as a newer version of the party
   * @throws TestStoppedError after `stop`; TestCrashedError if the process crashes before it has started; what `createRuntime` and
   *   `start` throw
   */
  restart(changes: TestRuntimeChanges<S, A, R> = {}): Promise<Runtime<S, A, R>> {
    const ends = this.#ends
    const restarting = this.#restarting.then(() => this.#restart(changes, () => this.#ends === ends))
    // A crash rejects it. If the test does not wait for it, that must be no unhandled rejection.
    this.#restarting = restarting.then(nothing, nothing)
    return restarting
  }

  async #restart(changes: TestRuntimeChanges<S, A, R>, isWanted: () => boolean): Promise<Runtime<S, A, R>> {
    if (this.#isStopped) throw new TestStoppedError()
    await this.#end()
    // What the journal has begun for the last process is done before the next one reads.
    await this.#process?.left()
    if (!isWanted()) throw new TestCrashedError()
    const { clock, record } = this
    const options = { ...this.#options, ...changes }
    const process = new SimulatedProcess({
      clock,
      journal: this.#journal,
      scheduler: this.#scheduler,
      onFrames: frames => record.keep(frames),
    })
    const runtime = createRuntime<S, A, R>({
      ...replaced(options, this.#standIns),
      journal: process.journal,
      clock: process.clock,
      scheduler: process.scheduler,
      random: seededRandom(this.seed),
      around: [whileAlive(record, process), options.around ?? []].flat(),
    })
    for (const standIn of this.#standIns) standIn.begin?.(runtime)
    this.#options = options
    this.#process = process
    this.#runtime = runtime
    runtime.observe(observation => {
      // What is said is durable, also if a subscriber that gets it first has ended the process.
      if (!process.isOver || observation.kind === 'said') record.observe(observation)
    })
    return Promise.race([runtime.start(), process.ended.then(crashed)])
  }

  /** Stops the process in order, unless it has crashed. */
  async #end(): Promise<void> {
    const process = this.#process
    if (!process) return
    if (!process.isOver) await Promise.race([this.#runtime?.stop({ timeout: 0 }), process.ended])
    process.end()
  }

  /** Everything that the journal holds of a partition, such as `party/p1` or `runtime`. */
  async frames(partition: string): Promise<readonly Frame[]> {
    const frames: Frame[] = []
    for await (const frame of this.#journal.read(partition)) frames.push(frame)
    return frames
  }

  /** Stops the runtime, unless it has crashed, and closes the journal. A `heldJournal` that still holds is released. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#ends++
    if (isHeld(this.#journal)) this.#journal.release()
    await this.#end()
    await this.#journal.close()
  }

  /** Does what `stop` does, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

const nothing = () => {}

/** @throws StandInTwiceError */
function checkPlaces(standIns: readonly StandIn[]): void {
  const taken = new Set<string>()
  for (const { standsFor } of standIns) {
    if (standsFor === undefined) continue
    if (taken.has(standsFor)) throw new StandInTwiceError(standsFor)
    taken.add(standsFor)
  }
}

function crashed(): never {
  throw new TestCrashedError()
}

/** Records what a process does until it ends. */
function whileAlive(record: RunRecord, process: SimulatedProcess): Around {
  return {
    payloads: record.payloads,
    begin: (facts, parent, payload) => (process.isOver ? undefined : record.begin(facts, parent, payload)),
  }
}

/** The runtime of a test was used after `crash`. */
export class TestCrashedError extends TroupeError {
  readonly code = 'TEST_CRASHED'
  constructor() {
    super('The runtime of this test has crashed. Call restart() before you use it again.')
  }
}

/** The runtime of a test was used after `stop`, which closes its journal. */
export class TestStoppedError extends TroupeError {
  readonly code = 'TEST_STOPPED'
  constructor() {
    super('The runtime of this test is stopped, and its journal is closed. Make another one with createTestRuntime().')
  }
}
