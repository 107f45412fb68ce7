import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { equivalents, isMeant } from './equivalent.ts'
import { mutate } from './mutants.ts'
import { root, subjects } from './subjects.ts'
import { parse } from './syntax.ts'

const changes = (source: string) =>
  mutate('a.ts', source, 1, 'switch.ts').mutants.map(({ original, replacement }) => `${original} -> ${replacement}`)

it('a comparison gets the neighbouring one and the opposite', () => {
  expect(changes('const isLess = (a: number, b: number) => a < b')).toEqual(['a < b -> a <= b', 'a < b -> a >= b'])
})

it('a condition is always true, and never', () => {
  expect(changes('if (a === b) c()')).toEqual(['a === b -> true', 'a === b -> false', 'c() -> ;'])
})

it('types, names of fields and sentences of errors stay as they are', () => {
  expect(changes(`const a: 'b' = c<'d'>({ 'e': f })`)).toEqual([])
  expect(changes(`throw new CakeError('no cake', 1)`)).toEqual([`throw new CakeError('no cake', 1) -> ;`])
})

it('a chain of optional calls is changed as a whole or not at all', () => {
  expect(changes('a?.filter(b).slice(1)')).toEqual(['a?.filter(b).slice(1) -> ;', '1 -> (1 + 1)', '1 -> (1 - 1)'])
})

it('every mutant of the subjects is in code that can be read', () => {
  for (const file of subjects) {
    const { code, mutants } = mutate(file, readFileSync(join(root, file), 'utf8'), 1, 'switch.ts')
    expect(() => parse(code), file).not.toThrow()
    for (const { id } of mutants) expect(code, file).toContain(`$mutant(${id})`)
  }
})

it('every equivalent mutant is still a mutant', () => {
  const stale = equivalents().filter(entry => {
    const source = readFileSync(join(root, entry.file), 'utf8')
    const lines = source.split('\n')
    return !mutate(entry.file, source, 1, 'switch.ts').mutants.some(mutant => isMeant(entry, mutant, lines))
  })
  expect(stale, 'Their lines have changed: think again, and correct test/mutation/equivalent.json').toEqual([])
})
