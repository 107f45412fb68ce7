import { describe, expect, it } from 'vitest'
import { findScenarios } from '../../playground/stage/find.ts'
import { linesOf, play } from '../support/command.ts'
import * as here from '../support/here.ts'

/** Some tests start processes, on a machine that may be busy. */
describe('the command that plays scenarios', { timeout: 60_000 }, () => {
  it('lists the scenarios by name, also when none is named and there is no terminal', async () => {
    const listed = await play('list')
    expect(listed).toMatchObject({ code: 0, err: '' })
    for (const { id, title } of await findScenarios()) expect(listed.out).toMatch(new RegExp(`^${id} +${title}$`, 'm'))
    expect(await here.play()).toEqual(listed)
  })

  it('lists the scenarios as JSON Lines on demand', async () => {
    const listed = linesOf(await here.play('list', '--json'))
    expect(listed).toHaveLength((await findScenarios()).length)
    expect(listed).toContainEqual({
      kind: 'scenario',
      id: 'saga',
      title: 'Two anniversaries, one with too high a cake',
      shows: expect.any(String),
      seed: 1,
      steps: expect.arrayContaining([expect.any(String)]),
      asserts: expect.arrayContaining(['Nothing is left for a person to cancel.']),
    })
  })

  it('prints each step and each assert on stderr, without colours in pipes', async () => {
    const { code, out, err } = await here.play('run', 'debounce')
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).toContain('debounce: Guest lists that change faster than they are printed (seed 1)\n')
    expect(err).toContain('✓ done    0.9 s  Ten seconds pass.\n')
    expect(err).toContain('✓ holds   The first list is printed at once')
    expect(err).toMatch(/✓ ok {6}3 of 3 hold, \d+ ms\n/)
    expect(err).not.toContain('\u001b[')
  })

  it('prints nothing but JSON Lines on stdout on demand: frames, and last the result', async () => {
    const ran = await here.play('run', 'saga', '--json', '--seed', '7')
    expect(ran).toMatchObject({ code: 0, err: '' })
    const lines = linesOf(ran)
    const frames = lines.slice(0, -1)
    expect(frames.length).toBeGreaterThan(10)
    for (const line of frames)
      expect(line).toMatchObject({ kind: 'frame', scenario: 'saga', time: expect.stringMatching(/Z$/) })
    expect(lines.at(-1)).toEqual({
      kind: 'result',
      ok: true,
      id: 'saga',
      seed: 7,
      ms: expect.any(Number),
      asserts: expect.arrayContaining([{ that: 'Ida and Otto get all three.', holds: true }]),
    })
  })

  it('prints the same frames for the same seed, and different ones for a different seed', async () => {
    const framesOf = async (seed: string) =>
      linesOf(await here.play('run', 'watchdog', '--json', '--seed', seed)).slice(0, -1)
    const first = await framesOf('3')
    expect(await framesOf('3')).toEqual(first)
    expect(await framesOf('4')).not.toEqual(first)
  })

  it('prints nothing with --quiet when nothing fails', async () => {
    expect(await here.play('run', 'saga', 'debounce', '--quiet')).toEqual({ code: 0, out: '', err: '' })
  })

  it('draws the machines of a scenario, or prints them as JSON Lines', async () => {
    const drawn = await here.play('export', 'watchdog', '--mermaid')
    expect(drawn).toMatchObject({ code: 0, err: '' })
    expect(drawn.out).toContain('## host\n\n```mermaid\nstateDiagram-v2\n  [*] --> dancing\n')
    const agents = linesOf(await here.play('export', 'watchdog', '--json'))
    expect(agents).toMatchObject([
      { kind: 'agent', name: 'host', hears: ['dance.beat'], says: ['dance.silence'], machine: { initial: 'dancing' } },
      { kind: 'agent', name: 'dj' },
    ])
  })

  it('prints its help', async () => {
    const { code, out } = await here.play('--help')
    expect(code).toBe(0)
    expect(out).toContain('npm run play -- [command] [options]')
  })

  it.each([
    ['an unknown command', ['rnu', 'saga'], 'There is no command "rnu". Did you mean "run"?'],
    ['an unknown scenario', ['run', 'sagga'], 'There is no scenario "sagga". Did you mean "saga"?'],
    ['an unknown option', ['run', 'saga', '--sede', '7'], 'There is no option "--sede". Did you mean "seed"?'],
    ['an option of another command', ['list', '--seed', '7'], '--seed is not an option of list.'],
    ['no name', ['run'], 'Which one?'],
    ['all and one name', ['run', '--all', 'saga'], 'Name scenarios, or say --all, not both.'],
    ['an invalid seed', ['run', 'saga', '--seed', 'x'], '--seed is "x". Give a whole number'],
    ['an invalid speed', ['run', 'saga', '--speed', '0'], '--speed is "0". Give a number above 0'],
    ['an invalid time', ['run', 'saga', '--timeout', '9'], '--timeout is "9". Say for example 30s'],
  ])('ends with 2 on %s, and says what to type', async (_, args, said) => {
    const { code, out, err } = await here.play(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(said)
  })

  it('ends with 4 when a scenario takes longer than its limit, and says how to play it again', async () => {
    const ran = await here.play('run', 'watchdog', '--real-time', '--timeout', '50ms', '--json', '--verbose')
    expect(ran.code).toBe(4)
    expect(linesOf(ran).at(-1)).toMatchObject({ ok: false, id: 'watchdog', why: expect.stringContaining('50 ms') })
    expect(ran.err).toContain('Play it again: npm run play -- run watchdog --seed 1')
  })
})
