import {
  type Agent,
  createRuntime,
  DuplicateInputError,
  defineParty,
  definePool,
  defineSupervisor,
  type Envelope,
  type OnRestart,
  type Strategy,
} from 'troupe'
import { Choices } from '../choices.ts'
import type { Ground, Program } from '../program.ts'
import type { World } from '../world.ts'
import type { Workload } from './all.ts'
import { chronicler, oracle, scribe, setLabour, workers } from './job-agents.ts'
import { done, given, glance, inputAdded, inputRemoved, question, said, type Task, tick } from './job-events.ts'
import { JobResults } from './job-results.ts'

/** Parties whose workers do jobs: effects, asks inside and outside, timers, children, schedules, pools, durable subscriptions. */
export const jobs: Workload = { name: 'jobs', create: world => new Jobs(world) }

const counts: { said: Record<string, number>; done: string[] } = { said: {}, done: [] }

type OnCrash = NonNullable<Agent['onCrash']>
type JobsRuntime = ReturnType<typeof runtimeOf>
type Party = ReturnType<typeof partyOf>

function partyOf(agents: Parameters<typeof defineParty>[0]['agents']) {
  return defineParty({
    name: 'jobs',
    agents,
    events: [given, said, done, tick, glance],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: counts,
      on: {
        'jobs.said': ({ said }, { data: { by } }) => {
          said[by] = (said[by] ?? 0) + 1
        },
        'jobs.done': ({ done }, { data: { job } }) => {
          done.push(job)
        },
      },
    },
  })
}

const intensity = { max: 1_000, within: 1_000 }

function runtimeOf(party: Party, every: number, ground: Ground) {
  return createRuntime({
    ...ground,
    party,
    agents: [oracle, chronicler],
    registered: [scribe],
    intensity,
    snapshots: { every },
    log: 'silent',
    development: false,
  })
}

const variants = new Map<string, Agent>()

/** An agent with these rules. The runtime remembers what it finds out about an agent, so each variant is made once. */
function variantOf(agent: Agent, onRestart: OnRestart, onCrash: OnCrash): Agent {
  const key = `${agent.name} ${onRestart} ${onCrash}`
  const variant = variants.get(key) ?? { ...agent, onRestart, onCrash }
  variants.set(key, variant)
  return variant
}

/** How the worker agents are supervised. */
function chosenParty({ choices }: World) {
  const strategy = choices.of<Strategy>('program', ['one_for_one', 'rest_for_one', 'one_for_all'])
  const onRestart = choices.of('program', ['keep', 'reset'] as const)
  const onCrash = choices.of('program', ['drop', 'redeliver'] as const)
  const some = workers.slice(0, 1 + choices.pick('program', 3)).map(agent => variantOf(agent, onRestart, onCrash))
  const isNested = choices.pick('program', 2) === 1
  const team = isNested ? [defineSupervisor({ name: 'team', strategy, intensity, agents: some })] : some
  const pool = definePool({ name: 'scribes', agent: scribe, size: 1 + choices.pick('program', 2) })
  return { party: partyOf([...team, oracle, pool]), workers: some }
}

/** What happens outside the agents. */
type Act = (runtime: JobsRuntime) => void

const partyId = 'p1'

class Jobs implements Program {
  readonly #world: World
  readonly #party: Party
  readonly #every: number
  /** Whether jobs may contain tasks on which their workers crash. */
  readonly #mayCrash: boolean
  readonly #results: JobResults
  #runtime: JobsRuntime | undefined
  #actsLeft: number
  /** The choices of the present act. */
  #details = new Choices(1)
  #count = 0
  isStarted = false

  constructor(world: World) {
    this.#world = world
    const { party, workers } = chosenParty(world)
    this.#party = party
    this.#every = world.choices.of('program', [100, 7, 1])
    this.#mayCrash = world.choices.pick('program', 2) === 1
    this.#actsLeft = world.choices.of('program', [8, 20, 40])
    this.#results = new JobResults(world, this.#mayCrash)
    for (const { name } of workers) this.#results.employ(name)
    world.add(report => this.#results.invariant(report))
    setLabour((what, { key, attempt, signal }) => world.effect({ key, attempt }, () => `${what} made`, signal))
  }

  begin(ground: Ground) {
    this.isStarted = false
    this.#runtime = runtimeOf(this.#party, this.#every, ground)
    return this.#runtime
  }

  started(): void {
    this.isStarted = true
    const { runtime } = this
    const world = this.#world
    const noted = (to: string) => (envelope: Envelope) => world.left(envelope, to)
    runtime.bus.subscribe([said, done, tick, glance], noted('a subscriber'))
    runtime.bus.subscribe(
      [done],
      envelope => {
        world.left(envelope, 'a durable subscriber')
        if (world.isAlive) this.#results.booked(envelope.data.job)
      },
      { durable: 'ledger', from: 'start' },
    )
    runtime.observe(observation => {
      if (observation.kind === 'said') world.left(observation.envelope, 'an observer')
    })
  }

  get runtime(): JobsRuntime {
    if (!this.#runtime) throw new Error('no process has begun')
    return this.#runtime
  }

  act(): boolean {
    const { runtime } = this
    if (!runtime.parties.list().some(({ id }) => id === partyId)) {
      this.#say(`create ${partyId}`)
      this.#world.expect('create a party', runtime.parties.create({ id: partyId }))
      return true
    }
    if (this.#actsLeft === 0) return false
    this.#actsLeft--
    // One choice for each act, so that fewer acts leave the others as they are. 0 ends the acts.
    const act = this.#world.choices.pick('act', 1_000_000)
    if (act === 0) this.#actsLeft = 0
    if (act === 0) return false
    this.#details = new Choices(act)
    this.#acts[this.#details.weighted('act', this.#weights)]?.(runtime)
    return true
  }

  #say(what: string): void {
    this.#world.trace(() => `- ${what}`)
  }

  readonly #weights = [10, 3, 2, 1, 2, 2, 1, 1, 1]
  readonly #acts: readonly Act[] = [
    ({ bus }) => {
      const job = `job-${this.#count++}`
      const to = this.#details.of('program', ['worker-0', 'worker-1', 'worker-2'] as const)
      const tasks = this.#chosenTasks()
      this.#say(`give ${job} to ${to}: ${JSON.stringify(tasks)}`)
      this.#results.wanted(job, to, tasks)
      this.#expect(`publish ${job}`, bus.publish(given({ job, to, tasks }), { party: partyId }))
    },
    runtime => {
      const where = this.#details.of('program', ['party/p1/oracle', 'runtime/oracle'] as const)
      const how = this.#details.of('program', ['at once', 'later', 'never', 'refuse'] as const)
      const what = `question-${this.#count++}`
      this.#say(`ask ${where} (${how})`)
      this.#world.expect(
        `ask ${where} ${what}`,
        runtime.ask(where, question, { what, how }, { deadline: 5_000 }).then(({ said }) => {
          this.#results.answered(what, said)
        }),
      )
    },
    ({ parties }) => {
      const inputId = `input-${this.#count++}`
      this.#say(`add ${inputId}`)
      const added = parties.get(partyId).addInput({ inputId, content: inputId })
      this.#world.expect(`add ${inputId}`, ignoring(added, DuplicateInputError))
    },
    ({ bus }) => {
      this.#say('publish what is not kept')
      this.#expect('publish a glance', bus.publish(glance({ n: this.#count++ }), { party: partyId }))
    },
    ({ schedules }) => {
      const choices = this.#details
      const name = `tick-${choices.pick('program', 2)}`
      const every = choices.of('program', [1_000, 100, 5_000])
      const times = 1 + choices.pick('program', 4)
      this.#say(`set ${name}, every ${every} ms, ${times} times`)
      const set = schedules.set(name, { every, times, missed: 'all' }, tick({ schedule: name }), { party: partyId })
      this.#world.expect(`set ${name}`, set)
    },
    runtime => {
      this.#say('wait for idle')
      this.#world.expect('idle', runtime.parties.get(partyId).idle({ timeout: 1e9 }))
    },
    runtime => {
      const name = `late-${this.#count++}`
      this.#say(`spawn ${name}`)
      this.#world.expect(`spawn ${name}`, runtime.spawn(scribe, { name, party: partyId }))
    },
    ({ parties }) => {
      const size = 1 + this.#details.pick('program', 3)
      this.#say(`scale the pool to ${size}`)
      this.#world.expect('scale', parties.get(partyId).pool('scribes').scale(size, { timeout: 60_000 }))
    },
    ({ bus }) => {
      this.#say('deliver dead letters again')
      this.#world.expect('redrive', bus.deadLetters.redrive({}))
    },
  ]

  #expect(what: string, published: Promise<Envelope>): void {
    this.#world.expect(
      what,
      published.then(envelope => this.#world.left(envelope, what)),
    )
  }

  #chosenTasks(): Task[] {
    const choices = this.#details
    const count = 1 + choices.pick('program', 5)
    return Array.from({ length: count }, () => this.#chosenTask())
  }

  #chosenTask(): Task {
    const choices = this.#details
    const kinds = ['say', 'work', 'ask', 'poll', 'wait', 'child', 'crash', 'keep a function'] as const
    const weights = [6, 6, 6, 2, 3, 2, this.#mayCrash ? 2 : 0, this.#mayCrash ? 1 : 0]
    const kind = kinds[choices.weighted('program', weights)] ?? 'say'
    if (kind === 'ask')
      return {
        do: 'ask',
        where: choices.of('program', ['in', 'out'] as const),
        how: choices.of('program', ['at once', 'later', 'refuse', 'never'] as const),
      }
    if (kind === 'wait') return { do: 'wait', ms: choices.of('program', [10, 1_000, 30_000]) }
    return { do: kind }
  }

  ended(): void {
    this.#results.check(this.runtime)
  }

  state(): unknown {
    const [party] = this.runtime.parties.list()
    return {
      party: party?.state,
      agents: workers.map(({ name }) => isThere(party, name) && party?.agent(name).snapshot()),
      oracle: this.runtime.agent('oracle').snapshot(),
      chronicler: this.runtime.agent('chronicler').snapshot(),
      schedules: this.runtime.schedules.list(),
      // Letters of several partitions that died at the same moment have no order.
      letters: this.runtime.bus.deadLetters
        .list()
        .map(({ envelope: { id }, to, reason }) => `${to} ${reason} ${id}`)
        .toSorted(),
    }
  }
}

function isThere(party: { agent(name: string): unknown } | undefined, name: string): boolean {
  try {
    return party?.agent(name) !== undefined
  } catch {
    return false
  }
}

async function ignoring(promise: Promise<unknown>, kind: abstract new (...args: never) => Error): Promise<void> {
  await promise.catch((error: unknown) => {
    if (!(error instanceof kind)) throw error
  })
}
