import { createRuntime, type LogFields, type Logger } from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { command, dogAgent } from '../support/pets.ts'
import { until } from '../support/runtime.ts'

/** A runtime whose only dog gives up at its first crash, which is a critical error. */
async function gaveUp(options: { readonly log?: Logger | 'silent' }, word = 'boom', listens = false) {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => printed.mockRestore())
  const runtime = createRuntime({
    agents: [dogAgent()],
    intensity: { max: 0, within: 1_000 },
    clock: createSimulatedClock(),
    random: seededRandom(1),
    ...options,
  })
  if (listens) runtime.bus.errors(() => {})
  await runtime.start()
  await runtime.bus.publish(command({ word }))
  await until(() => runtime.bus.history({ type: 'system.stopped' }).length > 0)
  await runtime.stop()
  return printed.mock.calls.map(([line]) => line)
}

function listLogger() {
  const lines: [string, LogFields, string][] = []
  const write = (level: string) => (fields: LogFields, message: string) => void lines.push([level, fields, message])
  return { lines, info: write('info'), warn: write('warn'), error: write('error') }
}

describe('an error', () => {
  it('that nobody listens for is one line on stderr, with its code, its address and what to do', async () => {
    expect(await gaveUp({})).toEqual([
      'troupe: critical ESCALATED at runtime: "runtime/dog" would have been restart number 1 within 1000 ms, so its supervisor gave up and stopped its agents. Mend the agent, or allow more restarts.',
    ])
  })

  it('that somebody listens for is no line', async () => {
    expect(await gaveUp({}, 'boom', true)).toEqual([])
  })

  it('is no line of a runtime that is silent', async () => {
    expect(await gaveUp({ log: 'silent' })).toEqual([])
  })

  it('goes to a logger, whether somebody listens or not, and so do starts and stops', async () => {
    const log = listLogger()
    expect(await gaveUp({ log }, 'boom', true)).toEqual([])
    expect(log.lines.map(([level, { code }, message]) => [level, code ?? message])).toEqual([
      ['info', 'The runtime has started.'],
      ['error', 'ESCALATED'],
      ['info', 'The runtime has stopped.'],
    ])
    expect(log.lines[1]?.[1]).toEqual({ severity: 'critical', code: 'ESCALATED', address: 'runtime' })
  })

  it('stops nothing where the logger throws', async () => {
    const fail = () => {
      throw new Error('disk full')
    }
    expect(await gaveUp({ log: { info: fail, warn: fail, error: fail } })).toEqual([])
  })
})
