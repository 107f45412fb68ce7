import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { browserAt } from '../../playground/play/doctor/browser.ts'
import { journal, judged } from '../../playground/play/doctor/journal.ts'
import { inNewFolder } from '../../playground/play/doctor/new-folder.ts'
import { nodeVersion } from '../../playground/play/doctor/node-version.ts'
import { optionalPackages } from '../../playground/play/doctor/optional-packages.ts'
import { packages } from '../../playground/play/doctor/packages.ts'
import { port } from '../../playground/play/doctor/port.ts'
import { processes } from '../../playground/play/doctor/processes.ts'
import { terminal } from '../../playground/play/doctor/terminal.ts'
import { writable } from '../../playground/play/doctor/writable.ts'
import type { Check, Finding } from '../../src/cli/doctor/check.ts'
import { consulted } from '../../src/cli/doctor/consult.ts'
import { isWithin } from '../../src/cli/doctor/range.ts'
import * as here from '../support/here.ts'

const { signal } = new AbortController()

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-patient-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A project with this package.json and these packages, each with its version and its program. */
function projectWith(manifest: object, installed: Readonly<Record<string, readonly [string, string]>> = {}): string {
  const root = newFolder()
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest))
  for (const [name, [version, program]] of Object.entries(installed)) {
    const folder = join(root, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }))
    writeFileSync(join(folder, 'index.js'), program)
  }
  return root
}

const linesOf = (out: string): readonly Finding[] =>
  out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

describe('the doctor', () => {
  it('reports that this machine is ready, with a line for each check on stderr', { timeout: 60_000 }, async () => {
    const { code, out, err } = await here.play('doctor')
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).toMatch(/^✓ ok {6}packages +All \d+ packages are those that package.json names.$/m)
    expect(err).toMatch(/^✓ ok {6}Everything here can run.$/m)
    expect(err).not.toContain('\u001b[')
  })

  it('gives the same report as JSON Lines on demand, with a summary as the last line', {
    timeout: 60_000,
  }, async () => {
    const { code, out, err } = await here.play('doctor', '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = linesOf(out)
    expect(lines.at(-1)).toEqual({ kind: 'result', ok: true })
    const names = ['node', 'packages', 'optional packages', 'temporary files', 'present directory']
    const others = ['journal', 'processes', 'port', 'browser', 'terminal']
    expect(lines.slice(0, -1).map(({ check }) => check)).toEqual([...names, ...others])
    for (const line of lines.slice(0, -1)) expect(line).toMatchObject({ kind: 'check', says: expect.any(String) })
    const { figures } = lines.find(({ check }) => check === 'journal') ?? {}
    expect(figures).toEqual({ 'append ms': expect.any(Number), 'flush ms': expect.any(Number) })
  })

  it('waits for each check up to its limit, and goes on with the next', async () => {
    const findings: Finding[] = []
    const checks: readonly Check[] = [
      { name: 'endless', look: () => new Promise(() => {}) },
      { name: 'next', look: () => ({ how: 'ok', says: 'It is there.' }) },
    ]
    expect(await consulted(checks, { limit: 10, signal, told: one => findings.push(one) })).toBe(false)
    expect(findings).toEqual([
      { check: 'endless', how: 'failed', says: 'It took more than 10 ms.' },
      { check: 'next', how: 'ok', says: 'It is there.' },
    ])
  })

  it('does not count remarks as failures, and counts thrown errors', async () => {
    const of = (look: Check['look']) => consulted([{ name: 'one', look }], { signal, told: () => {} })
    expect(await of(() => ({ how: 'remark', says: 'It is slow.' }))).toBe(true)
    expect(await of(() => Promise.reject(new Error('It is broken.')))).toBe(false)
  })

  it('stops at once when its signal is aborted', async () => {
    const interruption = new AbortController()
    const findings: Finding[] = []
    const checks: readonly Check[] = [
      { name: 'one', look: () => new Promise(() => interruption.abort(new Error('Enough.'))) },
      { name: 'next', look: () => ({ how: 'ok', says: 'It is there.' }) },
    ]
    const consultation = consulted(checks, { signal: interruption.signal, told: one => findings.push(one) })
    await expect(consultation).rejects.toThrow('Enough.')
    expect(findings).toEqual([])
  })
})

describe('packages', () => {
  it('are as package.json declares them, or each wrong package is named with the fault', () => {
    const manifest = { dependencies: { cake: '1.2.3', pizza: '2.0.0' }, devDependencies: { oven: '3.0.0' } }
    const cake = ['1.2.3', ''] as const
    expect(packages(projectWith(manifest, { cake, pizza: ['1.9.0', ''] }))).toEqual({
      how: 'failed',
      says: 'pizza is 1.9.0 instead of 2.0.0, oven is not installed.',
      fix: 'Install them: npm ci',
    })
    const all = { cake, pizza: ['2.0.0', ''], oven: ['3.0.0', ''] } as const
    expect(packages(projectWith(manifest, all))).toMatchObject({ how: 'ok' })
  })

  it('that are missing are counted if there are many', () => {
    const dependencies = Object.fromEntries('abcdefg'.split('').map(name => [name, '1.0.0']))
    expect(packages(projectWith({ dependencies })).says).toContain('e is not installed, and 2 more are wrong.')
  })

  it('that parts of Troupe need must be installed, in the declared range, and must load', async () => {
    const root = projectWith(
      {
        peerDependencies: { missing: '^1.0.0', old: '^2.1.0', broken: '^1.0.0', well: '^1.0.0', needed: '^1.0.0' },
        peerDependenciesMeta: {
          missing: { optional: true },
          old: { optional: true },
          broken: { optional: true },
          well: { optional: true },
        },
      },
      { old: ['2.0.9', ''], broken: ['1.0.0', 'throw new Error("No engine.")'], well: ['1.7.0', ''] },
    )
    expect(await optionalPackages(root)).toEqual({
      how: 'failed',
      says: 'missing is not installed. old is 2.0.9, but ^2.1.0 is needed. broken 1.0.0 cannot be loaded: No engine.',
      fix: 'Install them: npm ci',
    })
  })

  it.each([
    ['24.21.0', '>=22.13', true],
    ['22.12.9', '>=22.13', false],
    ['8.23.0', '^8.20.0', true],
    ['9.0.0', '^8.20.0', false],
    ['8.19.9', '^8.20.0', false],
    ['0.7.9', '^0.7.2', true],
    ['0.8.0', '^0.7.2', false],
    ['8.20.0-beta.1', '^8.20.0', true],
  ])('%s is in the range %s: %s', (version, range, is) => {
    expect(isWithin(version, range)).toBe(is)
  })

  it('with a range that cannot be read give an error', () => {
    expect(() => isWithin('1.0.0', '1.x || 2.x')).toThrow('The range "1.x || 2.x" cannot be read.')
  })
})

describe('a machine', () => {
  it('with an old Node gets advice on how to install a new one', () => {
    const root = projectWith({ engines: { node: '>=22.13' } })
    expect(nodeVersion(root, '22.13.0')).toMatchObject({ how: 'ok' })
    expect(nodeVersion(root, '20.19.0')).toEqual({
      how: 'failed',
      says: 'Node is 20.19.0, but >=22.13 is needed.',
      fix: expect.stringContaining('npm run'),
    })
  })

  it('has no files left after the check of writing', async () => {
    const folder = newFolder()
    expect(await writable(folder, '', signal)).toEqual({ how: 'ok', says: `${folder} can be written to.` })
    expect(await journal(folder, signal)).toMatchObject({ figures: { 'append ms': expect.any(Number) } })
    expect(readdirSync(folder)).toEqual([])
  })

  it('has no files left when a check takes too long', async () => {
    const folder = newFolder()
    const late = new AbortController()
    await inNewFolder(folder, late.signal, async inner => {
      writeFileSync(join(inner, 'file'), '')
      late.abort(new Error('Too late.'))
      expect(readdirSync(folder)).toEqual([])
    })
  })

  it('that cannot be written to gets the place, and what to do', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    const below = join(file, 'below')
    expect(await writable(below, 'Use another one.', signal)).toEqual({
      how: 'failed',
      says: expect.stringMatching(/^.*below cannot be written to: ENOTDIR/),
      fix: 'Use another one.',
    })
    expect(await journal(file, signal)).toMatchObject({
      how: 'failed',
      says: expect.stringContaining('ENOTDIR'),
      fix: expect.stringContaining('TMPDIR'),
    })
  })

  it('whose disk acknowledges too early gets a remark, and not a failure', () => {
    expect(judged('/data', 0.2, 0.1)).toEqual({
      how: 'ok',
      says: 'SQLite in /data gives back what it was given; a frame is on the disk after 0.20 ms.',
      figures: { 'append ms': 0.2, 'flush ms': 0.1 },
    })
    expect(judged('/data', 0.2, 0.001_573)).toMatchObject({
      how: 'remark',
      says: expect.stringContaining('That disk says after 0.0016 ms that it has written, sooner than a disk can'),
    })
  })

  it('that cannot start or kill a process gets that as a failure', async () => {
    expect(await processes(process.execPath, signal)).toMatchObject({ how: 'ok' })
    expect(await processes(join(newFolder(), 'node'), signal)).toMatchObject({
      how: 'failed',
      says: expect.stringContaining('No process can be begun: spawn'),
    })
  })

  it('gets the number of a free port when one is taken', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const taken = typeof address === 'object' && address ? address.port : 0
    const { how, says, figures } = await port(taken, signal)
    expect(how).toBe('remark')
    expect(says).toMatch(new RegExp(`^Port ${taken} is taken`))
    expect(figures?.['port']).toBeGreaterThan(taken)
  })

  it('gets a remark that there is no browser, and how to install one', () => {
    expect(browserAt(process.execPath).how).toBe('ok')
    expect(browserAt(join(newFolder(), 'chromium'))).toMatchObject({
      how: 'remark',
      fix: expect.stringContaining('apt-get install chromium'),
    })
  })

  it('gets the finding whether it has a terminal, and colours', () => {
    expect(terminal(new PassThrough())).toMatchObject({ how: 'remark', says: expect.stringContaining('no terminal') })
    const screen = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 1 })
    expect(terminal(screen)).toEqual({ how: 'ok', says: 'stderr is a terminal, without colours.' })
  })
})
