import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { roomOf, rooms } from '../support/rooms.ts'
import type { Call } from './recorder.ts'

const root = join(import.meta.dirname, '../..')
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')

/**
 * The calls of one program of this folder, in another process, because a debugger stops at each of them.
 *
 * @param lines where it stops; at all functions if there are none
 */
function walked(program: string, lines: readonly Pick<Call, 'name' | 'file'>[] = []): readonly Call[] {
  const stops = lines.map(({ name, file }) => `${name} ${file}`).join(',')
  const args = ['--conditions=troupe-source', join(import.meta.dirname, `${program}.ts`), ...(stops ? [stops] : [])]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

/** The functions that a walk of CONTRIBUTING names. */
function linesOf(title: string): readonly Pick<Call, 'name' | 'file'>[] {
  const [, section = ''] = contributing.split(`### ${title}\n`)
  const [walk = ''] = section.split(/^#/m)
  return [...walk.matchAll(/^\d+\. `(#?\w+)` \(`(src\/[^`]+)`\)/gm)].map(([, name = '', file = '']) => ({ name, file }))
}

/** The lines that the calls do not pass, each after the line before it. */
function missed(lines: readonly Pick<Call, 'name' | 'file'>[], calls: readonly Call[]) {
  let at = 0
  return lines.filter(({ name, file }) => {
    const found = calls.findIndex((call, place) => place >= at && call.name === name && call.file === file)
    if (found >= 0) at = found + 1
    return found < 0
  })
}

const isUp = ({ file, by }: Call) => by !== undefined && rooms.indexOf(roomOf(file)) > rooms.indexOf(roomOf(by))

describe('the walks in CONTRIBUTING', () => {
  it.each([
    { title: 'An event, from `publish` to the next machine', program: 'publish', files: 58, up: 20 },
    { title: 'An ask, from one agent to another', program: 'ask', files: 102, up: 83 },
  ])(
    'are what a debugger shows: $title',
    ({ title, program, files, up }) => {
      const lines = linesOf(title)
      const calls = walked(program)
      expect(lines.length).toBeGreaterThan(8)
      expect(lines.length).toBeLessThanOrEqual(12)
      expect(missed(lines, calls)).toEqual([])
      // All files and all calls into a room below, helpers too.
      const passed = [...new Set(calls.map(({ file }) => file))].toSorted()
      const advice = 'If you meant to make the walk longer, raise the number in this test'
      expect(passed.length, `${advice} (files): ${passed.join(', ')}`).toBeLessThanOrEqual(files)
      expect(calls.filter(isUp).length, `${advice} (up).`).toBeLessThanOrEqual(up)
    },
    60_000,
  )

  it('are what a debugger shows: An effect, with a crash in it', () => {
    const lines = linesOf('An effect, with a crash in it')
    expect(lines).toHaveLength(12)
    expect(missed(lines, walked('effect', lines))).toEqual([])
  }, 60_000)
})
