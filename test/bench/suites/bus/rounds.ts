import { checkCount, rate } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'
import { Ear, type Hear } from './ear.ts'

/** Subscribers to the one type that is published, by case. */
const sizes = { '1 subscriber': 1, '10 subscribers': 10, '100 subscribers': 100, '1,000 subscribers': 1_000 } as const

export const sizeCases: readonly string[] = Object.keys(sizes)
export const crowdCase = '10 among 10,000 to other types'

/** The type of all events that this suite publishes. */
export const type = 'bench.tick'

const otherTypes = Array.from({ length: 10_000 }, (_, place) => `bench.other-${place}`)

/** A contestant whose subscribers are there. */
export interface Bus {
  /** Publishes a fresh event for each of so many numbers; what it returns is awaited, and then all have been heard. */
  publish(first: number, size: number): unknown
}

/** One whose subscribers choose by type. */
export interface TypedBus extends Bus {
  /** Subscribes a function of its own to each of some other types. */
  crowd(types: readonly string[], hearOther: () => void): unknown
}

/** Makes a bus with a subscriber for each of these, which hands it the number of each event. */
type Create<B extends Bus> = (hears: readonly Hear[]) => B | Promise<B>

/** A contestant's rounds by the number of subscribers. */
export function sizeRounds(create: Create<Bus>): Cases {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, roundOf(size, create)]))
}

/** The same, and a round among many subscribers to other types. */
export function typedRounds(create: Create<TypedBus>): Cases {
  return { ...sizeRounds(create), [crowdCase]: crowdRound(create) }
}

function roundOf(size: number, create: Create<Bus>): Round {
  return async (scale, tell) => {
    const ears = earsOf(size)
    const bus = await create(ears.map(({ hear }) => hear))
    const { perSecond, done } = await rate(scale, (first, size) => bus.publish(first, size))
    checkHeard(ears, done)
    tell({ 'events a second': perSecond })
  }
}

/** The same bus before and after the others came. */
function crowdRound(create: Create<TypedBus>): Round {
  return async (scale, tell) => {
    const ears = earsOf(sizes['10 subscribers'])
    const bus = await create(ears.map(({ hear }) => hear))
    const alone = await rate(scale, (first, size) => bus.publish(first, size))
    let others = 0
    await bus.crowd(otherTypes, () => {
      others++
    })
    const among = await rate(scale, (first, size) => bus.publish(alone.done + first, size))
    checkHeard(ears, alone.done + among.done)
    checkCount('events of other types', others, 0)
    tell({ 'events a second': among.perSecond, kept: among.perSecond / alone.perSecond })
  }
}

const earsOf = (size: number) => Array.from({ length: size }, (_, place) => new Ear(place))

function checkHeard(ears: readonly Ear[], published: number): void {
  for (const { heard } of ears) checkCount('events of a subscriber', heard, published)
}
