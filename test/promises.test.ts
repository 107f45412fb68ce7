import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { missing, promised, root, standIns, strange } from './promises/table.ts'

/** How many lines the documents have. */
const lengths: Readonly<Record<string, number>> = { S1: 326, S2: 193, S3: 278, S4: 472 }

/** The lists in them that are promises: from line to line, both included. */
const lists: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  S1: [
    [10, 14],
    [17, 21],
    [24, 27],
    [45, 49],
    [52, 56],
    [59, 62],
    [65, 67],
    [70, 73],
    [182, 187],
    [291, 295],
    [299, 303],
    [307, 313],
    [317, 322],
  ],
  S2: [
    [18, 21],
    [52, 61],
    [69, 72],
  ],
  S3: [
    [20, 23],
    [51, 52],
    [80, 82],
    [104, 106],
    [112, 114],
    [120, 122],
    [128, 129],
    [186, 188],
    [196, 197],
    [203, 204],
    [271, 274],
  ],
  S4: [
    [46, 53],
    [82, 88],
    [91, 93],
    [319, 321],
    [342, 345],
    [355, 359],
    [366, 368],
  ],
}

interface Listed {
  readonly name: string
  readonly file: string
}

/** The tests that there are in some files, as vitest sees them. */
function testsIn(files: readonly string[]): ReadonlySet<string> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const env = { PATH: process.env['PATH'] }
  const text = execFileSync(process.execPath, [vitest, 'list', ...files, '--json'], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
  const listed: readonly Listed[] = JSON.parse(text)
  return new Set(listed.map(({ name, file }) => `${file} > ${name}`))
}

describe('the table of promises', () => {
  it('names tests that are there, under the templates of their names', () => {
    const there = testsIn([...new Set(promised.map(({ file }) => file))])
    const absent = promised.filter(({ file, test }) => !there.has(`${join(root, file)} > ${test}`))
    expect(absent.map(({ at, file, test }) => `${at}: ${file} > ${test}`)).toEqual([])
  })

  it('names lines that the documents have', () => {
    const wrong = [...promised, ...missing].filter(({ at }) => {
      const [document = '', line] = at.split(':')
      return !/^S\d:[1-9]\d*$/.test(at) || !(Number(line) <= (lengths[document] ?? 0))
    })
    expect(wrong).toEqual([])
  })

  it('leaves out no line of the lists of promises', () => {
    const told = new Set([...promised, ...missing].map(({ at }) => at))
    const untold = Object.entries(lists).flatMap(([document, ranges]) =>
      ranges
        .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => `${document}:${from + n}`))
        .filter(at => !told.has(at)),
    )
    expect(untold).toEqual([])
  })

  it('has no empty cell, and a stand-in for each test', () => {
    expect(strange).toEqual([])
    expect(promised.length).toBeGreaterThan(200)
    expect([...promised, ...missing].filter(row => Object.values(row).includes(''))).toEqual([])
    expect(promised.filter(({ redOn }) => !standIns.some(one => one === redOn))).toEqual([])
  })

  it('names no file with a test that is switched off', () => {
    const off = /\b(?:describe|it|test)(?:\.\w+)*\.(?:skip|todo|only|skipIf|runIf|fails)\b/
    const files = new Set(promised.map(({ file }) => file))
    expect([...files].filter(file => off.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })
})
