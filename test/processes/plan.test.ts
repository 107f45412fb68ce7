import { describe, expect, it } from 'vitest'
import { begin, planUntil } from '../support/command.ts'

describe('the command that plans a party', () => {
  it('ends quietly when the reader of its output stops', async () => {
    const { child, ended } = begin('--json', 'vegan cake')
    child.stdout.once('data', () => child.stdout.destroy())
    const { code, err } = await ended
    expect(code).toBe(0)
    expect(err).not.toContain('EPIPE')
  })

  it('ends with 130 when it is interrupted', async () => {
    const inputs = Array.from({ length: 400 }, (_, count) => `${count + 5} guests`)
    const { code, out } = await planUntil('read 3', 'SIGINT', ...inputs)
    expect(code).toBe(130)
    expect(out).toBe('')
  })
})
