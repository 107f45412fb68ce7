import { isDeepStrictEqual } from 'node:util'
import type { AgentRef, Runtime } from 'troupe'
import { expect } from 'vitest'
import { command, dogAgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'
import { until } from './news.ts'
import { Reading, standing } from './stately.ts'

/** Follows a runtime by one way of reading its frames. */
export type Attach = (runtime: Runtime, reading: Reading) => Promise<void>

/** The number of agents, and whether the reader comes before or after them. */
export const arrivals: readonly (readonly [number, 'early' | 'late'])[] = [
  [5, 'early'],
  [5, 'late'],
  [1_000, 'early'],
  [1_000, 'late'],
]

export const dog = dogAgent()

/** The config of a machine in a frame: it names implementations, and holds no functions. */
export function named(config: object): unknown {
  return JSON.parse(JSON.stringify(config, (_, one) => (typeof one === 'function' ? { type: one.name } : one)))
}

export const config = named(dog.machine.config)

/** Checks that the reader has the states of the agents, once the frames have arrived. */
export async function expectSame(reading: Reading, agents: readonly AgentRef[], wait = until): Promise<void> {
  const wanted = () => standing(agents, 'runtime/supervisor', config)
  let seen = -1
  await wait(() => {
    const isNews = reading.events.length !== seen
    seen = reading.events.length
    return isNews && isDeepStrictEqual(reading.of(agents), wanted())
  }).catch(() => {})
  expect(reading.of(agents)).toEqual(wanted())
}

/** Runs steps with so many agents, and checks after each that the reader has their states within `wait`. */
export async function expectFollowed(
  count: number,
  when: 'early' | 'late',
  attach: Attach,
  wait = until,
): Promise<{ runtime: Runtime; reading: Reading; dogs: readonly AgentRef[] }> {
  const { runtime } = await startRuntime()
  const reading = new Reading()
  if (when === 'early') await attach(runtime, reading)
  const dogs = await Promise.all(
    Array.from({ length: count }, (__, place) => runtime.spawn(dog, { name: `dog-${place}` })),
  )
  await Promise.all(dogs.map(one => one.send(command({ word: 'sit' }))))
  await runtime.idle()
  if (when === 'late') await attach(runtime, reading)
  await expectSame(reading, dogs, wait)
  for (const word of ['boom', 'nothing', 'rest', 'sit', 'leave']) {
    await dogs[count - 2]?.send(command({ word }))
    await runtime.idle()
    await expectSame(reading, dogs, wait)
  }
  await dogs[0]?.stop()
  await expectSame(reading, dogs, wait)
  expect(reading.actors.get('runtime/dog-0')?.snapshot).toMatchObject({ status: 'stopped' })
  return { runtime, reading, dogs }
}
