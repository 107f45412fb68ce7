import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { printable, visible } from '../../src/cli/visible.ts'
import { linesOf, type Ran } from '../support/command.ts'
import { plan, play } from '../support/here.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-untrusted-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Sequences that control a terminal: colours, a title, an erased screen, a return, a bell, and the same in single characters. */
const evil = '\u001b[31m\u001b]0;title\u0007\u001b[2J\r\b\u0000\u007f\u009b2J\u0085\u202e\u2066\u2028'
const obeyed = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

function expectClean({ out, err }: Ran): void {
  expect(out).not.toMatch(obeyed)
  expect(err).not.toMatch(obeyed)
}

let record = ''
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-untrusted-'))
  await play('run', 'saga', '--record', join(folder, 'run.jsonl'), '--quiet')
  record = readFileSync(join(folder, 'run.jsonl'), 'utf8')
  rmSync(folder, { recursive: true })
})

/** A record of the scenario `saga` with a text replaced everywhere, with raw characters as far as JSON allows. */
function tamperedRecord(text: string | RegExp, by: string): string {
  const file = join(newFolder(), 'run.jsonl')
  writeFileSync(file, record.replaceAll(text, JSON.stringify(by).slice(1, -1)))
  return file
}

describe('the output for a file that may come from anyone', () => {
  it.each([
    ['a payload', /(?<="what":")hall/g],
    ['an id of a party', /ida-and-otto/g],
    ['a type', /anniversary\.settled/g],
    ['an agent', /(?<=party\/[a-z-]+\/)booking/g],
    ['a version of Node', /(?<="node":")[\d.]+/g],
    ['a field', /(?<=")what(?=":)/g],
  ])('has no control sequences, also if %s has them', async (_, text) => {
    const file = tamperedRecord(text, evil)
    expectClean(await play('replay', file))
    expectClean(await play('why', 'anniversary.booked', file))
    expectClean(await play('why', 'anniversary.settled', file, '--json'))
  })

  it('is unchanged in lines of JSON', async () => {
    const file = tamperedRecord(/(?<="what":")hall/g, evil)
    const ran = await play('why', 'anniversary.booked', file, '--json')
    expect(linesOf(ran)).toContainEqual(expect.objectContaining({ data: { what: evil } }))
  })

  it.each([
    ['a scenario', ['run', evil]],
    ['an option', ['run', `--${evil}`]],
    ['a command', [evil]],
    ['a record', ['replay', `./${evil.replace('\u0000', '')}`]],
    ['an event', ['why', evil, 'saga']],
    ['a place', ['why', 'anniversary.booked', evil]],
  ])('has no control sequences for a wrong name of %s', async (_, args) => {
    const ran = await play(...args.map(arg => arg.replace('\u0000', '')))
    expect(ran.code).toBeGreaterThanOrEqual(2)
    expectClean(ran)
  })

  it('has no control sequences for a record of an unknown scenario', async () => {
    const ran = await play('replay', tamperedRecord('saga', evil))
    expect(ran.code).toBe(2)
    expectClean(ran)
  })

  it('is one line, so that no data can look like a result', async () => {
    const ran = await play('replay', await tamperedRecord('saga', 'x\n✓ ok      The record is as it was written'))
    expect(ran.code).toBe(2)
    expect(ran.err.trimEnd().split('\n')).toHaveLength(1)
  })

  it.each([
    ['no envelope', /"envelope":\{/g, '"envelope":null,"was":{'],
    ['a type that is not text', /(?<="envelope":\{[^}]*)"type":"[^"]*"/g, '"type":["a"]'],
    ['an agent that is not text', /"agent":"[^"]*"/g, '"agent":{"toString":1}'],
    ['a payload with too many levels', /"content":/g, `"deep":${'['.repeat(20_000)}${']'.repeat(20_000)},"content":`],
  ])('is one sentence for a record with %s', async (_, what, by) => {
    const file = await tamperedRecord('', '')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replaceAll(what, () => by),
    )
    for (const command of [['replay'], ['why', 'anniversary.booked']]) {
      const ran = await play(...command, file)
      expect(ran.code).toBe(3)
      expect(ran.err).toMatch(
        /^Line \d+ of ".*" cannot be read as part of a record: it is not as it was written\. .*\n$/,
      )
    }
  })

  it('has no control sequences for the inputs of a plan', async () => {
    const data = join(newFolder(), 'data')
    const text = 'vegan cake \u202e\u2066\u2028'
    expectClean(await plan('--data', data, '--json', text))
    expectClean(await plan('--data', data))
    expectClean(await play('why', 'party.input.added', data))
  })
})

describe('a line that is printed', () => {
  it('keeps its tabs and line breaks, and shows all other hidden characters', () => {
    expect(printable('a\tb\nc\u001b[2J\u009bd\r', () => false)).toBe('a\tb\nc\\u001b[2J\\u009bd\\u000d')
    expect(visible('a\nb\u202e')).toBe('a\\u000ab\\u202e')
  })

  it('keeps letters of all languages, and signs of several characters', () => {
    const text = 'Zoë, שלום, 你好, 👩‍👩‍👧'
    expect(printable(text, () => false)).toBe(text)
    expect(visible(text)).toBe(text)
  })

  it('has the colours of the commands where colours are on, and no other sequence', () => {
    const text = '\u001b[32mok\u001b[39m \u001b[8mhidden \u001b[1;31mbold'
    expect(printable(text, () => true)).toBe('\u001b[32mok\u001b[39m \\u001b[8mhidden \\u001b[1;31mbold')
    expect(printable(text, () => false)).not.toMatch(obeyed)
  })

  it('has no colours from data', () => {
    expect(printable(visible('\u001b[32mok'), () => true)).toBe('\\u001b[32mok')
  })
})

describe('a path that is not a file, or a file that is too long,', () => {
  const made: readonly (readonly [string, string, (path: string) => unknown])[] = [
    ['a directory', 'it is a directory', path => mkdirSync(path)],
    ['a pipe', 'it is a pipe', path => execFileSync('mkfifo', [path])],
    ['a device', 'it is a device', path => symlinkSync('/dev/zero', path)],
    [
      'a link to a pipe',
      'it is a pipe',
      path => {
        execFileSync('mkfifo', [`${path}.pipe`])
        symlinkSync(`${path}.pipe`, path)
      },
    ],
    [
      'a socket',
      'it is a socket',
      async path => {
        const server = createServer()
        onTestFinished(() => void server.close())
        await new Promise<void>(resolve => server.listen(path, resolve))
      },
    ],
    [
      'a file of 65 MiB',
      'it has more than 64 MiB',
      path => {
        closeSync(openSync(path, 'w'))
        truncateSync(path, 65 * 1_024 * 1_024)
      },
    ],
  ]

  it.each(made)('is not read as a record: %s', async (_, why, make) => {
    const path = join(newFolder(), 'run')
    await make(path)
    expect(await play('replay', path)).toMatchObject({ code: 3, out: '', err: expect.stringContaining(why) })
  })

  // A directory may hold a journal.
  it.each(made.slice(1))('is not searched for an event: %s', async (_, why, make) => {
    const path = join(newFolder(), 'run')
    await make(path)
    expect(await play('why', 'a.b', path)).toMatchObject({ code: 3, out: '', err: expect.stringContaining(why) })
  })

  it.each(made.slice(0, 5))('is not opened as a journal: %s', async (_, why, make) => {
    const folder = newFolder()
    await make(join(folder, 'journal.db'))
    expect(await play('why', 'a.b', folder)).toMatchObject({ code: 3, out: '', err: expect.stringContaining(why) })
  })

  it('is not opened as a journal: a file of 257 MiB', async () => {
    const folder = newFolder()
    closeSync(openSync(join(folder, 'journal.db'), 'w'))
    truncateSync(join(folder, 'journal.db'), 257 * 1_024 * 1_024)
    const err = expect.stringContaining('it has more than 256 MiB')
    expect(await play('why', 'a.b', folder)).toMatchObject({ code: 3, out: '', err })
  })

  it.each(made.slice(0, 5))('is not overwritten by a record: %s', async (_, why, make) => {
    const path = join(newFolder(), 'run')
    await make(path)
    const refused = { code: 3, out: '', err: expect.stringContaining(why) }
    expect(await play('run', 'saga', '--quiet', '--record', path)).toMatchObject(refused)
    expect(await play('replay', path)).toMatchObject(refused)
  })

  it('does not delay a record that is written beside it', async () => {
    const path = join(newFolder(), 'run')
    execFileSync('mkfifo', [`${path}.part`])
    const err = expect.stringContaining('cannot be opened')
    expect(await play('run', 'saga', '--quiet', '--record', path)).toMatchObject({ code: 3, out: '', err })
  })

  it('is not read if it has no end, though the system reports it as empty', async () => {
    const endless = '/proc/self/pagemap'
    expect((await play('replay', endless)).code).toBe(3)
  })
})
