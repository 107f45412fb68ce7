import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Inputs } from '../../src/state/inputs.ts'

interface Note {
  readonly text: string
}

describe('the inputs of a state', () => {
  it('behave like a map that remembers the order of adding, whatever is added and removed', () => {
    const change = fc.record({
      id: fc.integer({ min: 0, max: 40 }).map(n => `inp-${n}`),
      add: fc.boolean(),
      text: fc.string(),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), changes => {
        let inputs = Inputs.empty<Note>()
        const model = new Map<string, Note>()
        for (const { id, add, text } of changes) {
          inputs = add ? inputs.with(id, { text }) : inputs.without(id)
          if (add) model.set(id, { text })
          else model.delete(id)
          expect(inputs.size).toBe(model.size)
          expect(inputs.get(id)).toEqual(model.get(id))
          expect(inputs.has(id)).toBe(model.has(id))
        }
        expect([...inputs]).toEqual([...model.values()])
        expect(JSON.parse(JSON.stringify(inputs))).toEqual([...model.values()])
      }),
    )
  })

  it('share what did not change with what they were before', () => {
    let inputs = Inputs.empty<Note>()
    for (let count = 0; count < 10_000; count++) inputs = inputs.with(`inp-${count}`, { text: `${count}` })
    const more = inputs.with('inp-new', { text: 'new' })
    expect(inputs.size).toBe(10_000)
    expect(more.size).toBe(10_001)
    expect(inputs.has('inp-new')).toBe(false)
    expect(more.get('inp-77')).toBe(inputs.get('inp-77'))
  })
})
