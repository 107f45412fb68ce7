import type { Journal } from 'troupe'
import { seededRandom } from 'troupe/testing'
import { Choices, type Recorded } from './choices.ts'
import type { Kind } from './disturbances.ts'
import type { Broken } from './invariant.ts'
import { standardInvariants } from './invariants/all.ts'
import type { Program, Running } from './program.ts'
import { createStored, type JournalKind } from './stored.ts'
import type { Workload } from './workloads/all.ts'
import { World } from './world.ts'

/** What a run consists of. */
export interface Setup {
  /** A seed, or the choices of an earlier run. */
  readonly source: number | Recorded
  readonly workload: Workload
  readonly journal: JournalKind
  /** Gets a line for everything that happens. */
  readonly trace?: (line: string) => void
  /** Gets the journal when the run is over. */
  readonly read?: (journal: Journal) => Promise<void>
}

/** What a run was. */
export interface Run {
  readonly broken: Broken | undefined
  readonly choices: Recorded
  readonly steps: number
  readonly processes: number
  readonly counts: ReadonlyMap<Kind, number>
}

/** After so many steps a run goes on for ever. */
const mostSteps = 100_000
/** After so many timers without anything else to do, a run does not wait for more. */
const mostTimers = 2_000

let current: World | undefined

/** Reports an error that nobody handles: a promise that was rejected, or a throw outside all calls. */
export function reportUnhandled(error: unknown): void {
  if (current?.isAlive)
    current.report('errors', `nobody handled ${error instanceof Error ? (error.stack ?? error.message) : `${error}`}`)
}

/** Runs a program from its first process to its end. */
export async function simulate({ source, workload, journal, trace, read }: Setup): Promise<Run> {
  const choices = new Choices(source)
  const stored = createStored(journal)
  const world = new World(choices, stored, trace && (line => trace(line())))
  current = world
  try {
    for (const make of standardInvariants) world.add(make)
    const program = workload.create(world)
    await new Simulation(world, program).run()
    await read?.(stored.journal)
  } catch (error) {
    world.report('errors', `the run threw ${error instanceof Error ? (error.stack ?? error.message) : `${error}`}`)
  } finally {
    current = undefined
    world.process?.end()
    await stored.close()
  }
  const { broken, steps, processes, counts } = world
  return { broken, choices: choices.made, steps, processes, counts }
}

/** How a process ended. */
type End = 'crash' | 'stop' | 'done'

/** One run: process after process, until there is nothing left to do. */
class Simulation {
  readonly #world: World
  readonly #program: Program
  #untilNext = 0
  #next: ReturnType<World['nextDisturbance']>
  #timers = 0
  /** The timeout of a stop in order that a disturbance wants. */
  #stopWanted: number | undefined
  /** What the next process must find. */
  #lastState: unknown

  constructor(world: World, program: Program) {
    this.#world = world
    this.#program = program
  }

  async run(): Promise<void> {
    const world = this.#world
    let end: End = 'crash'
    while (end !== 'done' && !world.broken) {
      if (world.processes > 0) await this.#betweenProcesses(end)
      this.#plan(world.processes > 0 && world.choices.pick('ended', 3) === 1)
      end = await this.#live()
    }
    if (!world.broken) await this.#recoverOnceMore()
  }

  #plan(isSoon: boolean): void {
    this.#next = this.#world.nextDisturbance(isSoon)
    this.#untilNext = this.#next?.after ?? 0
  }

  async #betweenProcesses(end: End): Promise<void> {
    const world = this.#world
    // What the last process has begun to write, and what is written late, is not acknowledged to anybody.
    while (world.step()) await world.drain()
    await world.stored.reopen()
    if (end === 'crash' && world.choices.pick('ended', 2) === 1)
      world.clock.advance(world.choices.of('ended', [1, 100, 3_000, 60_000]))
  }

  #begin(): Running {
    const { clock, journal, scheduler } = this.#world.begin()
    this.#world.trace(() => `* process ${this.#world.processes} starts`)
    return this.#program.begin({ clock, journal, scheduler, random: seededRandom(1) })
  }

  /** One process, until it crashes, is stopped, or has nothing left to do. */
  async #live(): Promise<End> {
    const world = this.#world
    const running = this.#begin()
    if (!(await this.#pump(running.start(), 'the start', true))) return 'crash'
    for (let task = world.late.take(0); task; task = world.late.take(0)) world.tasks.hold(task)
    this.#program.started()
    while (!world.broken) {
      await world.drain()
      if (!world.isAlive) return 'crash'
      this.#disturb()
      if (!world.isAlive) return 'crash'
      if (this.#stopWanted !== undefined) return (await this.#stop(running, this.#stopWanted)) ? 'stop' : 'crash'
      if (world.step()) {
        if (world.steps > mostSteps) world.report('rest', `the run goes on for ever: ${world.steps} steps`)
        continue
      }
      if (world.isDiskBroken) {
        world.crash()
        return 'crash'
      }
      this.#checkCounts(running)
      world.quiet()
      if (this.#program.act()) {
        this.#timers = 0
        continue
      }
      if (await this.#isAtRest(running)) return this.#end(running)
    }
    return 'done'
  }

  #checkCounts({ bus, parties }: Running): void {
    const { offered, accepted, rejected, created, ...figures } = bus.metrics()
    const { handled, ignored, failed, dead, coalesced, waiting } = figures
    const events = offered - accepted - rejected
    const deliveries = created - handled - ignored - failed - dead - coalesced - waiting
    if (events !== 0) this.#world.report('conservation', `${events} events have no outcome`)
    if (deliveries !== 0)
      this.#world.report('conservation', `${deliveries} deliveries have no outcome: ${JSON.stringify(figures)}`)
    const quarantined = parties.quarantined()
    if (quarantined.length > 0) this.#world.report('quarantine', JSON.stringify(quarantined))
  }

  /** Whether all agents rest and no timer is due that anybody waits for; else lets time pass. */
  async #isAtRest(running: Running): Promise<boolean> {
    const world = this.#world
    const found: { reason?: string } = {}
    const idle = running.idle({ timeout: 1e9 }).then(({ reason }) => {
      found.reason = reason
    })
    world.expect('idle', idle)
    await world.drain()
    // Something has still to happen.
    if (world.tasks.size > 0) return false
    if (found.reason === 'settled' && world.pending.length === 0) return true
    const { next } = world.clock
    const isOver = next === undefined || this.#timers++ > (this.#program.mayWait ? mostTimers / 5 : mostTimers)
    if (isOver && this.#program.mayWait && found.reason !== undefined) return true
    if (next === undefined || isOver) {
      world.report(
        'promises',
        `nothing happens any more, and these promises have not settled: ${world.pending.join('; ')}`,
      )
      return true
    }
    world.clock.advance(next - world.clock.elapsed())
    return false
  }

  /** The end of a run whose agents rest: everything is checked, and the runtime stops. */
  async #end(running: Running): Promise<End> {
    const world = this.#world
    if (world.broken) return 'done'
    const { writes } = world
    this.#checkCounts(running)
    const { waiting, pendingAsks } = running.bus.metrics()
    if (waiting !== 0 && !this.#program.mayWait) world.report('rest', `${waiting} events still wait in mailboxes`)
    if (pendingAsks !== 0 && !this.#program.mayWait) world.report('rest', `${pendingAsks} asks are still pending`)
    this.#program.ended?.()
    world.ended()
    this.#lastState = this.#program.state()
    if (world.writes !== writes) world.report('rest', 'frames were written after idle() had resolved with "settled"')
    if (!(await this.#stop(running, 1_000))) return 'crash'
    return 'done'
  }

  async #stop(running: Running, timeout: number): Promise<boolean> {
    this.#stopWanted = undefined
    const world = this.#world
    world.trace(() => `* the runtime stops within ${timeout} ms`)
    if (!(await this.#pump(running.stop({ timeout }), 'the stop', false))) return false
    await world.drain()
    const { pending } = world
    if (pending.length > 0) world.report('promises', `have not settled at the stop: ${pending.join('; ')}`)
    world.process?.end()
    world.tasks.clear()
    return true
  }

  /** One more process finds everything as the last one left it. */
  async #recoverOnceMore(): Promise<void> {
    const world = this.#world
    const before = this.#lastState
    await world.stored.reopen()
    const running = this.#begin()
    world.crashesLeft = 0
    if (!(await this.#pump(running.start(), 'the last start', false))) return
    this.#program.started()
    await this.#pump(running.idle({ timeout: 1e9 }), 'the last idle', false)
    const difference = before === undefined ? undefined : differenceOf(before, this.#program.state())
    if (difference !== undefined) world.report('recovery', difference)
    await this.#pump(running.stop({ timeout: 1_000 }), 'the last stop', false)
  }

  /** Lets everything run until a promise settles; `false` if the process crashed before, or the promise was rejected. */
  async #pump(promise: Promise<unknown>, what: string, isDisturbed: boolean): Promise<boolean> {
    const world = this.#world
    let isOver = false
    let isFine = false
    promise.then(
      () => {
        isOver = true
        isFine = true
      },
      (error: unknown) => {
        isOver = true
        if (world.isAlive && !world.isDiskBroken)
          world.report('lifecycle', `${what} failed: ${error instanceof Error ? error.stack : `${error}`}`)
      },
    )
    for (;;) {
      await world.drain()
      if (world.broken || !world.isAlive) return false
      if (isOver) {
        if (!isFine) world.crash()
        return isFine
      }
      if (isDisturbed) this.#disturb()
      if (!world.isAlive) return false
      if (world.step()) continue
      if (world.isDiskBroken) {
        world.crash()
        return false
      }
      const { next } = world.clock
      if (next === undefined || this.#timers++ > mostTimers) {
        world.report('lifecycle', `${what} never ends`)
        return false
      }
      world.clock.advance(next - world.clock.elapsed())
    }
  }

  #disturb(): void {
    if (!this.#next || --this.#untilNext > 0) return
    const { kind, much } = this.#next
    this.#happen(kind, much)
    this.#plan(false)
  }

  #happen(kind: Kind, much: number): void {
    const world = this.#world
    const { clock } = world
    switch (kind) {
      case 'nothing':
        return
      case 'act early':
        // Nobody acts before the runtime has started.
        if (this.#program.isStarted && this.#program.act()) world.count(kind)
        return
      case 'time passes': {
        world.count(kind)
        world.isTimeDisturbed = true
        const { next } = clock
        if (much % 2 === 0 && next !== undefined) return clock.advance(next - clock.elapsed())
        return clock.advance(Math.floor(much ** 2 / 20))
      }
      case 'clock corrected':
        world.count(kind)
        world.isTimeDisturbed = true
        return clock.set(clock.now() + (much % 2 === 0 ? 1 : -1) * (much % 3 === 0 ? much * 10_000 : much * 7))
      case 'append refused':
      case 'append fenced':
      case 'append unsure':
      case 'effect fails':
      case 'effect hangs':
        return world.arm(kind, much)
      case 'stop in order':
        if (!this.#program.isStarted || world.crashesLeft <= 0) return
        world.count(kind)
        world.crashesLeft--
        this.#stopWanted = much % 2 === 0 ? 0 : much * 10
        return
      case 'journal broken':
        if (world.crashesLeft <= 0) return
        world.count(kind)
        world.isDiskBroken = true
        return
      case 'crash':
        if (world.crashesLeft <= 0) return
        world.count(kind)
        return world.crash()
      case 'crash before append':
      case 'crash after append':
      case 'crash after acknowledgement':
      case 'crash after effect':
        if (world.crashesLeft > 0) world.arm(kind, much)
        return
    }
  }
}

/** The first place in which two values differ, in words. */
function differenceOf(before: unknown, after: unknown): string | undefined {
  const [one, other] = [before, after].map(value => JSON.stringify(value, undefined, 1).split('\n'))
  const place = (one ?? []).findIndex((line, at) => line !== other?.[at])
  if (place < 0 && one?.length === other?.length) return undefined
  const around = (lines: readonly string[] = []) => lines.slice(Math.max(0, place - 8), place + 8).join('\n')
  return `the state was\n${around(one)}\nand after recovery it is\n${around(other)}`
}
