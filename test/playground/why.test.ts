import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Causes, type Frame, memoryJournal } from 'troupe'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { findScenario } from '../../playground/stage/find.ts'
import { playScenario } from '../../playground/stage/play.ts'
import type { Scenario } from '../../playground/stage/scenario.ts'
import { linesOf } from '../support/command.ts'
import { asked, clerk, heard, visitor } from '../support/desk.ts'
import { plan, play } from '../support/here.ts'
import { startRuntime } from '../support/runtime.ts'

const known = new Map<string, Promise<Causes>>()

/** Plays each scenario once. */
function causesOf(scenario: Scenario): Promise<Causes> {
  const found = known.get(scenario.id) ?? played(scenario)
  known.set(scenario.id, found)
  return found
}

async function played(scenario: Scenario): Promise<Causes> {
  const frames: Frame[] = []
  await playScenario(scenario, { onFrame: frame => void frames.push(frame) })
  return new Causes(frames)
}

/** The causes of the newest event of a type, one sentence each. */
async function chainOf(type: string, name: string): Promise<readonly string[]> {
  const causes = await causesOf(await findScenario(name))
  return causes.chain(causes.find(type).at(-1)?.id ?? '').map(({ what }) => what)
}

describe('the chain of causes of an event', () => {
  it('leads through outside work, and the agents that heard and said events', async () => {
    expect(await chainOf('party.plan.updated', 'add-remove-cascade')).toEqual([
      'party/garden/final-planner says party.plan.updated',
      'write-plan is done, for party/garden/final-planner',
      'party/garden/budget says party.budget.updated',
      'total-budget is done, for party/garden/budget',
      'party/garden/input-analyzer says party.agent.data_removed',
      'somebody outside says party.input.removed',
    ])
  })

  it('leads through refused requests', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ journal, agents: [clerk(), visitor()] })
    await runtime.bus.publish(asked({ id: 'nobody' }))
    await runtime.idle()
    const frames: Frame[] = []
    for await (const frame of journal.read('runtime')) frames.push(frame)
    const causes = new Causes(frames)
    const [event] = causes.find(heard.type)
    expect(causes.chain(event?.id ?? '').map(({ what }) => what)).toEqual([
      'runtime/visitor says desk.heard',
      'runtime/clerk refuses',
      'runtime/visitor asks runtime/clerk desk.whois',
      'somebody outside says desk.asked',
    ])
  })

  it('leads through requests and their answers', async () => {
    expect((await chainOf('anniversary.settled', 'saga')).slice(0, 4)).toEqual([
      'party/ann-and-bob/booking says anniversary.settled',
      'party/ann-and-bob/band answers',
      'party/ann-and-bob/booking asks party/ann-and-bob/band shop.cancel',
      'party/ann-and-bob/hall answers',
    ])
  })

  it('leads through requests without an answer', async () => {
    expect(await chainOf('tent.settled', 'slow-vendor-timeout')).toEqual([
      'runtime/planner says tent.settled',
      'the ask tent.price fails, for runtime/planner',
      'somebody outside says tent.wanted',
    ])
  })

  it('leads through timers, and from one process to the next', async () => {
    expect(await chainOf('cake.due', 'crash-recover')).toEqual([
      'party/wedding/host says cake.due',
      '60000 ms are over for party/wedding/host',
      'somebody outside says cake.ordered',
    ])
  })
})

describe('the command why', () => {
  function newPath(name: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'troupe-why-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return join(folder, name)
  }

  it('looks for the event in all scenarios if no place is given', async () => {
    const { code, out, err } = await play('why', 'tent.settled')
    expect(code).toBe(0)
    // If that takes long, the progress bar is printed before.
    expect(err).toMatch(/^In the scenario slow-vendor-timeout, seed 1:\n$/m)
    expect(out).toBe(`runtime/planner says tent.settled {"outcome":"no tent"}
    2.0 s  runtime at 26
because the ask tent.price fails, for runtime/planner {"code":"ASK_TIMEOUT","message":"\\"runtime/vendor\\" did not answer \\"tent.price\\" within 2000 ms. G...
    2.0 s  runtime at 23
because somebody outside says tent.wanted {}
    0.0 s  runtime at 14
`)
  })

  it('finds it in a record by its id, and gives JSON Lines on demand', async () => {
    const file = newPath('run.jsonl')
    await play('run', 'debounce', '--record', file, '--quiet')
    const newest = linesOf(await play('why', 'guests.printed', file, '--json'))
    expect(newest.at(-1)).toEqual({ kind: 'result', ok: true, where: `the record ${file}`, links: 3, others: 2 })
    const [link] = newest
    expect(link).toMatchObject({ kind: 'link', what: 'runtime/printer says guests.printed', time: /Z$/ })
    expect(linesOf(await play('why', link.id, file, '--json')).slice(0, -1)).toEqual(newest.slice(0, -1))
  })

  it('finds it in the journal that npm start has kept', async () => {
    const directory = newPath('parties')
    expect(await plan('--data', directory, 'vegan cake')).toMatchObject({ code: 0 })
    const { code, out } = await play('why', 'party.plan.updated', directory)
    expect(code).toBe(0)
    expect(out).toMatch(/^party\/[\w-]+\/final-planner says party\.plan\.updated \{/)
    expect(out).toMatch(/\nbecause somebody outside says party\.input\.added \{.*vegan cake/)
  })

  it.each([
    ['an unknown event', ['why', 'tent.setled', 'slow-vendor-timeout'], 'Did you mean "tent.settled"?'],
    ['an unknown event without a similar one', ['why', 'x', 'own-agent'], 'It has: door.arrived, door.greeted.'],
    ['no event', ['why'], 'Name one event'],
    [
      'an unknown scenario',
      ['why', 'tent.settled', 'slow-vendor'],
      'There is no scenario, record or directory "slow-vendor".',
    ],
    ['a directory without a journal', ['why', 'tent.settled', tmpdir()], 'There is no journal in'],
  ])('ends with 2 on %s', async (_, args, said) => {
    expect(await play(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) })
  })

  it('ends with 2 on an id without a place', async () => {
    const { out } = await play('why', 'party.plan.updated', '--json')
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(out.split('\n')[0] ?? ''))
    expect(await play('why', id)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('is an id, and every run has its own.'),
    })
  })
})
