import {
  type AddedEvent,
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
import { RunRecord } from './run-record.ts'
import { seededRandom } from './seeded-random.ts'
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts'
import { SimulatedProcess } from './simulated-process.ts'

/** The options of a runtime, without those that the test decides itself. */
export interface TestRuntimeOptions<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> extends Omit<RuntimeOptions<S, A, R>, 'clock' | 'scheduler' | 'random' | 'transport' | 'ownership'> {
  /** Any whole number; 1 by default. The same seed gives the same ids, random numbers and order of turns. */
  readonly seed?: number
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
 * @throws what `createRuntime` and `start` throw
 */
export async function createTestRuntime<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
>(options: TestRuntimeOptions<S, A, R> = {}): Promise<TestRuntime<S, A, R>> {
  const test = new TestRuntime(options)
  try {
    await test.restart()
  } catch (error) {
    await test.stop()
    throw error
  }
  return test
}

/** So many turns of the event loop without anything happening mean that nothing happens before time passes. */
const quietTurns = 2
/** Turns of the event loop after which a program is taken to go on for ever; most programs need some thousand. */
const usualMost = 1_000_000

/** How long `settle` and `pass` wait. */
export interface SettleOptions {
  /** Turns of the event loop after which the program is taken to go on for ever; 1,000,000 by default. */
  readonly most?: number
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
  readonly record = new RunRecord()
  readonly #scheduler: RandomScheduler
  readonly #journal: Journal
  #options: RuntimeOptions<S, A, R>
  #process: SimulatedProcess | undefined
  #runtime: Runtime<S, A, R> | undefined

  constructor({ seed = 1, journal = memoryJournal(), ...options }: TestRuntimeOptions<S, A, R>) {
    this.seed = seed
    this.#journal = journal
    this.#options = options
    this.#scheduler = randomScheduler(seededRandom(seed))
  }

  /** The runtime of the process that runs now. @throws TestCrashedError after `crash`, until `restart` */
  get runtime(): Runtime<S, A, R> {
    if (!this.#runtime || !this.#process || this.#process.isOver) throw new TestCrashedError()
    return this.#runtime
  }

  /**
   * Resolves when nothing more happens before time passes: all agents rest, and everything is durable. It does not wait for what is
   * outside the test, such as sockets and files that an effect uses.
   *
   * @throws NeverSettlesError after `most` turns of the event loop
   */
  async settle({ most = usualMost }: SettleOptions = {}): Promise<void> {
    const process = this.#process
    if (!process) return
    let quiet = 0
    for (let turns = 0; quiet < quietTurns && !process.isOver; turns++) {
      if (turns > most) throw new NeverSettlesError(most, this.record.events.at(-1)?.type)
      const { done } = process
      await new Promise<void>(resolve => systemScheduler.turn(resolve))
      quiet = process.isBusy || process.done !== done ? 0 : quiet + 1
    }
  }

  /**
   * Lets time pass. Every timer on the way fires at its time, also those that are set meanwhile, and the runtime settles before the
   * next one.
   *
   * @param duration milliseconds, or a text such as `2 min`
   * @throws DurationError, NeverSettlesError
   */
  async pass(duration: Duration, options: SettleOptions = {}): Promise<void> {
    const { clock } = this
    const end = clock.elapsed() + millisecondsOf(duration)
    await this.settle(options)
    for (let { next } = clock; next !== undefined && next <= end; { next } = clock) {
      clock.advance(next - clock.elapsed())
      await this.settle(options)
    }
    clock.advance(end - clock.elapsed())
  }

  /**
   * Ends the process as a kill does: nothing more runs, and what the journal has not got is lost. Promises of this process never settle.
   * Only the function of an effect that is under way goes on to its end, if the test lets it; its outcome is lost.
   */
  crash(): void {
    this.#process?.end()
  }

  /**
   * Starts the next process on the same journal. A process that still runs is stopped in order before.
   *
   * @param changes other options for this process and the next ones, such as a newer version of the party
   */
  async restart(changes: Partial<TestRuntimeOptions<S, A, R>> = {}): Promise<Runtime<S, A, R>> {
    if (this.#process && !this.#process.isOver) await this.#runtime?.stop({ timeout: 0 })
    this.#process?.end()
    const { seed: _, journal: __, ...options } = changes
    this.#options = { ...this.#options, ...options }
    const { clock, record } = this
    const process = new SimulatedProcess({ clock, journal: this.#journal, scheduler: this.#scheduler })
    const runtime = createRuntime<S, A, R>({
      ...this.#options,
      journal: process.journal,
      clock: process.clock,
      scheduler: process.scheduler,
      random: seededRandom(this.seed),
      around: [whileAlive(record, process), this.#options.around ?? []].flat(),
    })
    this.#process = process
    this.#runtime = runtime
    runtime.observe(observation => process.isOver || record.observe(observation))
    return runtime.start()
  }

  /** Everything that the journal holds of a partition, such as `party/p1` or `runtime`. */
  async frames(partition: string): Promise<readonly Frame[]> {
    const frames: Frame[] = []
    for await (const frame of this.#journal.read(partition)) frames.push(frame)
    return frames
  }

  /** Stops the runtime, unless it has crashed, and closes the journal. */
  async stop(): Promise<void> {
    if (this.#process && !this.#process.isOver) await this.#runtime?.stop({ timeout: 0 })
    this.#process?.end()
    await this.#journal.close()
  }

  /** Does what `stop` does, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
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
    super('The runtime of this test has crashed or stopped. Call restart() before you use it again.')
  }
}

/** A program went on and on, without any time passing. */
export class NeverSettlesError extends TroupeError {
  readonly code = 'NEVER_SETTLES'
  readonly turns: number
  readonly last: string | undefined
  constructor(turns: number, last: string | undefined) {
    super(
      `The program has not settled after ${turns} turns of the event loop; ${last === undefined ? 'no event was published' : `the last event was "${last}"`}. Look for agents that answer each other for ever.`,
    )
    this.turns = turns
    this.last = last
  }
}
