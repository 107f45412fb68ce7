import type { Frame } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'
import type { World } from '../world.ts'
import { deadline } from './job-agents.ts'
import { done, given, said, type Task } from './job-events.ts'

type Entry = Frame['entries'][number]
type EntryOf<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }>

interface Job {
  readonly to: string
  readonly tasks: readonly Task[]
  /** Its position in the journal. */
  seq: number | undefined
  /** Whether its worker has handled it, or failed on it. */
  isTaken: boolean
  results: readonly string[] | undefined
}

interface Counts {
  readonly parties: {
    list(): readonly { readonly state: { readonly said: object; readonly done: readonly string[] } }[]
  }
}

/** What the jobs of a run must give, told by the journal alone. */
export class JobResults {
  readonly #world: World
  readonly #mayCrash: boolean
  readonly #jobs = new Map<string, Job>()
  readonly #said = new Map<string, number>()
  readonly #done: string[] = []
  readonly #booked = new Set<string>()
  #ticks = new Set<string>()
  readonly #scheduled = new Map<string, string>()
  #report: Report = () => {}

  constructor(world: World, mayCrash: boolean) {
    this.#world = world
    this.#mayCrash = mayCrash
  }

  wanted(job: string, to: string, tasks: readonly Task[]): void {
    this.#jobs.set(job, { to, tasks, seq: undefined, isTaken: false, results: undefined })
  }

  /** The durable subscriber has got it. */
  booked(job: string): void {
    this.#booked.add(job)
  }

  answered(what: string, said: string): void {
    if (said !== `${what}!`) this.#report(`${what} was answered with ${said}`)
  }

  invariant(report: Report): Invariant {
    this.#report = report
    return { name: 'jobs', written: written => this.#written(written) }
  }

  #written({ partition, frames }: Written): void {
    if (partition === 'party/p1') for (const frame of frames) this.#take(frame)
  }

  #take({ cause, entries }: Frame): void {
    if (cause.kind === 'step' && cause.type === given.type)
      for (const job of this.#jobs.values())
        if (job.seq === cause.handled && cause.agent === `${partitionOf}/${job.to}`) job.isTaken = true
    for (const entry of entries) {
      if (entry.kind === 'scheduled') this.#schedule(entry)
      if (entry.kind === 'occurred') this.#occur(entry)
      if (entry.kind !== 'event') continue
      const { type, data, source, seq } = entry.envelope
      if (type === said.type) {
        const { by } = said.schema.parse(data)
        this.#said.set(by, (this.#said.get(by) ?? 0) + 1)
      } else if (type === done.type) this.#end(done.schema.parse(data))
      else if (type === given.type && source === partitionOf) this.#give(data, seq)
    }
  }

  #give(data: unknown, seq: number): void {
    const job = this.#jobs.get(nameIn(data))
    if (job) job.seq = seq
  }

  #end({ job: name, results }: { readonly job: string; readonly results: readonly string[] }): void {
    const job = this.#jobs.get(name)
    this.#done.push(name)
    if (job?.seq === undefined) return this.#report(`${name} is done, but nobody gave it`)
    if (job.results && !this.#mayCrash) return this.#report(`${name} is done twice`)
    job.results = results
    const wrong = results.findIndex((result, place) => !this.#isRight(name, place, job.tasks[place], result))
    if (wrong >= 0) this.#report(`task ${wrong} of ${name} gave ${results[wrong]}: ${JSON.stringify(job.tasks[wrong])}`)
    if (results.length !== job.tasks.length)
      this.#report(`${name} has ${job.tasks.length} tasks and the results ${results.join(', ')}`)
  }

  #isRight(job: string, place: number, task: Task | undefined, result: string): boolean {
    const what = `${job} ${place}`
    switch (task?.do) {
      case 'say':
        return result === 'said'
      case 'work':
        return result === `${what} made`
      case 'child':
        return result === 'part made' || result === 'nothing'
      case 'poll':
        return result === 'party/p1/oracle,runtime/oracle' || this.#mayTimeOut
      case 'wait':
        return result === 'waited'
      case 'ask':
        if (result === 'ASK_TIMEOUT') return task.how === 'never' || this.#mayTimeOut
        return result === (task.how === 'refuse' ? 'ASK_REFUSED_BY_CALLEE' : `${what}!`)
      default:
        return false
    }
  }

  /** Whether an ask may time out although it is answered: time passed otherwise, or many asks wait for one callee. */
  get #mayTimeOut(): boolean {
    return this.#world.isTimeDisturbed || this.#world.processes > 1 || this.#jobs.size * 300 > deadline / 4
  }

  /** Setting an equal schedule again does not begin it anew. */
  #schedule({ name, plan }: EntryOf<'scheduled'>): void {
    const text = 'every' in plan ? `${plan.every} ms until ${(plan.until ?? 0) - plan.from}` : JSON.stringify(plan)
    if (this.#scheduled.get(name) === text) this.#report(`the schedule ${name} (${text}) begins twice`)
    this.#scheduled.set(name, text)
    this.#ticks = new Set([...this.#ticks].filter(one => !one.startsWith(`${name} `)))
  }

  #occur({ name, at }: EntryOf<'occurred'>): void {
    const tick = `${name} ${at}`
    if (this.#ticks.has(tick)) this.#report(`${name} occurred twice at ${at}`)
    this.#ticks.add(tick)
  }

  /** Compares the end of the run with what the journal says. */
  check({ parties }: Counts): void {
    for (const [name, job] of this.#jobs) {
      const { to, seq, isTaken, results } = job
      if (seq === undefined || !this.#workers.has(to)) continue
      if (!isTaken) this.#report(`${name} was given to ${to} at ${seq}, which never handled it`)
      if (!this.#mayCrash && !results) this.#report(`${name} was given to ${to} and is never done`)
    }
    const [party] = parties.list()
    if (!party) return
    const { said, done } = party.state
    const expected = JSON.stringify({ said: sorted(this.#said), done: this.#done })
    const found = JSON.stringify({ said: sorted(Object.entries(said)), done })
    if (expected !== found) this.#report(`the state is ${found}, and the events of the journal give ${expected}`)
    for (const job of this.#done)
      if (!this.#booked.has(job)) this.#report(`the durable subscriber never got that ${job} is done`)
  }

  readonly #workers = new Set<string>()

  /** Names a worker that is there. */
  employ(name: string): void {
    this.#workers.add(name)
  }
}

const partitionOf = 'party/p1'

function sorted(entries: Iterable<readonly [string, unknown]>): readonly (readonly [string, unknown])[] {
  return [...entries].toSorted(([one], [other]) => one.localeCompare(other))
}

function nameIn(data: unknown): string {
  return typeof data === 'object' && data !== null && 'job' in data ? `${data.job}` : ''
}
