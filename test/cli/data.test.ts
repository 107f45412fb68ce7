import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { linesOf } from '../support/command.ts'
import { troupe } from '../support/here.ts'
import { party as bank } from './bank.ts'
import { party } from './desk.ts'
import { app, copyOf, filesOf, newFolder, work } from './directories.ts'

const bankApp = join(import.meta.dirname, 'bank.ts')
const folder = mkdtempSync(join(tmpdir(), 'troupe-cli-'))
const data = join(folder, 'data')
beforeAll(() => work(data))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(file: string): string {
  writeFileSync(file, 'my notes')
  return file
}

describe('the doctor', () => {
  it('reports on a directory, its parties, the unfinished work, dead letters and readers', async () => {
    const { code, out } = await troupe('doctor', data)
    expect(out).toMatch(/ok {6}files +journal\.db has .* KiB; its last process closed it\./)
    expect(out).toMatch(/ok {6}parties +1 party with 4 agents: p1\./)
    expect(out).toMatch(/ok {6}left to do +1 timer set\./)
    expect(out).toMatch(/remark {2}dead letters +1: 1 failed\. The newest: desk\.ticket\.added for party\/p1\/clerk\./)
    expect(out).toMatch(/ok {6}readers +ledger (is up to date|has \d+ positions yet to read)\./)
    expect(out).toMatch(/remark {2}agents .*\n +With --app MODULE/)
    expect(code).toBe(0)
  })

  it('gives the same report as lines of JSON', async () => {
    const checks = linesOf(await troupe('doctor', data, '--json'))
    expect(checks.at(-1)).toEqual({ kind: 'result', ok: true })
    expect(checks.find(({ check }) => check === 'left to do').figures).toEqual({
      mail: 0,
      timers: 1,
      works: 0,
      held: 0,
    })
  })

  it('compares the agents that were saved with those of the application', async () => {
    const { code, out } = await troupe('doctor', data, '--app', app)
    expect(out).not.toContain('remark  agents')
    expect(code).toBe(0)
    const other = join(newFolder(), 'other.ts')
    writeFileSync(
      other,
      `import { party } from ${JSON.stringify(app)}
       const [first] = party.agents
       export const agents = party.agents.map(one => (one.name === 'reminder' ? { ...one, machine: first.machine } : one))`,
    )
    const found = await troupe('doctor', data, '--app', other)
    expect(found.out).toMatch(/failed {2}p1 +No runtime can go on with it, it is quarantined: .*"reminder" was saved/)
    expect(found.out).toMatch(/ok {6}left to do +1 timer set\./)
    expect(found.code).toBe(1)
  })

  it('names an edited machine with which only a runtime in development goes on', async () => {
    const other = join(newFolder(), 'other.ts')
    writeFileSync(
      other,
      `import { createMachine } from ${JSON.stringify(join(import.meta.dirname, '../../node_modules/xstate/dist/xstate.esm.js'))}
       import { party } from ${JSON.stringify(app)}
       const edited = ({ config }) =>
         createMachine({ ...config, states: { ...config.states, waiting: { ...config.states.waiting, tags: 'late' } } })
       export const agents = party.agents.map(one => (one.name === 'reminder' ? { ...one, machine: edited(one.machine) } : one))`,
    )
    const { code, out } = await troupe('doctor', data, '--app', other)
    expect(out).toMatch(/remark {2}p1 +Agent "reminder" was edited: .* in production it would not\./)
    expect(code).toBe(0)
  })

  it('names a party that cannot be read, and checks the others', async () => {
    const damaged = copyOf(data)
    const db = new DatabaseSync(join(damaged, 'journal.db'))
    db.exec("UPDATE frames SET body = replace(body, 'a lamp', 'a lump')")
    db.close()
    const { code, out } = await troupe('doctor', damaged)
    expect(out).toMatch(/failed {2}p1 +No runtime can go on with it, it is quarantined: The journal holds frame/)
    expect(code).toBe(1)
  })

  it('names the process that has a directory open, and checks the directory too', async () => {
    const used = copyOf(data)
    const program = `
      import { sqliteJournal } from 'troupe/sqlite'
      await sqliteJournal({ directory: process.argv[1] }).partitions()
      console.log('open')
      setInterval(() => {}, 1_000)`
    const args = ['--conditions=troupe-source', '--input-type=module', '--eval', program, used]
    const other = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void other.kill('SIGKILL'))
    await once(other.stdout, 'data')
    const { code, out } = await troupe('doctor', used)
    expect(out).toContain(`process ${other.pid} has it open. A copy of this moment is read.`)
    expect(out).toContain('1 party with 4 agents')
    expect(code).toBe(0)
  })

  it('explains that a directory does not exist, or has no journal', async () => {
    const empty = newFolder()
    expect(await troupe('doctor', join(empty, 'none'))).toMatchObject({ code: 3 })
    const { code, out } = await troupe('doctor', empty)
    expect(out).toContain(`There is no journal.db in "${empty}".`)
    expect(code).toBe(3)
  })
})

describe('a directory of an application', () => {
  it('is not changed by any command', async () => {
    const before = filesOf(data)
    const file = join(newFolder(), 'all.jsonl')
    for (const args of [
      ['doctor', data, '--app', app],
      ['why', 'desk.answer.drafted', data],
      ['replay', data],
      ['replay', data, '--app', app],
      ['record', data, file],
      ['export', data, 'p1'],
    ])
      expect(await troupe(...args), args.join(' ')).toMatchObject({ code: 0 })
    expect(filesOf(data)).toEqual(before)
  })

  it('shows what led to an event', async () => {
    const { code, out, err } = await troupe('why', 'desk.answer.drafted', data)
    expect(out).toMatch(
      /^party\/p1\/writer says desk\.answer\.drafted [^]*because draft is done[^]*somebody outside says/,
    )
    expect(err).toBe(`In the journal in ${data}, the newest of 2:\n`)
    expect(code).toBe(0)
  })

  it('is replayed as events, and with the application as the states of its parties', async () => {
    const events = await troupe('replay', data, '--party', 'p1')
    expect(events.out).toMatch(/^somebody outside says desk\.ticket\.added {"inputId".*\n {4}\d+\.\d s {2}party\/p1 at/)
    expect(events.err).toContain('--app MODULE')
    const states = linesOf(await troupe('replay', data, '--app', app, '--json'))
    expect(states).toMatchObject([{ kind: 'state', party: 'p1', state: { filed: ['a lamp'] } }, { ok: true }])
    const first = linesOf(await troupe('replay', data, '--app', app, '--json', '--to', '0'))
    expect(first).toMatchObject([{ kind: 'result', ok: true, frames: 0 }])
  })

  it('is recorded in a file with all its frames, whose changes are detected', async () => {
    const file = join(newFolder(), 'all.jsonl')
    expect(await troupe('record', data, file, '--app', app)).toMatchObject({ code: 0 })
    expect((await troupe('why', 'desk.answer.drafted', file)).out).toBe(
      (await troupe('why', 'desk.answer.drafted', data)).out,
    )
    const again = await troupe('replay', file, '--app', app)
    expect(again.err).toMatch(
      /ok {6}The file is as it was written\.\n.* They add up to the states that were recorded\./,
    )
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('a lamp', 'a lump'))
    const changed = await troupe('replay', file)
    expect(changed.err).toContain('The file was changed after it was written.')
    expect(changed.code).toBe(1)
  })

  it.each<[string, (directory: string) => string, string, number]>([
    ['its own journal', directory => join(directory, 'journal.db'), 'is in the data directory', 2],
    ['a new file in the directory', directory => join(directory, 'run.jsonl'), 'is in the data directory', 2],
    ['the journal of another directory', () => join(copyOf(data), 'journal.db'), 'is no record', 3],
    ['a file of a person', directory => written(join(directory, '..', 'notes.md')), 'is no record', 3],
  ])('is never recorded over %s', async (_, place, why, code) => {
    const directory = copyOf(data)
    const file = place(directory)
    const before = [filesOf(directory), existsSync(file) && readFileSync(file, 'hex')]
    expect(await troupe('record', directory, file)).toMatchObject({ code, out: '', err: expect.stringContaining(why) })
    expect([filesOf(directory), existsSync(file) && readFileSync(file, 'hex')]).toEqual(before)
  })

  it('has its states replayed and recorded with values that JSON cannot express', async () => {
    const [directory, file] = [join(newFolder(), 'data'), join(newFolder(), 'all.jsonl')]
    const runtime = await createRuntime({ party: bank, journal: sqliteJournal({ directory }), log: 'silent' }).start()
    await runtime.parties.create({ id: 'p1', inputs: [{ inputId: 'first', content: '5' }] })
    await runtime.stop()
    expect(await troupe('record', directory, file, '--app', bankApp)).toMatchObject({ code: 0 })
    const [states, result] = linesOf(await troupe('replay', file, '--app', bankApp, '--json'))
    expect(states).toMatchObject({ state: { sum: '5', coins: [['first', '5']], kinds: ['5'] } })
    expect(result).toMatchObject({ ok: true })
  })

  it('is recorded in a file that only its owner can read, and can be recorded there again', async () => {
    const file = join(newFolder(), 'all.jsonl')
    await troupe('record', data, file)
    expect(await troupe('record', data, file)).toMatchObject({ code: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('gives a party as lines that another runtime can import, and that can be replayed', async () => {
    const { code, out } = await troupe('export', data)
    expect(code).toBe(0)
    const runtime = await createRuntime({ party, log: 'silent' }).start()
    onTestFinished(() => runtime.stop())
    const there = await runtime.parties.import(out.trimEnd().split('\n'))
    expect(there.state).toMatchObject({ filed: ['a lamp'] })
    const file = join(newFolder(), 'p1.jsonl')
    writeFileSync(file, out)
    expect((await troupe('replay', file, '--app', app)).out).toContain("filed: [ 'a lamp' ]")
  })

  it('gives diagrams of the machines of its agents', async () => {
    const { out } = await troupe('export', '--app', app)
    expect(out.match(/^## .*$/gm)).toEqual(['## stylist', '## writer', '## clerk', '## reminder'])
    expect(out).toContain('resting --> waiting : desk.answer.drafted')
  })
})
