import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { Causes } from 'troupe'
import { describe, expect, it, onTestFinished } from 'vitest'
import { standingIn } from '../../playground/play/standing.ts'
import { partiesAfter, playedOtherwise } from '../../playground/play/verify.ts'
import { findScenario, findScenarios } from '../../playground/stage/find.ts'
import { playScenario } from '../../playground/stage/play.ts'
import type { Scenario } from '../../playground/stage/scenario.ts'
import { type RunRecord, readRecord, recordTo } from '../../src/cli/record.ts'
import { linesOf } from '../support/command.ts'
import { play } from '../support/here.ts'

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-record-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'run.jsonl')
}

/** Plays a scenario, and resolves to the lines of its record. */
async function recorded(scenario: Scenario, seed = scenario.seed) {
  const file = newFile()
  const record = recordTo(file, { scenario: scenario.id, seed })
  await playScenario(scenario, {
    seed,
    onFrame: record.frame,
    onForgotten: record.forgotten,
    onEnd: runtime => record.end(standingIn(runtime)),
  })
  record.close()
  return { file, lines: readFileSync(file, 'utf8').trimEnd().split('\n') }
}

/** Writes changed lines with the hash that fits them. */
function forge(file: string, lines: readonly string[]): void {
  const hash = createHash('sha256')
  for (const line of lines) hash.update(`${line}\n`)
  const end = JSON.stringify({ kind: 'end', lines: lines.length, hash: hash.digest('hex') })
  writeFileSync(file, `${[...lines, end].join('\n')}\n`)
}

/** Replaces one of the values; the number chooses which one. */
function changed(line: string, which: number): string {
  const leaves: (() => void)[] = []
  const walk = (value: Record<string, unknown>) => {
    for (const [key, one] of Object.entries(value)) {
      if (typeof one === 'object' && one !== null) walk(one as Record<string, unknown>)
      else leaves.push(() => void (value[key] = typeof one === 'number' ? one + 1 : `${one}!`))
    }
  }
  const { kind, ...rest } = JSON.parse(line)
  walk(rest)
  leaves[which % leaves.length]?.()
  return JSON.stringify({ kind, ...rest })
}

const origin = /^somebody outside (says|asks) |^\S+ is (re)?starting$|^\S+ hears \S+, which is not journalled$/

/** Expects that events lead back to a caller outside, the start of an agent, or an event that is not journalled. */
function expectOrigins({ lines }: RunRecord): void {
  const causes = new Causes(lines.flatMap(line => (line.kind === 'frame' ? [line.frame] : [])))
  const events = causes.types.flatMap(type => causes.find(type)).slice(0, 2_000)
  expect(events).not.toEqual([])
  for (const { id } of events) {
    const chain = causes.chain(id)
    expect(chain[0]?.id).toBe(id)
    expect(chain.at(-1)?.what).toMatch(origin)
  }
}

const never = new AbortController().signal

describe.each(await findScenarios())('a record of the scenario $id', scenario => {
  it('adds up to the end of the run, is the same when it is played again, and leads each event back to its origin', async () => {
    const { file } = await recorded(scenario, 7)
    const record = readRecord(file)
    expect(record).toMatchObject({ scenario: scenario.id, seed: 7, isUnchanged: true })
    expect(partiesAfter(scenario, record, record.lines.length)).toEqual(record.standing.parties)
    expect(await playedOtherwise(scenario, record, never)).toBeUndefined()
    expectOrigins(record)
  })
})

describe('a record', () => {
  it('that was changed at any place is refused, also with a right hash', async () => {
    const scenario = await findScenario('event-aware-agent')
    const { file, lines } = await recorded(scenario)
    // The first line says which scenario to play, and the last one has the forged hash.
    const places = fc.integer({ min: 1, max: lines.length - 2 })
    await fc.assert(
      fc.asyncProperty(places, fc.nat(1_000), async (place, which) => {
        forge(file, lines.slice(0, -1).toSpliced(place, 1, changed(lines[place] ?? '', which)))
        expect(await playedOtherwise(scenario, readRecord(file), never)).toBeTypeOf('string')
      }),
      { numRuns: 30 },
    )
  })

  it('without one of its lines is refused', async () => {
    const scenario = await findScenario('own-agent')
    const { file, lines } = await recorded(scenario)
    for (let place = 1; place < lines.length - 2; place++) {
      forge(file, lines.slice(0, -1).toSpliced(place, 1))
      expect(await playedOtherwise(scenario, readRecord(file), never), `line ${place + 1}`).toBeTypeOf('string')
    }
  })
})

describe('the command that replays a record', () => {
  it('shows the states of the parties at the end, and plays the record again on demand', async () => {
    const file = newFile()
    expect(await play('run', 'saga', '--seed', '7', '--record', file, '--quiet')).toMatchObject({ code: 0 })
    const { code, out, err } = await play('replay', file, '--verify')
    expect(code).toBe(0)
    expect(out).toContain('ann-and-bob {\n  booked: ')
    expect(err).toMatch(/^saga, seed 7, recorded with Node [\d.]+: (\d+) of \1 frames\n/)
    expect(err).toContain('✓ ok      The frames add up to the end of the run.\n')
    expect(err).toContain('✓ ok      The record is as it was written.\n')
    expect(err).toMatch(
      /✓ ok {6}Played again, every frame is the same, and so are 2 parties and 6 agents in the end.\n$/,
    )
  })

  it('shows the states after a number of frames, as JSON Lines on demand', async () => {
    const file = newFile()
    await play('run', 'jungle-party', '--record', file, '--quiet')
    const lines = linesOf(await play('replay', file, '--to', '30', '--json'))
    expect(lines).toEqual([
      { kind: 'state', party: expect.any(String), state: expect.objectContaining({ status: 'planning' }) },
      {
        kind: 'result',
        ok: true,
        id: 'jungle-party',
        seed: 1,
        frames: 30,
        of: expect.any(Number),
        findings: [expect.anything()],
      },
    ])
  })

  it('ends with 1 for a changed record, and names the first difference', async () => {
    const file = newFile()
    await play('run', 'saga', '--record', file, '--quiet')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"tiers":9', '"tiers":8'))
    const { code, err } = await play('replay', file)
    expect(code).toBe(1)
    expect(err).toContain('✗ failed  The record was changed after it was written.\n')
    const verified = await play('replay', file, '--verify')
    expect(verified.code).toBe(1)
    expect(verified.err).toMatch(/Line \d+ of the record, party\/ann-and-bob at \d+, differs .*tiers is 8, not 9\.\n$/)
  })

  it.each([
    [
      '{"what":"hell"}',
      'The frames do not add up to the end of the run: parties.ida-and-otto.booked.1 is "hell", not "hall".',
    ],
    ['null', 'The frames do not add up to anything: The state of "anniversary" could not take "anniversary.booked"'],
  ])('ends with 1 for a record with the forged payload %s', async (data, said) => {
    const file = newFile()
    await play('run', 'saga', '--record', file, '--quiet')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"data":{"what":"hall"}', `"data":${data}`))
    const { code, err } = await play('replay', file)
    expect(code).toBe(1)
    expect(err).toContain(`✗ failed  ${said}`)
  })

  it('reports on agents without a party only when it plays the record again', async () => {
    const file = newFile()
    await play('run', 'watchdog', '--record', file, '--quiet')
    const { code, err } = await play('replay', file)
    expect(code).toBe(0)
    expect(err).toContain('There is no party in the end; how its agents ended is looked at with --verify.')
  })

  it('shows the end if there are fewer frames than the given number', async () => {
    const file = newFile()
    await play('run', 'saga', '--record', file, '--quiet')
    expect((await play('replay', file, '--to', '9999')).err).toContain('The frames add up to the end of the run.')
  })

  it('replaces an existing record only when the new one is complete', async () => {
    const file = newFile()
    await play('run', 'own-agent', '--record', file, '--quiet')
    const before = readFileSync(file, 'utf8')
    const late = await play('run', 'watchdog', '--record', file, '--real-time', '--timeout', '50ms', '--quiet')
    expect(late.code).toBe(4)
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(readdirSync(dirname(file))).toEqual(['run.jsonl'])
  })

  it('ends with 3 for a file that does not exist, or cannot be written', async () => {
    const nowhere = join(newFile(), 'below', 'run.jsonl')
    const said = expect.stringContaining(`The record "${nowhere}" cannot be opened: ENOENT`)
    expect(await play('replay', nowhere)).toMatchObject({ code: 3, err: said })
    expect(await play('run', 'saga', '--record', nowhere)).toMatchObject({ code: 3, err: said })
  })

  it('ends with 3 for a file that is cut off, or is not a record', async () => {
    const file = newFile()
    await play('run', 'saga', '--record', file, '--quiet')
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 20).join('\n'))
    expect(await play('replay', file)).toMatchObject({ code: 3, err: expect.stringContaining('its end is') })
    writeFileSync(file, 'hello')
    expect(await play('replay', file)).toMatchObject({ code: 3, err: expect.stringContaining('Line 1 of') })
  })
})
