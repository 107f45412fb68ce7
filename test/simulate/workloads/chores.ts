import { createRuntime, defineParty, type Envelope, TroupeError } from 'troupe'
import { Choices } from '../choices.ts'
import { TimersInTime } from '../invariants/timers-in-time.ts'
import type { Ground, Program } from '../program.ts'
import type { World } from '../world.ts'
import type { Workload } from './all.ts'
import { counter, fragiles, guest, setHouse, staff } from './chore-agents.ts'
import { finished, inputAdded, inputRemoved, kinds, newBell, oldBell, poison, wanted } from './chore-events.ts'
import { ChoreResults } from './chore-results.ts'

/**
 * Parties whose agents do what recovery once did wrong: values without a form in JSON, timers of machines inside machines, agents
 * that are spawned in each process, agents that are done, parties that fail and are retried, schedules of an older program, and
 * creations that a full disk refuses.
 */
export const chores: Workload = { name: 'chores', create: world => new Chores(world) }

const partyId = 'p1'
const guestHouse = 'p2'

type Timers = 'absolute' | 'remaining'
type ChoresRuntime = ReturnType<typeof runtimeOf>

const state: { finished: number; bells: string[] } = { finished: 0, bells: [] }

/** The programs, made once: the runtime remembers what it finds out about an agent. */
const programs = new Map<string, ReturnType<typeof programOf>>()

function programOf(timers: Timers, isNew: boolean) {
  const common = {
    name: 'chores',
    agents: [...staff[timers].handymen, guest, ...fragiles],
    inputs: { added: inputAdded, removed: inputRemoved },
  }
  const finish = (state: { finished: number }) => {
    state.finished++
  }
  return isNew
    ? defineParty({
        ...common,
        events: [wanted, finished, poison, newBell],
        state: {
          initial: state,
          on: {
            'chores.finished': finish,
            'chores.bell': ({ bells }, { data }) => {
              bells.push(data.tone)
            },
          },
        },
      })
    : defineParty({
        ...common,
        events: [wanted, finished, poison, oldBell],
        state: {
          initial: state,
          on: {
            'chores.finished': finish,
            'chores.bell': ({ bells }) => {
              bells.push('c')
            },
          },
        },
      })
}

function knownProgram(timers: Timers, isNew: boolean) {
  const key = `${timers} ${isNew}`
  const known = programs.get(key) ?? programOf(timers, isNew)
  programs.set(key, known)
  return known
}

function runtimeOf(
  { timers, isNew, max, every }: { timers: Timers; isNew: boolean; max: number; every: number },
  ground: Ground,
) {
  return createRuntime({
    ...ground,
    party: knownProgram(timers, isNew),
    agents: [counter],
    intensity: { max, within: 1e9 },
    snapshots: { every },
    log: 'silent',
    development: false,
  })
}

class Chores implements Program {
  readonly #world: World
  readonly #timers: Timers
  readonly #every: number
  /** How many restarts the supervisor of a party allows. */
  readonly #max: number
  /** From this process on, the program is the new one. */
  readonly #newFrom: number
  readonly #results: ChoreResults
  /** In which process the hook of each agent was called the last time, and has ended. */
  readonly #initialised = new Map<string, number>()
  #runtime: ChoresRuntime | undefined
  #actsLeft: number
  #details = new Choices(1)
  #count = 0
  /** Whether the late agent was spawned in an earlier process, and in this one. */
  #wasSpawned = false
  #isSpawned = false
  #isRetrying = false
  isStarted = false

  constructor(world: World) {
    const { choices } = world
    this.#world = world
    this.#timers = choices.of('program', ['absolute', 'remaining'])
    this.#every = choices.of('program', [100, 7, 1])
    this.#max = choices.of('program', [1_000, 2, 4])
    this.#newFrom = choices.of('program', [Number.POSITIVE_INFINITY, 2, 3])
    this.#actsLeft = choices.of('program', [8, 20, 40])
    this.#results = new ChoreResults(what => world.report('chores', what), this.#max)
    world.add(() => this.#results)
    world.add(report => new TimersInTime(report, this.#timers, () => world.isTimeDisturbed))
    setHouse({
      labour: (by, { key, attempt, signal }) => {
        if (world.isAlive && this.#initialised.get(by) !== world.processes)
          world.report('init', `${by} works on ${key} before its hook has ended`)
        return world.effect({ key, attempt }, () => 'worked', signal)
      },
      init: async ({ address, signal }) => {
        await world.hook(address, signal)
        this.#initialised.set(address.split('/').at(-1) ?? '', world.processes)
      },
    })
  }

  begin(ground: Ground) {
    this.isStarted = false
    this.#isSpawned = false
    this.#isRetrying = false
    this.#world.isFull.clear()
    const isNew = this.#world.processes >= this.#newFrom
    this.#runtime = runtimeOf({ timers: this.#timers, isNew, max: this.#max, every: this.#every }, ground)
    return this.#runtime
  }

  get runtime(): ChoresRuntime {
    if (!this.#runtime) throw new Error('no process has begun')
    return this.#runtime
  }

  started(): void {
    this.isStarted = true
    if (this.#party && this.#party.state.status !== 'error') this.#open()
  }

  get #party() {
    return this.runtime.parties.list().find(({ id }) => id === partyId)
  }

  /** What a program sets at each start. */
  #open(): void {
    const { schedules } = this.runtime
    this.#expect('set the opening', schedules.set('opening', { after: 400 }, this.#bell, { party: partyId }))
  }

  /** The event of schedules, by the present program. */
  get #bell() {
    return this.#world.processes >= this.#newFrom ? newBell({ tone: 'c' }) : oldBell({})
  }

  act(): boolean {
    const party = this.#party
    if (!party) {
      this.#expect(
        'create the party',
        this.runtime.parties.create({ id: partyId }).then(() => this.#open()),
      )
      return true
    }
    if (party.state.status === 'error' && !this.#isRetrying) return this.#retry()
    if (this.#actsLeft === 0) return this.#wasSpawned && !this.#isSpawned && this.#spawn()
    this.#actsLeft--
    const act = this.#world.choices.pick('act', 1_000_000)
    if (act === 0) this.#actsLeft = 0
    if (act === 0) return this.act()
    this.#details = new Choices(act)
    this.#acts[this.#details.weighted('act', this.#weights)]?.()
    return true
  }

  #retry(): true {
    this.#isRetrying = true
    const retried = this.runtime.parties.retry(partyId).finally(() => {
      this.#isRetrying = false
    })
    this.#expect('retry the party', retried)
    return true
  }

  #expect(what: string, promise: Promise<unknown>): void {
    this.#world.trace(() => `- ${what}`)
    this.#world.expect(what, promise)
  }

  #publish(what: string, published: Promise<Envelope>): void {
    this.#expect(
      what,
      published.then(envelope => this.#world.left(envelope, what)),
    )
  }

  readonly #weights = [20, 3, 2, 2, 2]
  readonly #acts: readonly (() => void)[] = [
    () => this.#want(),
    () => {
      const n = this.#count++
      this.#publish('publish poison', this.runtime.bus.publish(poison({ n }), { party: partyId }))
    },
    () => this.#spawn(),
    () => {
      const name = `bell-${this.#details.pick('program', 2)}`
      const every = this.#details.of('program', [1_000, 200])
      const set = this.runtime.schedules.set(name, { every, times: 3, missed: 'all' }, this.#bell, { party: partyId })
      this.#expect(`set ${name}, every ${every} ms`, set)
    },
    () => this.#expect('create a party on a full disk', this.#createWhenFull()),
  ]

  #want(): void {
    const choices = this.#details
    const chore = `chore-${this.#count++}`
    const to = choices.of('program', ['ada', 'bob', 'ada', 'bob', 'late', 'guest'])
    const kind = choices.of('program', kinds)
    const ms = choices.of('program', [1_000, 100, 10_000])
    const ttl = choices.of('program', [1e12, 600_000, 2_000])
    this.#results.wanted(chore, to, kind)
    const where = to === 'late' ? {} : { party: partyId }
    const published = this.runtime.bus.publish(wanted({ chore, to, kind, ms }), { ...where, ttl })
    this.#publish(`want ${chore} of ${to}: ${kind} ${ms}, ttl ${ttl}`, published)
  }

  #spawn(): true {
    const spawned = this.runtime.spawn(staff[this.#timers].late, { name: 'late' })
    if (!this.#isSpawned) this.#expect('spawn late', spawned)
    else void spawned.catch(() => {})
    this.#wasSpawned = true
    this.#isSpawned = true
    return true
  }

  /** The disk refuses a creation; when it has room again, the party can be created. */
  async #createWhenFull(): Promise<void> {
    const { parties } = this.runtime
    const { isFull } = this.#world
    if (parties.list().some(({ id }) => id === guestHouse)) return await parties.delete(guestHouse)
    isFull.add(`party/${guestHouse}`)
    const refused = await parties.create({ id: guestHouse }).then(
      () => 'nothing',
      (error: unknown) => (TroupeError.is(error) ? error.code : `${error}`),
    )
    isFull.delete(`party/${guestHouse}`)
    this.#world.trace(() => `- the creation was refused: ${refused}`)
    const taken = await parties.create({ id: guestHouse }).then(
      () => undefined,
      (error: unknown) => (TroupeError.is(error) ? error.code : `${error}`),
    )
    if (taken === 'PARTY_EXISTS') this.#world.report('chores', 'a creation that a full disk refused has taken the id')
  }

  ended(): void {
    this.#results.check()
  }

  state(): unknown {
    const party = this.#party
    return {
      party: party?.state,
      agents: staff[this.#timers].handymen.map(({ name }) => party?.agent(name).snapshot()),
      counter: this.runtime.agent('counter').snapshot(),
      schedules: this.runtime.schedules.list(),
    }
  }
}
