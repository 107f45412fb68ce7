import { relative } from 'node:path'
import { type RunnerTask, type RunnerTestCase, type RunnerTestFile, TestRunner, type TestTryOptions } from 'vitest'
import { jobIn, note } from './job.ts'
import { switches } from './switch.ts'

const job = jobIn(process.env)
const alive = new Set(job.alive)
const tried = new Map(job.tried)
const done = new Set(job.done)
const untouched = 2

let unhandled = 0
process.on('unhandledRejection', () => unhandled++)
process.on('uncaughtException', () => unhandled++)

/**
 * Runs each test without a mutant, twice, and then once for each mutant alive whose place it reached. A test that fails kills
 * the mutant. After that the test must pass without a mutant, else the mutant has spoilt the process.
 */
export default class MutantRunner extends TestRunner {
  #queue: number[] = []
  #reached: number[] = []
  #work = 0
  #wasKilled = false
  #isSpoilt = false
  #isRetried = false
  #triedAt = 0

  override onCollectStart(file: RunnerTestFile): void {
    switches.active = job.always ?? 0
    switches.limit = Number.POSITIVE_INFINITY
    switches.reached = new Set()
    super.onCollectStart(file)
  }

  /** Vitest calls this when the modules of the tests are loaded, or have failed to load. */
  onCollected(files: readonly RunnerTestFile[]): void {
    const failed = files.find(({ result }) => result?.state === 'fail')
    if (failed && job.always !== undefined) note(job.log, { kind: 'killed', mutant: job.always, by: failed.name })
  }

  override async onBeforeRunSuite(suite: RunnerTestFile): Promise<void> {
    const atLoad = [...(switches.reached ?? [])].filter(mutant => alive.has(mutant))
    if ('filepath' in suite && atLoad.length > 0) note(job.log, { kind: 'static', mutants: atLoad })
    switches.reached = undefined
    await super.onBeforeRunSuite(suite)
  }

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(test)
    if (test.type !== 'test') return
    if (test.fails || done.has(test.id) || alive.size === 0) test.mode = 'skip'
    this.#queue = []
    this.#wasKilled = false
    // The test ends itself when its mutants are through: see `#finish`.
    if (job.always === undefined) test.repeats = Number.MAX_SAFE_INTEGER
  }

  override onBeforeTryTask(test: RunnerTask, options: TestTryOptions): void {
    super.onBeforeTryTask(test, options)
    unhandled = 0
    this.#triedAt = performance.now()
    switches.work = 0
    if (job.always !== undefined) return
    const isFirst = options.repeats === 0
    switches.reached = isFirst ? new Set() : undefined
    const mutant = options.repeats < untouched || this.#wasKilled ? 0 : (this.#queue[0] ?? 0)
    switches.limit = isFirst ? Number.POSITIVE_INFINITY : 10_000 + 20 * this.#work
    switches.active = mutant
    note(job.log, { kind: 'try', test: test.id, mutant })
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: TestTryOptions): Promise<void> {
    // What the try left behind ends before the next one begins.
    for (let turns = 0; turns < 2; turns++) await new Promise(setImmediate)
    await super.onAfterRetryTask(test, options)
    const failed = test.result?.state === 'fail' || unhandled > 0
    if (test.result) test.result.errors = undefined
    if (job.always !== undefined) {
      if (!failed) return
      note(job.log, { kind: 'killed', mutant: job.always, by: nameOf(test) })
      alive.clear()
      return
    }
    this.#judge(test, options.repeats, failed)
    // The command ends this process, and begins another one.
    if (this.#isSpoilt) await new Promise(() => {})
  }

  #judge(test: RunnerTestCase, round: number, failed: boolean): void {
    if (round === 0) {
      this.#reached = [...(switches.reached ?? [])]
      this.#work = switches.work
    }
    if (round < untouched) {
      if (failed) note(job.log, { kind: 'unfit', test: test.id, name: nameOf(test) })
      this.#queue = this.#reached.filter(mutant => alive.has(mutant))
      const isSlow = round === 1 && performance.now() - this.#triedAt > job.patience && this.#queue.length > 0
      if (isSlow) note(job.log, { kind: 'slow', test: test.id })
      if (failed || isSlow || this.#queue.length === 0) this.#finish(test)
      return
    }
    if (this.#wasKilled) {
      this.#wasKilled = false
      if (failed) {
        note(job.log, { kind: 'spoilt' })
        this.#isSpoilt = true
        return
      }
    } else {
      this.#count(test, failed)
    }
    if (this.#queue.length === 0 && !this.#wasKilled) this.#finish(test)
  }

  #count(test: RunnerTestCase, failed: boolean): void {
    const mutant = this.#queue[0]
    if (mutant === undefined) return
    // On a busy machine, any test may take too long once.
    const isSlow = failed && performance.now() - this.#triedAt >= this.config.testTimeout
    if (isSlow && !this.#isRetried) {
      this.#isRetried = true
      return
    }
    this.#isRetried = false
    this.#queue.shift()
    this.#wasKilled = failed
    const tests = (tried.get(mutant) ?? 0) + 1
    tried.set(mutant, tests)
    if (failed) note(job.log, { kind: 'killed', mutant, by: nameOf(test) })
    else note(job.log, { kind: 'survived', mutant })
    if (failed || tests >= job.tests) alive.delete(mutant)
  }

  #finish(test: RunnerTestCase): void {
    note(job.log, { kind: 'done', test: test.id, file: fileOf(test), reached: this.#reached })
    // Vitest repeats no test that is skipped.
    if (test.result) test.result.state = 'skip'
  }
}

function fileOf(test: RunnerTestCase): string {
  return relative(process.cwd(), test.file.filepath)
}

function nameOf(test: RunnerTestCase): string {
  return `${fileOf(test)} > ${test.fullTestName}`
}
