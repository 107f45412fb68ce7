import fc from 'fast-check'
import { DuplicateInputError, type Frame, type Runtime } from 'troupe'
import { randomScheduler, seededRandom } from 'troupe/testing'
import { expect, it } from 'vitest'
import * as z from 'zod'
import type { Family } from '../support/family.ts'
import { throughJson } from '../support/lives.ts'
import { atAppend, createProgram, goesOn, lost, nothingLost, type Program } from '../support/program.ts'
import { programOf, type Recipe, recipe } from '../support/recipes.ts'
import { runs } from '../support/runs.ts'
import { settle } from '../support/runtime.ts'
import { type Act, family, order, schedule } from '../support/schedules.ts'
import { startStage } from '../support/stage.ts'

/** Where a process ends: at which of its appends, and whether that is written. */
interface Crash {
  readonly at: number
  readonly last: 'written' | 'lost'
}

const crashWithin = (most: number): fc.Arbitrary<Crash> =>
  fc.record({ at: fc.integer({ min: 1, max: most }), last: fc.constantFrom('written', 'lost') })
const crashes = fc.array(crashWithin(16), { minLength: 1, maxLength: 5, size: 'max' })

/** How often snapshots are taken, and how many turns an append takes. */
interface Manner {
  readonly snapshots?: { readonly every: number } | undefined
  readonly seed?: number | undefined
  /** The seed of the scheduler that chooses the next agent. */
  readonly order?: number | undefined
}

const manner: fc.Arbitrary<Manner> = fc.record({
  snapshots: fc.option(fc.record({ every: fc.integer({ min: 1, max: 8 }) }), { nil: undefined }),
  seed: fc.option(fc.nat(), { nil: undefined }),
  order,
})

/** Runs a recipe in as many processes as it takes, and returns the final state. */
async function follow(recipe: Recipe, crashes: readonly Crash[], { snapshots, seed, order }: Manner = {}) {
  const random = seededRandom(seed ?? 0)
  const program = createProgram(seed === undefined ? {} : { pace: () => Math.floor(random() * 4) })
  const scheduler = order === undefined ? undefined : randomScheduler(seededRandom(order))
  const options = { ...programOf(recipe), ...(snapshots && { snapshots }), ...(scheduler && { scheduler }) }
  for (const { at, last } of crashes)
    await program.until(atAppend(at, last), options, runtime => drive(runtime, recipe, program))
  const runtime = await program.start(options)
  await drive(runtime, recipe, program)
  expect(runtime.parties.quarantined()).toEqual([])
  expect(lost(runtime)).toEqual(nothingLost)
  expect(runtime.bus.metrics()).toMatchObject({ pendingAsks: 0, waiting: 0 })
  const party = runtime.parties.get('p1')
  const chronicle = logOf(runtime.agent('chronicler'))
  const outcome = {
    // Times depend on the process in which something happened, so they are not compared.
    state: { ...throughJson(party.state), inputs: contentsOf(party), createdAt: 0, updatedAt: 0 },
    workers: recipe.workers.map((_, place) => {
      const worker = party.agent(`worker-${place}`)
      return { ...worker.snapshot(), incarnation: worker.incarnation }
    }),
    oracles: [party.agent('oracle').snapshot(), runtime.agent('oracle').snapshot()],
    // Chance decides which worker is first, and which member of a pool hears of it.
    chronicle: recipe.workers.map((_, place) => chronicle.filter(one => one.startsWith(`worker-${place} `))),
    scribes: party.pool('scribes').members.flatMap(logOf).toSorted(),
  }
  return { outcome, wrong: await wrongIn(program) }
}

const contentsOf = ({ state }: { readonly state: { readonly inputs: Iterable<{ readonly content: string }> } }) =>
  Array.from(state.inputs, ({ content }) => content)

const logOf = (agent: { snapshot(): { readonly context: unknown } | undefined }) =>
  z.object({ log: z.array(z.string()) }).parse(agent.snapshot()?.context).log

interface Running extends Pick<Runtime, 'idle'> {
  readonly parties: { list(): readonly Fed[]; create(options: { readonly id: string }): Promise<Fed> }
}

interface Fed {
  addInput(input: { readonly inputId: string; readonly content: string }): Promise<unknown>
}

/** Adds inputs to a party; each one waits until the party rests. Earlier processes may have added some of them. */
async function drive(runtime: Running, { inputs }: Recipe, { clock, pulse }: Program): Promise<void> {
  const isAlive = pulse()
  const [party = await runtime.parties.create({ id: 'p1' })] = runtime.parties.list()
  await rest(runtime, clock, isAlive)
  for (let n = 0; n < inputs; n++) {
    await party.addInput({ inputId: `input-${n}`, content: `input ${n}` }).catch((error: unknown) => {
      // An earlier process added the input, and ended before the acknowledgement.
      if (!(error instanceof DuplicateInputError)) throw error
    })
    await rest(runtime, clock, isAlive)
  }
}

/** Lets time pass, from one timer to the next, until nothing waits for a timer. */
async function rest(runtime: Running, clock: Program['clock'], isAlive: () => boolean): Promise<void> {
  for (let reason = ''; isAlive(); ) {
    void runtime.idle({ timeout: 1e9 }).then(
      found => (reason = found.reason),
      () => {},
    )
    await settle()
    if (reason === 'settled') return
    clock.advance((clock.next ?? clock.elapsed()) - clock.elapsed())
  }
}

/** Finds contents that a journal must never have. */
async function wrongIn({ frames }: Pick<Program, 'frames'>): Promise<readonly string[]> {
  const found = await Promise.all(['party/p1', 'runtime'].map(frames))
  return found.flatMap(wrongOf)
}

function wrongOf(frames: readonly Frame[]): readonly string[] {
  const ends = endsIn(frames)
  const unended = [...ends].filter(([, times]) => times !== 1).map(([key, times]) => `${key} ended ${times} times`)
  return [...doubledIn(frames), ...unended]
}

/** How often each piece of outside work has ended. */
function endsIn(frames: readonly Frame[]): ReadonlyMap<string, number> {
  const ended = new Map<string, number>()
  for (const entry of frames.flatMap(({ entries }) => entries)) {
    if (entry.kind === 'effect' || entry.kind === 'ask' || entry.kind === 'child') ended.set(entry.key, 0)
    if (entry.kind === 'outcome') ended.set(entry.key, (ended.get(entry.key) ?? Number.NaN) + 1)
  }
  return ended
}

/** Finds positions that occur twice, and events that were handled twice. */
function doubledIn(frames: readonly Frame[]): readonly string[] {
  const wrong: string[] = []
  const handled = new Set<string>()
  let last = 0
  for (const { position, cause, entries } of frames) {
    const places = [...entries.map(placeOf), position]
    if (places.some(place => place <= last || place > position) || new Set(places).size < places.length)
      wrong.push(`positions ${places.join()} after ${last}`)
    last = position
    // An event on which an agent failed may be delivered to it again.
    if (cause.kind !== 'step' || cause.outcome === 'failed') continue
    const step = `${cause.agent} has handled ${cause.handled}`
    if (handled.has(step)) wrong.push(`${step} twice`)
    handled.add(step)
  }
  return wrong
}

/** The position of the entry itself. The envelope in a dead letter has an older one. */
function placeOf(entry: Frame['entries'][number]): number {
  return 'seq' in entry ? entry.seq : entry.envelope.seq
}

// A long timeout: what ends these tests is a number of turns of the event loop, not a time.
const limits = { timeout: 300_000 }

it('a random program reaches the same final state, wherever and however often its processes end', limits, async () => {
  await fc.assert(
    fc.asyncProperty(recipe, crashes, manner, async (recipe, crashes, manner) => {
      const undisturbed = await follow(recipe, [])
      const disturbed = await follow(recipe, crashes, manner)
      expect([...undisturbed.wrong, ...disturbed.wrong]).toEqual([])
      expect(disturbed.outcome).toEqual(undisturbed.outcome)
    }),
    { numRuns: runs(25) },
  )
})

// Many restarts are allowed: a runtime stops when the supervisor of the agents outside the parties gives up.
const intensity = { max: 1_000, within: 1_000 }

it('a random family loses no event and does nothing twice, whatever happens in any process', limits, async () => {
  await fc.assert(
    fc.asyncProperty(
      family,
      fc.array(fc.tuple(schedule, crashWithin(100)), { minLength: 2, maxLength: 4 }),
      order,
      async (family, lives, order) => {
        const program = createProgram()
        for (const [acts, { at, last }] of lives) {
          const process = program.begin(atAppend(at, last))
          const performed = perform(family, acts, { ...process, order })
          await Promise.race([performed, process.ended])
        }
        const { journal, clock } = program.begin(goesOn)
        const stage = await startStage(family, journal, { clock, intensity, order })
        await stage.rest()
        expect(await stage.remains()).toMatchObject({ lostEvents: 0, lostDeliveries: 0 })
        expect(stage.runtime.parties.quarantined()).toEqual([])
        const frames = await Promise.all(['party/p1', 'runtime'].map(program.frames))
        expect(frames.flatMap(doubledIn)).toEqual([])
        expect(frames.flatMap(one => [...endsIn(one)].filter(([, times]) => times > 1))).toEqual([])
        await stage.stop(0)
      },
    ),
    { numRuns: runs(25) },
  )
})

/** Performs acts while the process runs, and checks the counts at its end. */
async function perform(
  family: Family,
  acts: readonly Act[],
  { journal, clock, life, order }: ReturnType<Program['begin']> & Pick<Manner, 'order'>,
) {
  const stage = await startStage(family, journal, { clock, intensity, order })
  expect(stage.runtime.parties.quarantined()).toEqual([])
  for (const act of acts) if (!life.isOver) await act.perform(stage)
  if (!life.isOver) expect(await stage.remains()).toMatchObject({ lostEvents: 0, lostDeliveries: 0 })
}
