import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { play } from '../support/here.ts'

/** Takes any port of this machine. */
async function takenPort(): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no port.')
  return address.port
}

describe('the command that serves a scenario to viewers', () => {
  it('ends with 3 when the port that was named is taken', async () => {
    const port = await takenPort()
    const { code, out, err } = await play('inspect', 'watchdog', '--port', `${port}`)
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain(`cannot be served on port ${port}`)
  })

  it.each([
    ['an invalid port', ['inspect', '--port', '70000'], '--port is "70000"'],
    ['two scenarios', ['inspect', 'saga', 'watchdog'], 'Name one scenario'],
    ['an unknown scenario', ['inspect', 'watchdgo'], 'Did you mean "watchdog"?'],
  ])('ends with 2 on %s', async (_, args, said) => {
    expect(await play(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) })
  })
})
