import fc from 'fast-check'
import { createRuntime, type Envelope } from 'troupe'
import { type Family, petsOf } from '../../support/family.ts'
import { barked, command, glance, spray, trick, urgent } from '../../support/pets.ts'
import { family } from '../../support/schedules.ts'
import { Choices } from '../choices.ts'
import type { Ground, Program } from '../program.ts'
import type { World } from '../world.ts'
import type { Workload } from './all.ts'

/** Families of pets under random rules of supervision, mailboxes and pools, whose agents crash, leave, wait and are stopped. */
export const families: Workload = { name: 'families', create: world => new Families(world) }

// Many restarts are allowed outside the party: a runtime stops when the supervisor of its agents gives up.
const intensity = { max: 1_000, within: 1_000 }

function chosenFamily({ choices }: World): Family {
  const [chosen] = fc.sample(family, { seed: choices.pick('program', 100_000), numRuns: 1 })
  if (!chosen) throw new Error('fast-check gave no family')
  // An effect that never ends keeps the party from ever being at rest.
  return { ...chosen, runs: chosen.runs === 'endless' ? 'failed' : chosen.runs }
}

type PetsRuntime = ReturnType<typeof runtimeOf>

function runtimeOf(made: ReturnType<typeof petsOf>, every: number, ground: Ground) {
  return createRuntime({
    ...ground,
    party: made.party,
    agents: [made.stray],
    registered: [made.late],
    intensity,
    cleanup: 1_000,
    snapshots: { every },
    log: 'silent',
    development: false,
  })
}

const partyId = 'p1'
const words = ['sit', 'nothing', 'boom', 'log-boom', 'rest', 'nap', 'run', 'leave'] as const
const pets = ['dog', 'puppy', 'trainer', 'hose'] as const

class Families implements Program {
  readonly mayWait = true
  isStarted = false
  readonly #world: World
  readonly #made: ReturnType<typeof petsOf>
  readonly #every: number
  #runtime: PetsRuntime | undefined
  #actsLeft: number
  #count = 0

  constructor(world: World) {
    this.#world = world
    this.#made = petsOf(chosenFamily(world), { refs: [], effects: 0 })
    this.#every = world.choices.of('program', [100, 7, 1])
    this.#actsLeft = world.choices.of('program', [8, 20, 40])
  }

  begin(ground: Ground) {
    this.isStarted = false
    this.#runtime = runtimeOf(this.#made, this.#every, ground)
    return this.#runtime
  }

  get runtime(): PetsRuntime {
    if (!this.#runtime) throw new Error('no process has begun')
    return this.#runtime
  }

  started(): void {
    this.isStarted = true
    const { bus } = this.runtime
    bus.subscribe([barked, command, urgent, glance], envelope => this.#world.left(envelope, 'a subscriber'))
    bus.subscribe([barked], envelope => this.#world.left(envelope, 'a durable subscriber'), { durable: 'ears' })
  }

  act(): boolean {
    const { runtime } = this
    const [party] = runtime.parties.list()
    if (this.#actsLeft === 0) return false
    this.#actsLeft--
    const act = this.#world.choices.pick('act', 1_000_000)
    if (act === 0) this.#actsLeft = 0
    if (act === 0) return false
    if (!party) this.#expect('create the party', () => runtime.parties.create({ id: partyId }))
    // A failed party has no agents left.
    else if (party.state.status === 'error') this.#expect('delete the party', () => runtime.parties.delete(partyId))
    else this.#perform(new Choices(act))
    return true
  }

  #expect(what: string, call: () => Promise<unknown>): void {
    this.#world.trace(() => `- ${what}`)
    this.#world.expect(what, Promise.resolve().then(call))
  }

  #publish(what: string, call: () => Promise<Envelope>): void {
    this.#expect(what, async () => this.#world.left(await call(), what))
  }

  #perform(details: Choices): void {
    const { runtime } = this
    const { bus, parties } = runtime
    const party = () => parties.get(partyId)
    const word = details.of('act', words)
    const pet = details.of('act', pets)
    const priority = 1 + details.pick('act', 10)
    const ttl = details.of('act', [1e9, 1_000, 1])
    const timeout = details.of('act', [60_000, 100])
    const name = details.of('act', ['roll', 'silence', 'twice', 'boom', 'later'] as const)
    const size = 1 + details.pick('act', 4)
    const options = { party: partyId, priority, ttl, timeout }
    const acts: readonly (readonly [weight: number, perform: () => void])[] = [
      [12, () => this.#publish(`say ${word}`, () => bus.publish(command({ word }), options))],
      [6, () => this.#publish('wake', () => bus.publish(urgent({ word: 'up' }), { party: partyId }))],
      [6, () => this.#publish(`send ${word} to ${pet}`, () => party().agent(pet).send(command({ word })))],
      [6, () => this.#expect(`train ${name}`, () => party().addInput(name))],
      [6, () => this.#expect(`ask for ${name}`, () => runtime.ask('party/p1/dog', trick, { name }))],
      [3, () => this.#expect(`ask outside for ${name}`, () => runtime.ask('runtime/dog', trick, { name }))],
      [
        4,
        () =>
          this.#publish('spray', () => bus.publish(spray({ from: 0, count: size * 8 }), { party: partyId, timeout })),
      ],
      [2, () => this.#expect(`stop ${pet}`, () => party().agent(pet).stop())],
      [2, () => this.#expect(`scale to ${size}`, () => party().pool('litter').scale(size, { timeout }))],
      [2, () => this.#expect('spawn', () => this.#spawn())],
      [1, () => this.#expect('delete the party', () => parties.delete(partyId))],
      [2, () => this.#expect('redrive', () => bus.deadLetters.redrive({}))],
    ]
    acts[
      details.weighted(
        'act',
        acts.map(([weight]) => weight),
      )
    ]?.[1]()
  }

  #spawn(): Promise<unknown> {
    return this.runtime.spawn(this.#made.late, { name: `late-${this.#count++}`, party: partyId })
  }

  state(): unknown {
    const parties = this.runtime.parties.list()
    // A process routes anew what the members of a pool have not taken: a member at rest may get what waited for one that is busy.
    const isRoutedAnew = parties.some(party => party.pool('litter').members.some(({ mailbox }) => mailbox.depth > 0))
    return isRoutedAnew ? undefined : parties.map(({ id, state }) => ({ id, state }))
  }
}
