import { afterEach, expect, it, vi } from 'vitest'
import { createActor, createMachine } from 'xstate'

afterEach(() => vi.restoreAllMocks())

it('the suite runs on the build of XState that it was asked for', () => {
  // Only the development build warns of an event to an actor that has stopped.
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const actor = createActor(createMachine({})).start()
  actor.stop()
  actor.send({ type: 'too.late' })
  expect(warn).toHaveBeenCalledTimes(process.env['NODE_ENV'] === 'production' ? 0 : 1)
})
