import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkNode } from '../../src/node-version.ts'
import { troupe } from '../support/here.ts'
import { app, newFolder } from './directories.ts'

describe('the command line', () => {
  it('lists its commands, in lines that fit into a terminal', async () => {
    const { code, out } = await troupe()
    expect(out).toMatch(/doctor \[DIR\][^]*why EVENT WHERE[^]*Exit codes/)
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(code).toBe(0)
    expect(await troupe('why', '--help')).toEqual({ code: 0, out, err: '' })
  })

  it.each([
    [['doctr'], 'There is no command "doctr". Did you mean "doctor"?'],
    [['vegan cake'], 'There is no command "vegan cake". There are: doctor, why, replay, record, export, inspect.'],
    [['doctor', '--jsn'], 'There is no option "--jsn". Did you mean "json"?'],
    [['--json'], '--json of which command? See --help.'],
    [['why', 'x'], 'Say: troupe why EVENT WHERE'],
    [['why', 'x', 'y', '--to', '3'], '--to is not an option of why. See --help.'],
    [['replay', '--to', 'x', 'y'], '--to is "x". Give a whole number, for example --to 7.'],
    [['export'], 'Export what? export DIR [PARTY], or export --app FILE for the machines of its agents.'],
    [['inspect'], 'Inspect what? inspect DIR, or inspect --app MODULE, a module that exports a runtime.'],
    [['replay', 'none'], 'There is no directory or file "none".'],
    [['replay', import.meta.dirname], `There is no journal in "${import.meta.dirname}".`],
    [['doctor', '--app', 'none.js'], 'There is no module "none.js". Name the file: --app ./src/app.js'],
    [['inspect', '--app', app], `"${app}" exports no runtime.`],
  ])('explains in a sentence what is wrong with %j', async (args, sentence) => {
    const { code, out, err } = await troupe(...args)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(err).toContain(sentence)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  it('explains in a sentence why a file cannot be written', async () => {
    const { err } = await troupe('replay', join(import.meta.dirname, 'desk.ts'))
    expect(err).toMatch(/^Line 1 of ".*desk\.ts" cannot be read as part of a record: .*\n$/)
    expect(newFolder()).toBeTruthy()
  })
})

describe('the check of the version of Node', () => {
  it.each(['20.20.2', '22.12.0', '18.0.0'])('refuses an old version with a sentence: %s', version => {
    expect(() => checkNode(version)).toThrow(
      `Troupe needs Node 22.13 or newer, and this is ${version}. Install a newer one: https://nodejs.org.`,
    )
  })

  it.each(['22.13.0', '24.0.0', '100.1.2'])('accepts a new version: %s', version => {
    expect(() => checkNode(version)).not.toThrow()
  })
})
