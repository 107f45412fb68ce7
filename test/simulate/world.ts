import { type Envelope, type Journal, TroupeError } from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import type { Choices } from './choices.ts'
import { type Kind, nextDisturbance } from './disturbances.ts'
import { HeldTasks } from './held-tasks.ts'
import type { Broken, Called, Invariant } from './invariant.ts'
import { Mortal } from './mortal.ts'
import type { Ground } from './program.ts'
import type { Stored } from './stored.ts'
import { type AppendFault, type AppendHost, worldJournal } from './world-journal.ts'

/** How many appends of one partition may fail in a row: the runtime tries each three times. */
const mostFailures = 2

/** Where a run takes place: its time, its journal, its processes, and what disturbs them. */
export class World implements AppendHost {
  readonly choices: Choices
  readonly clock = createSimulatedClock()
  readonly tasks = new HeldTasks()
  /** Writes of processes that have ended, which arrive when the next process has started. */
  readonly late = new HeldTasks()
  readonly stored: Stored
  readonly invariants: Invariant[] = []
  /** How often each kind of disturbance happened. */
  readonly counts = new Map<Kind, number>()
  readonly trace: (line: () => string) => void
  broken: Broken | undefined
  process: Mortal | undefined
  /** Counts processes from 1. */
  processes = 0
  /** Promises of the present process that have not settled, by what they are for. */
  readonly #promises = new Map<Promise<unknown>, string>()
  /** How many appends the journal has got. */
  writes = 0
  /** The partitions for whose frames the disk has no room. */
  readonly isFull = new Set<string>()
  /** Whether the journal refuses everything until the process ends. */
  isDiskBroken = false
  /** Whether time moved otherwise than from one timer to the next when nothing else happens. */
  isTimeDisturbed = false
  /** How often effects failed or hung. */
  effectFaults = 0
  crashesLeft: number
  /** What happens at the next chance. */
  readonly #armed = new Map<Kind, number>()
  readonly #failedInARow = new Map<string, number>()
  readonly #work = new Set<Promise<unknown>>()
  readonly #howRandom: number

  constructor(choices: Choices, stored: Stored, trace: (line: () => string) => void = () => {}) {
    this.choices = choices
    this.stored = stored
    this.trace = trace
    this.crashesLeft = choices.pick('program', 6)
    this.#howRandom = choices.pick('program', 3)
  }

  get inner(): Journal {
    return this.stored.journal
  }

  get isShared(): boolean {
    return !this.stored.isAway
  }

  /** What the next process stands on. */
  begin(): Omit<Ground, 'random'> {
    this.processes++
    this.isDiskBroken = false
    this.#armed.clear()
    this.#promises.clear()
    const life = new Mortal(this.clock, this.tasks, ready => this.#chooseAgent(ready))
    this.process = life
    const { clock, scheduler } = life
    return { clock, scheduler, journal: worldJournal(this, life) }
  }

  report(invariant: string, what: string): void {
    this.broken ??= { invariant, what }
  }

  add(make: (report: (what: string) => void) => Invariant): void {
    const invariant = make(what => this.report(invariant.name, what))
    this.invariants.push(invariant)
  }

  /** Steps so far: tasks and turns of agents that were chosen. */
  steps = 0

  #chooseAgent(ready: readonly { readonly address: string }[]): number | undefined {
    if (this.#howRandom === 0) {
      this.steps++
      return 0
    }
    // 0 is the agent that has waited longest; the last choice lets promises settle first.
    const choice = this.choices.pick('order', ready.length + 1)
    if (choice === ready.length) return undefined
    this.steps++
    this.trace(() => `  turn of ${ready[choice]?.address}`)
    return choice
  }

  /** Runs one of the tasks; `false` if there are none. */
  step(): boolean {
    const { size } = this.tasks
    if (size === 0) return false
    this.steps++
    const isChosen =
      size > 1 && (this.#howRandom === 2 || (this.#howRandom === 1 && this.choices.pick('order', 4) === 3))
    const task = this.tasks.take(isChosen ? this.choices.pick('order', size) : 0)
    if (task?.label !== undefined) this.trace(() => `  ${task.label}`)
    task?.run()
    return true
  }

  /** Resolves when all promises have settled that can, and the disk has done its work. */
  async drain(): Promise<void> {
    await settled()
    while (this.#work.size > 0) {
      await Promise.allSettled(this.#work)
      await settled()
    }
  }

  async track<T>(work: Promise<T>): Promise<T> {
    if (!this.stored.isAway) return work
    this.#work.add(work)
    try {
      return await work
    } finally {
      this.#work.delete(work)
    }
  }

  count(kind: Kind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    this.trace(() => `* ${kind}`)
  }

  /** Lets a kind of disturbance happen at the next chance. */
  arm(kind: Kind, much: number): void {
    this.#armed.set(kind, much)
  }

  disarm(): void {
    this.#armed.clear()
  }

  /** Whether a kind was armed; counts it. */
  #takes(kind: Kind): boolean {
    if (!this.#armed.delete(kind)) return false
    this.count(kind)
    return true
  }

  beforeAppend(partition: string): AppendFault | undefined {
    if (this.isDiskBroken || this.isFull.has(partition)) return 'append refused'
    if (this.#crashAt('crash before append')) return 'process ends'
    const failed = this.#failedInARow.get(partition) ?? 0
    const fault =
      failed < mostFailures
        ? (['append refused', 'append fenced', 'append unsure'] as const).find(kind => this.#takes(kind))
        : undefined
    this.#failedInARow.set(partition, fault ? failed + 1 : 0)
    return fault
  }

  written([partition, epoch, after, frames]: Parameters<Journal['append']>, isLate: boolean): void {
    this.writes++
    const { processes: process } = this
    const [elapsed, date] = [this.clock.elapsed(), this.clock.now()]
    this.trace(() => frames.map(textOfFrame).join('\n'))
    for (const invariant of this.invariants)
      invariant.written?.({ partition, epoch, after, frames, process, isLate, elapsed, date })
    this.#crashAt('crash after append')
  }

  deleted(partition: string): void {
    for (const invariant of this.invariants) invariant.deleted?.(partition)
  }

  acknowledged(): void {
    const much = this.#armed.get('crash after acknowledgement')
    if (much === undefined) return
    this.#armed.delete('crash after acknowledgement')
    // Between any two continuations of what was acknowledged.
    afterMicrotasks(much % 16, () => {
      this.count('crash after acknowledgement')
      this.crash()
    })
  }

  /** Ends the process here if that is armed. */
  #crashAt(kind: Kind): boolean {
    if (!this.isAlive || !this.#takes(kind)) return false
    this.crash()
    return true
  }

  /** Whether a process runs that this code belongs to. */
  get isAlive(): boolean {
    return this.process !== undefined && !this.process.isOver
  }

  /** Ends the process at once. What it has begun to write is lost, or is written, or is written late. */
  crash(): void {
    if (!this.isAlive) return
    this.process?.end()
    this.crashesLeft--
    this.trace(() => '* the process ends')
    for (const task of this.tasks.clear()) {
      if (!task.isWrite) continue
      const end = this.choices.pick('ended', 3)
      if (end === 1) this.tasks.hold(task)
      if (end === 2) this.late.hold(task)
    }
  }

  /** Expects that a promise settles before the process ends in order. It may be refused, but only with an error of the runtime. */
  expect(what: string, promise: Promise<unknown>): void {
    const { process } = this
    this.#promises.set(promise, what)
    const over = () => this.#promises.delete(promise)
    promise.then(over, (error: unknown) => {
      over()
      if (process?.isOver === false && !TroupeError.is(error)) this.report('promises', `${what}: ${error}`)
    })
  }

  /** The promises that have not settled. */
  get pending(): readonly string[] {
    return [...this.#promises.values()]
  }

  /** Somebody outside gets an event. */
  left(envelope: Envelope, to: string): void {
    if (!this.isAlive) return
    for (const invariant of this.invariants) invariant.left?.(envelope, to)
  }

  /** The function of an effect: it ends when that is chosen, and fails or hangs where the run says so. */
  async effect<T>(called: Called, result: () => T, signal: AbortSignal): Promise<T> {
    if (this.isAlive) for (const invariant of this.invariants) invariant.called?.(called)
    await this.tasks.turn(`effect ${called.key} ends`)
    if (this.#takes('effect hangs')) {
      this.effectFaults++
      await aborted(signal)
    }
    if (this.#takes('effect fails')) {
      this.effectFaults++
      throw new Error('out of order')
    }
    const much = this.#armed.get('crash after effect')
    if (much !== undefined) {
      this.#armed.delete('crash after effect')
      afterMicrotasks(much % 16, () => {
        this.count('crash after effect')
        this.crash()
      })
    }
    return result()
  }

  /** The hook of an agent: it ends when that is chosen. */
  async hook(address: string, signal: AbortSignal): Promise<void> {
    await Promise.race([this.tasks.turn(`the hook of ${address} ends`), aborted(signal)])
  }

  nextDisturbance(isSoon: boolean) {
    return nextDisturbance(this.choices, isSoon)
  }

  quiet(): void {
    for (const invariant of this.invariants) invariant.quiet?.()
  }

  ended(): void {
    for (const invariant of this.invariants) invariant.ended?.()
  }
}

/** Resolves when all microtasks have run, also those that they have queued. */
function settled(): Promise<void> {
  return new Promise(resolve => queueMicrotask(() => process.nextTick(resolve)))
}

function afterMicrotasks(count: number, then: () => void): void {
  if (count === 0) then()
  else queueMicrotask(() => afterMicrotasks(count - 1, then))
}

function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

type WrittenFrame = Parameters<Journal['append']>[3][number]

/** One line for a frame. */
function textOfFrame({ partition, position, cause, entries }: WrittenFrame): string {
  const why =
    cause.kind === 'step'
      ? `${cause.agent} ${cause.outcome} ${cause.type} at ${cause.handled}${cause.error === undefined ? '' : ` (${cause.error})`}`
      : cause.kind
  return `  > ${partition} ${position}: ${why}${entries.map(textOfEntry).join('')}`
}

type WrittenEntry = WrittenFrame['entries'][number]

function textOfEntry(entry: WrittenEntry): string {
  const { kind } = entry
  if ('envelope' in entry) {
    const { seq, type, data, to } = entry.envelope
    return `\n      ${kind} ${seq} ${type}${to === undefined ? '' : ` to ${to}`} ${JSON.stringify(data)}`
  }
  const { seq: _seq, kind: _kind, ...rest } = entry
  return `\n      ${kind} ${'seq' in entry ? entry.seq : ''} ${JSON.stringify(rest).slice(0, 200)}`
}
