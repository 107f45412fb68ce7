import { equal, rejects } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentTypes, defineAgent, defineEvent, defineRequest, type Frame } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { findScenarios } from '../../playground/stage/find.ts'
import { type Played, playScenario } from '../../playground/stage/play.ts'
import { defineScenario, type Scenario } from '../../playground/stage/scenario.ts'
import { withAsleep } from '../support/asleep.ts'
import { suiteJournal } from '../support/runtime.ts'

const scenarios = await findScenarios()

/** The same scenario with agents that do nothing. */
const allAsleep = (scenario: Scenario) => withAsleep(scenario, () => true)

/** All frames of a run, as text. */
async function historyOf(scenario: Scenario, seed: number): Promise<string> {
  const frames: Frame[] = []
  await playScenario(scenario, { onFrame: frame => void frames.push(frame), seed })
  return JSON.stringify(frames)
}

describe.each(scenarios)('the scenario $id', scenario => {
  const frames: Frame[] = []
  let playing: Promise<Played> | undefined
  /** Plays the scenario once. All asserts check this run, and other runs are compared with its history. */
  const played = () =>
    (playing ??= playScenario(scenario, { journal: suiteJournal(), onFrame: frame => void frames.push(frame) }))

  it.each(scenario.asserts)('shows: $that', async ({ that }) => {
    const { steps, asserts } = await played()
    expect(steps.filter(({ done }) => !done)).toEqual([])
    expect(asserts).toContainEqual({ that, holds: true })
  })

  it('fails when its agents do nothing', async () => {
    expect(await playScenario(allAsleep(scenario))).toMatchObject({ ok: false })
  })

  it('has another history with another seed', async () => {
    await played()
    const first = JSON.stringify(frames)
    expect(first.length).toBeGreaterThan(1_000)
    expect(await historyOf(scenario, scenario.seed + 1)).not.toBe(first)
  })

  it('has a row with its description in the README', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../playground/scenarios/README.md'), 'utf8')
    expect(readme).toContain(`| [${scenario.id}](${scenario.id}.ts) | ${scenario.shows} |\n`)
  })
})

describe('a folder of scenarios', () => {
  it('holds one in each file', () => {
    expect(scenarios).not.toEqual([])
  })

  it('is refused with the name of a file without a scenario', async () => {
    await expect(findScenarios(new URL('../../src/values/', import.meta.url))).rejects.toThrow(
      /values\/.*\.ts has no scenario/,
    )
  })
})

describe('playing a scenario', () => {
  const rung = defineEvent('door.rung', z.object({}))
  const opened = defineEvent('door.opened', z.object({}))
  const sing = defineRequest('door.sing', { input: z.object({}), output: z.object({}) })
  const hears = [rung, sing]

  /** Opens when the bell rings, and hears songs without saying anything. */
  const porter = defineAgent({
    name: 'porter',
    hears,
    says: [opened],
    machine: setup({ types: agentTypes({ context: { songs: 0 }, hears, says: [opened] }) }).createMachine({
      context: { songs: 0 },
      on: {
        'door.rung': { actions: emit(() => opened({})) },
        'door.sing': { actions: assign(({ context }) => ({ songs: context.songs + 1 })) },
      },
    }),
  })
  const door = defineScenario({
    id: 'door',
    title: 'A door',
    shows: 'Who rings is let in.',
    seed: 7,
    runtime: { agents: [porter] },
    steps: [{ does: 'A guest rings.', run: ({ runtime }) => runtime.bus.publish(rung({})), idle: true }],
    asserts: [{ that: 'The door opens once.', check: ({ said }) => equal(said(opened).length, 1) }],
  })

  it('reports the steps, and the asserts that hold', async () => {
    expect(await playScenario(door)).toEqual({
      id: 'door',
      seed: 7,
      ok: true,
      steps: [{ does: 'A guest rings.', at: 0, done: true }],
      asserts: [{ that: 'The door opens once.', holds: true }],
    })
  })

  it('reports why an assert does not hold', async () => {
    expect(await playScenario(allAsleep(door))).toMatchObject({
      ok: false,
      steps: [{ done: true }],
      asserts: [{ holds: false, why: expect.stringContaining('0 !== 1') }],
    })
  })

  it('ends with the step that fails, reports why, and still checks all asserts', async () => {
    const burgled = {
      ...door,
      steps: [
        ...door.steps,
        {
          does: 'A burglar comes.',
          run: () => {
            throw new Error('There is a dog.')
          },
        },
        ...door.steps,
      ],
    }
    expect(await playScenario(burgled)).toMatchObject({
      ok: false,
      steps: [{ done: true }, { does: 'A burglar comes.', done: false, why: 'There is a dog.' }],
      asserts: [{ holds: true }],
    })
  })

  it('advances the clock while an asker waits for an answer that never comes', async () => {
    const serenade = defineScenario({
      ...door,
      steps: [
        {
          does: 'A guest sings for two seconds.',
          run: ({ runtime, pass }) => {
            const sung = runtime.ask('runtime/porter', sing, {}, { deadline: 2_000 })
            return Promise.all([rejects(sung, { code: 'ASK_TIMEOUT' }), pass(2_000)])
          },
        },
        ...door.steps,
      ],
    })
    expect(await playScenario(serenade)).toMatchObject({ ok: true, steps: [{ at: 0 }, { at: 2_000 }] })
  })
})
