import type { Fact, Job } from './job.ts'
import type { Mutant } from './mutants.ts'
import { runJob } from './process.ts'

/** Milliseconds that a quick test takes at most. */
const quick = 60

interface Round {
  readonly most: number
  readonly done: Set<string>
  readonly tried: Map<number, number>
  readonly patience: number
}

/** What is known of the mutants of a run. */
export class Hunt {
  readonly files: readonly string[]
  readonly alive: Set<number>
  /** Mutants that were killed, each with the test that did it. */
  readonly killed = new Map<number, string>()
  /** Mutants that run when modules are loaded. */
  readonly #atLoad = new Set<number>()
  readonly #reached = new Set<number>()
  /** How many tests ran. */
  tests = 0
  /** Tests that fail without a mutant. */
  readonly unfit = new Map<string, string>()
  readonly #mutants: readonly Mutant[]
  readonly #tell: (line: string) => void

  constructor(files: readonly string[], mutants: readonly Mutant[], tell: (line: string) => void) {
    this.files = files
    this.#mutants = mutants
    this.alive = new Set(mutants.map(({ id }) => id))
    this.#tell = tell
  }

  /** Whether any test reached the place of a mutant. */
  isReached(mutant: number): boolean {
    return this.#reached.has(mutant) || this.#atLoad.has(mutant)
  }

  /** Tries the mutants with these tests, the quick ones first. @param most how many tests try a mutant, at most */
  async tryAll(tests: readonly string[], most: number): Promise<void> {
    const done = new Set<string>()
    const tried = new Map<number, number>()
    const slow = await this.#try(tests, { most, done, tried, patience: quick })
    for (const test of slow) done.delete(test)
    if (slow.size > 0) await this.#try(tests, { most, done, tried, patience: Number.MAX_SAFE_INTEGER })
  }

  /** Returns the tests that took too long. */
  async #try(tests: readonly string[], { most, done, tried, patience }: Round): Promise<ReadonlySet<string>> {
    const slow = new Set<string>()
    for (let isOver = tests.length === 0; !isOver && this.alive.size > 0; ) {
      const alive = [...this.alive].filter(mutant => (tried.get(mutant) ?? 0) < most)
      if (alive.length === 0) return slow
      const { facts, byItself } = await runJob(
        { ...this.#job(), alive, patience, done: [...done], tests: most, tried: [...tried] },
        tests,
      )
      for (const fact of facts) {
        this.#learn(fact)
        if (fact.kind === 'done') done.add(fact.test)
        if (fact.kind === 'slow') slow.add(fact.test)
        if (fact.kind === 'survived') tried.set(fact.mutant, (tried.get(fact.mutant) ?? 0) + 1)
      }
      const last = facts.at(-1)
      isOver = byItself && last?.kind !== 'try'
      if (last?.kind === 'try') this.#learnEnd(last, done)
      this.#tell(`${this.alive.size} mutants alive${isOver ? '' : ', in a new process'}`)
    }
    return slow
  }

  /** Tries each mutant that runs when modules are loaded in a process of its own. */
  async tryAtLoad(testsOf: (file: string) => readonly string[]): Promise<void> {
    const mutants = this.#mutants.filter(({ id }) => this.#atLoad.has(id) && this.alive.has(id))
    for (const { id: mutant, file } of mutants) {
      const job = { ...this.#job(), alive: [mutant], always: mutant, done: [...this.unfit.keys()] }
      const { facts, byItself } = await runJob(job, testsOf(file))
      for (const fact of facts) this.#learn(fact)
      if (!byItself && this.alive.has(mutant)) this.#kill(mutant, 'the time limit')
    }
    this.#tell(`${this.alive.size} mutants alive, those of loading included`)
  }

  #job(): Omit<Job, 'log' | 'always'> {
    return { files: this.files, alive: [], patience: quick, done: [], tests: 1, tried: [] }
  }

  #learn(fact: Fact): void {
    if (fact.kind === 'killed') this.#kill(fact.mutant, fact.by)
    else if (fact.kind === 'static') for (const mutant of fact.mutants) this.#atLoad.add(mutant)
    else if (fact.kind === 'done') {
      this.tests++
      for (const mutant of fact.reached) this.#reached.add(mutant)
    } else if (fact.kind === 'unfit') this.unfit.set(fact.test, fact.name)
    else if (fact.kind === 'survived') this.#reached.add(fact.mutant)
  }

  #learnEnd({ test, mutant }: Extract<Fact, { readonly kind: 'try' }>, done: Set<string>): void {
    if (mutant === 0) done.add(test)
    else this.#kill(mutant, 'the time limit')
  }

  #kill(mutant: number, by: string): void {
    this.alive.delete(mutant)
    this.killed.set(mutant, by)
  }
}
