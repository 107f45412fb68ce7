import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { findScenarios } from '../../playground/stage/find.ts'
import { play } from '../support/command.ts'
import { drawnIn, inTerminal, keys, type TerminalOptions } from '../support/terminal.ts'

const ids = (await findScenarios()).map(({ id }) => id)
const cli = join(import.meta.dirname, '../../playground/play/cli.ts')
const stubborn = join(import.meta.dirname, 'stubborn.ts')

/** Starts the command that plays scenarios, as a person would. */
const playing = (args: readonly string[], options?: TerminalOptions) => inTerminal(cli, args, options)

/** The first scenario takes eleven seconds of simulated time, and the others none. */
const long = ['run', 'debounce', 'own-agent', 'saga', '--speed']
const bar = '[#######-------------] 1/3 scenarios, about '
const lineOfBar = /^\[#######-------------\] 1\/3 scenarios, about \d+ s to go$/m
const escape = '\u001b'

// `script` has other options on other systems. Each test starts a process, on a machine that may be busy.
describe.skipIf(process.platform !== 'linux')(
  'the command that plays scenarios, at a terminal',
  { timeout: 60_000 },
  () => {
    it('lists the scenarios when none is named, and plays the chosen one', async () => {
      const { shows, type, ended } = playing([])
      await shows('to navigate')
      type(keys.down.repeat(ids.indexOf('own-agent')))
      await shows('(A porter who greets guests)')
      type(keys.enter)
      const { code, written } = await ended
      expect(code).toBe(0)
      for (const id of ids) expect(stripVTControlCharacters(written)).toContain(` ${id}`)
      expect(written).toContain('own-agent: A porter who greets guests (seed 1)\n')
    })

    it('ends with 130 when none is chosen', async () => {
      const { shows, type, ended } = playing([])
      await shows('to navigate')
      type(keys.interrupt)
      const { code, written } = await ended
      expect(code).toBe(130)
      expect(written).not.toContain('(seed')
    })

    it('draws a progress bar in place when a run takes more than a second', async () => {
      const seen = await playing([...long, '8']).ended
      expect(seen.code).toBe(0)
      expect(seen.written).toContain(bar)
      const left = drawnIn(seen).map(line => line.at(-1))
      expect(left).toContain('own-agent: A porter who greets guests (seed 1)')
      expect(left.filter(line => line?.includes('scenarios, about'))).toEqual([])
    })

    it('draws no more than fits into a line', async () => {
      const drawn = drawnIn(await playing([...long, '8'], { columns: 40 }).ended).flat()
      const bars = drawn.filter(text => text.startsWith('[#'))
      expect(bars).toContain(bar.slice(0, 39))
      expect(bars.filter(text => text.length > 39)).toEqual([])
    })

    it('ends in order with 130 when it is interrupted, and names the scenarios that were not played', async () => {
      const { shows, type, ended } = playing(['run', 'watchdog', 'saga', '--real-time'])
      await shows('watchdog: A DJ')
      type(keys.interrupt)
      const { code, written } = await ended
      expect(code).toBe(130)
      expect(written).toContain('2 scenarios: 0 ok, 0 failed, 2 not played\n')
    })

    it('ends at once with 130 when it is interrupted again', async () => {
      const { shows, type, ended } = inTerminal(stubborn, [])
      await shows('It works.')
      type(keys.interrupt)
      await shows('It stops in order.')
      type(keys.interrupt)
      expect((await ended).code).toBe(130)
    })

    it('shows colours, unless they are turned off', async () => {
      const green = `${escape}[32m`
      expect((await playing(['run', 'saga']).ended).written).toContain(green)
      for (const { written } of await Promise.all([
        playing(['run', 'saga', '--no-color']).ended,
        playing(['run', 'saga'], { env: { NO_COLOR: '1' } }).ended,
      ])) {
        expect(written).toContain('✓ ok ')
        expect(written).not.toContain(`${escape}[`)
      }
    })

    it('writes plain lines in a terminal that cannot draw', async () => {
      const env = { TERM: 'dumb' }
      const [listed, ran] = await Promise.all([playing([], { env }).ended, playing([...long, '4'], { env }).ended])
      expect(listed.code).toBe(0)
      for (const id of ids) expect(listed.written).toMatch(new RegExp(`^${id} `, 'm'))
      expect(ran.code).toBe(0)
      expect(ran.written).toMatch(lineOfBar)
      for (const { written } of [listed, ran]) expect(written).not.toContain(escape)
    })
  },
)

describe('the command that plays scenarios, in a pipe', { timeout: 60_000 }, () => {
  it('prints a line with its progress every two seconds', async () => {
    const { code, err } = await play(...long, '4')
    expect(code).toBe(0)
    expect(err).toMatch(lineOfBar)
    expect(err).not.toContain(escape)
  })
})
