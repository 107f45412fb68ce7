import fc from 'fast-check'
import { type Patch, patched, patchesBetween } from 'troupe'
import { describe, expect, it } from 'vitest'

const text = (value: unknown) => JSON.stringify(value)
const json = fc.jsonValue({ maxDepth: 4 })
/** Arrays that have much in common, as those that grow, shrink and slide do. */
const log = fc.array(fc.constantFrom<unknown>(1, 'a', null, { of: 'a' }, ['a']), { maxLength: 100, size: 'max' })
const fields = fc.dictionary(fc.constantFrom('a', 'b', '1', '$', '__proto__', 'constructor'), json)

describe('the changes between two values', () => {
  it.each([
    ['of any kind', json],
    ['that are arrays', log],
    ['that are objects', fields],
  ])('make one the other, with its fields in the same order: values %s', (_, values) => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const changes: readonly Patch[] = JSON.parse(text(patchesBetween(before, after)))
        expect(text(patched(structuredClone(before), changes))).toBe(text(after))
      }),
      { numRuns: 300 },
    )
  })

  it('are none between equal values', () => {
    fc.assert(
      fc.property(json, value => {
        expect(patchesBetween(value, structuredClone(value))).toEqual([])
      }),
    )
  })

  it.each<[string, (log: readonly string[]) => readonly string[], number]>([
    ['one more at the end', log => [...log, 'new'], 1],
    ['one more at the beginning', log => ['new', ...log], 1],
    ['one less at the beginning and one more at the end', log => [...log.slice(1), 'new'], 2],
    ['another one in the middle', log => log.with(500, 'new'), 1],
    ['one less in the middle', log => log.toSpliced(500, 1), 1],
    ['all but the first gone', log => log.slice(0, 1), 1],
  ])('of a long array are few: %s', (_, change, count) => {
    const before = Array.from({ length: 1_000 }, (_, place) => `message ${place}`)
    expect(patchesBetween({ before }, { before: change(before) })).toHaveLength(count)
  })

  it('are found in time that grows with the value alone, however deep its arrays are', () => {
    let looks = 0
    const leaf = () => ({
      get text() {
        looks++
        return 'a'
      },
    })
    const levels = 100
    const nested = (end: string) => {
      let value: unknown[] = [end]
      for (let level = 0; level < levels; level++) value = [leaf(), value]
      return value
    }
    const [before, after] = [nested('old'), nested('new')]
    expect(patchesBetween(before, after)).toHaveLength(1)
    // Each leaf is compared with its other one a few times.
    expect(looks).toBeLessThan(levels * 2 * 5)
  })

  it('are shared with nothing that they were made in', () => {
    const value = patched({}, [{ op: 'add', path: ['log'], value: ['a'] }])
    const again = patched(value, [{ op: 'add', path: ['log', 1], value: 'b' }])
    expect(again).toEqual({ log: ['a', 'b'] })
  })

  it.each<[string, Patch]>([
    ['behind the end of an array', { op: 'add', path: ['log', 2], value: 1 }],
    ['at the end of an array, where nothing is', { op: 'replace', path: ['log', 1], value: 1 }],
    ['before an array', { op: 'remove', path: ['log', -1] }],
    ['in what is not there', { op: 'replace', path: ['other', 'a'], value: 1 }],
    ['in a text', { op: 'replace', path: ['name', 'length'], value: 1 }],
    ['that is a prototype', { op: 'add', path: ['__proto__'], value: { isAdmin: true } }],
  ])('cannot be made at a place %s', (_, patch) => {
    expect(() => patched({ log: [1], name: 'a' }, [patch])).toThrow(
      expect.objectContaining({ code: 'PATCH', path: patch.path }),
    )
  })
})
