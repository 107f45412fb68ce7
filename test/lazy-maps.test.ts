import { describe, expect, it } from 'vitest'
import { LazyMap, LazySet } from '../src/lazy-maps.ts'

describe('lazy maps and sets', () => {
  it('are empty before their first entry', () => {
    const map = new LazyMap<string, number>()
    const set = new LazySet<string>()
    expect([map.get('a'), map.has('a'), map.delete('a'), [...map.keys()], [...map.values()], [...map]]).toEqual([
      undefined,
      false,
      false,
      [],
      [],
      [],
    ])
    expect([set.has('a'), set.delete('a'), set.size, [...set]]).toEqual([false, false, 0, []])
    expect(() => map.clear()).not.toThrow()
  })

  it('hold what a map and a set hold, in the order of adding', () => {
    const map = new LazyMap<string, number>()
    map.set('b', 1)
    map.set('a', 2)
    map.set('b', 3)
    expect([map.get('b'), map.has('a'), [...map.keys()], [...map.values()]]).toEqual([3, true, ['b', 'a'], [3, 2]])
    expect(map.delete('b')).toBe(true)
    expect([...map]).toEqual([['a', 2]])
    map.clear()
    expect([...map]).toEqual([])
    const set = new LazySet<string>()
    set.add('b')
    set.add('a')
    set.add('b')
    expect([set.has('b'), set.size, [...set]]).toEqual([true, 2, ['b', 'a']])
    expect(set.delete('b')).toBe(true)
    expect([...set]).toEqual(['a'])
  })
})
