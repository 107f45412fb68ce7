import { sample } from 'fast-check'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import * as z from 'zod'
import { type Agent, acceptedBy, type Definition, type EventOf, requestOf } from '../../index.ts'
import { eventsOf, inputsOf, outputsOf } from './arbitrary.ts'
import { eventOf, type World } from './model.ts'
import type { PathStep } from './step.ts'

/** How many steps that lead the same way are tried in one state: their data may matter later. */
const mostAlike = 3

/** What the steps of paths are made of. */
export interface Material {
  /** Events that the agent may hear, besides those that are made from the schemas. */
  readonly events: readonly EventOf[]
  /** By the name of an actor or the id of an invoke: what that work may end with. */
  readonly outputs: Readonly<Record<string, z.ZodType | readonly unknown[]>>
  /** By the same names: what that work may fail with. */
  readonly errors: Readonly<Record<string, readonly unknown[]>>
  /** How many payloads are made of each schema. */
  readonly samples: number
  readonly seed: number
}

/** The steps that an agent may take. */
export class Candidates {
  readonly #material: Material
  readonly #machine: AnyStateMachine
  readonly #heard: readonly PathStep[]
  readonly #ends = new Map<string, readonly PathStep[]>()
  /** Works whose outputs nobody has said. */
  readonly guessed = new Set<string>()

  constructor({ machine, hears }: Agent, material: Material) {
    this.#material = material
    this.#machine = machine
    this.#heard = hears.flatMap(one => this.#heardOf(one))
  }

  /** The steps that change something in a world, each with the transitions that it begins with. */
  at({ status, machine, timers, now, ended }: World): readonly PathStep[] {
    if (status !== 'active') return []
    const accepts = acceptedBy(machine)
    const heard = this.#heard.filter(step => step.kind !== 'hear' || !accepts || accepts(step.event.type))
    const works = Object.entries<{ readonly src?: unknown } | undefined>(machine.children).flatMap(([id, child]) =>
      child && !ended.has(child) ? this.#endsOf(id, typeof child.src === 'string' ? child.src : id) : [],
    )
    const [first] = timers
    const time: readonly PathStep[] = first ? [{ kind: 'time', ms: first.due - now }] : []
    const groups = Map.groupBy([...heard, ...works], step => this.beginningOf(machine, step))
    groups.delete('')
    return [...[...groups.values()].flatMap(all => all.slice(0, mostAlike)), ...time]
  }

  /** Which transitions a step begins with, as a text; empty if it takes none. */
  beginningOf(machine: AnyMachineSnapshot, step: PathStep): string {
    if (step.kind === 'time') return 'time'
    const event = eventOf(step)
    try {
      const taken = this.#machine.getTransitionData(machine, event)
      return taken.length === 0 ? '' : `${event.type} ${taken.map(one => placeOf(one)).join(' ')}`
    } catch {
      return `${event.type} throws`
    }
  }

  /** What each event would do in a state: states in which guards decide otherwise are told apart by it. */
  signatureOf({ machine }: World): string {
    return this.#heard.map(step => this.beginningOf(machine, step)).join('\n')
  }

  #heardOf(definition: Definition): readonly PathStep[] {
    const { samples: numRuns, seed, events } = this.#material
    const hear = (event: EventOf): PathStep => ({ kind: 'hear', definition, event })
    const given = events.filter(({ type }) => type === definition.type)
    if (!('output' in definition))
      return distinct([...given, ...sample(eventsOf(definition), { numRuns, seed })]).map(hear)
    const inputs = sample(inputsOf(definition.input), { numRuns, seed })
    return distinct([...given, ...inputs.map(input => definition.asked(input, 'path'))]).map(hear)
  }

  #endsOf(work: string, src: string): readonly PathStep[] {
    const known = this.#ends.get(work)
    if (known) return known
    const { errors } = this.#material
    const failures = errors[work] ?? errors[src] ?? [new Error(`"${work}" fails in this path`)]
    const ends: readonly PathStep[] = [
      ...this.#outputsOf(work, src).map((output): PathStep => ({ kind: 'done', work, src, output })),
      ...failures.map((error): PathStep => ({ kind: 'fail', work, src, error })),
    ]
    this.#ends.set(work, ends)
    return ends
  }

  #outputsOf(work: string, src: string): readonly unknown[] {
    const { outputs, samples: numRuns, seed } = this.#material
    const logic: unknown = this.#machine.implementations.actors[src]
    const asked = typeof logic === 'object' && logic !== null ? requestOf(logic)?.output : undefined
    const given = outputs[work] ?? outputs[src] ?? asked
    if (given instanceof z.ZodType) return distinct(sample(outputsOf(given), { numRuns, seed }))
    if (!given) this.guessed.add(work)
    return given ?? [undefined]
  }
}

const places = new WeakMap<object, number>()
let count = 0

/** Transitions have no names: each gets a number. */
function placeOf(transition: object): number {
  const place = places.get(transition) ?? count++
  places.set(transition, place)
  return place
}

function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map(one => [JSON.stringify(one), one])).values()]
}
