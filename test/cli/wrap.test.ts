import fc from 'fast-check'
import { expect, it } from 'vitest'
import { wrap } from '../../src/cli/wrap.ts'

it('a wrapped text is broken between words, and its next lines are indented', () => {
  expect(wrap('  one two three', 9)).toEqual(['  one two', '  three'])
  expect(wrap('short', 80)).toEqual(['short'])
})

it('a wrapped list item has its next lines below its first word', () => {
  expect(wrap('  - one two three', 11)).toEqual(['  - one two', '    three'])
  expect(wrap('1. one two', 7)).toEqual(['1. one', '   two'])
})

it('a wrapped text keeps columns that are separated by spaces', () => {
  expect(wrap('venue     $0', 80)).toEqual(['venue     $0'])
})

it('a wrapped text neither loses nor breaks a word, at any width', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 60 }), (given, columns) => {
      const lines = wrap(given.join(' '), columns)
      expect(lines.join(' ')).toBe(given.join(' '))
      for (const line of lines) expect(line.length <= columns || !line.includes(' ')).toBe(true)
    }),
  )
})
