import { describe, expect, it } from 'vitest'
import { AsksElsewhere } from '../../src/partition/asks-elsewhere.ts'

/** A journal that acknowledges when the test says so. */
function slowJournal() {
  const waiting: (() => void)[] = []
  return { whenDurable: (durable: () => void) => void waiting.push(durable), acknowledge: () => waiting.shift()?.() }
}

describe('the asks of a partition to callees elsewhere', () => {
  it('may all be repeated until those of the last owner are known', () => {
    const asks = new AsksElsewhere()
    expect(asks.mayBeRepeated('party/p1/dog@3/ask')).toBe(true)
    asks.allAdded()
    expect(asks.mayBeRepeated('party/p1/dog@3/ask')).toBe(false)
  })

  it('may be repeated until their outcome is durable', () => {
    const asks = new AsksElsewhere()
    const journal = slowJournal()
    asks.add('party/p1/dog@3/ask')
    asks.ended('party/p1/dog@3/ask', journal)
    expect(asks.mayBeRepeated('party/p1/dog@3/ask')).toBe(true)
    journal.acknowledge()
    expect(asks.mayBeRepeated('party/p1/dog@3/ask')).toBe(false)
  })

  it('may be repeated for each callee of an ask of several', () => {
    const asks = new AsksElsewhere()
    asks.add('party/p1/dog@3/ask')
    expect(asks.mayBeRepeated('party/p1/dog@3/ask/1')).toBe(true)
    expect(asks.mayBeRepeated('party/p1/dog@4/ask/1')).toBe(false)
  })
})
