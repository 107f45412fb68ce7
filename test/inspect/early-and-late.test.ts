import { statelySource } from 'troupe/inspect'
import { describe, expect, it } from 'vitest'
import { findScenarios } from '../../playground/stage/find.ts'
import { type Playing, playScenario } from '../../playground/stage/play.ts'
import { Reading } from './stately.ts'

function read(runtime: Playing): Reading {
  const reading = new Reading()
  statelySource(runtime)(event => {
    reading.read(event)
    return true
  })
  return reading
}

/** The newest state of all actors that a viewer got. */
const there = ({ actors }: Reading) =>
  new Map([...actors].filter(([, { snapshot }]) => !('status' in snapshot) || snapshot.status === 'active'))

describe.each(await findScenarios())('a viewer of the scenario $id from its beginning', scenario => {
  it('has in the end the same states as a viewer that connects then', async () => {
    let early: Reading | undefined
    await playScenario(scenario, {
      onStart: runtime => {
        early = read(runtime)
      },
      onEnd: runtime => {
        const late = read(runtime)
        expect(late.actors.size).toBeGreaterThan(0)
        expect(early && there(early)).toEqual(there(late))
      },
    })
    expect(early).toBeDefined()
  })
})
