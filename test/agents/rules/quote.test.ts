import { describe, expect, it } from 'vitest'
import { builtInDirectory } from '../../../agents/party/directory.ts'
import { quote } from '../../../agents/quotes/quote.ts'

const vendors = await builtInDirectory.vendors()
const ids = ['picture-perfect-photography', 'snapshot-sisters']

describe('a quote', () => {
  it('is the list price on most days', () => {
    expect(quote(vendors, { ids })).toEqual({ 'picture-perfect-photography': 600, 'snapshot-sisters': 380 })
    expect(quote(vendors, { ids, date: '2026-12-04' })).toEqual(quote(vendors, { ids }))
  })

  it('is 10 % more on a Saturday', () => {
    expect(quote(vendors, { ids, date: '2026-12-05' })).toEqual({
      'picture-perfect-photography': 660,
      'snapshot-sisters': 418,
    })
  })

  it('is given only for vendors that exist', () => {
    expect(quote(vendors, { ids: ['nobody', '__proto__', 'snapshot-sisters'] })).toEqual({ 'snapshot-sisters': 380 })
  })
})
