import { createRuntime, type Journal, type LogFields, type Logger, memoryJournal } from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { command, dogAgent, petsParty } from './support/pets.ts'
import { createProgram } from './support/program.ts'
import { settle, startRuntime, suiteScheduler } from './support/runtime.ts'

const never = { max: 0, within: 1_000 }

/** What is written on stderr from now on. */
function printedLines() {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => printed.mockRestore())
  return () => printed.mock.calls.map(([line]) => line)
}

/** A runtime whose only dog gives up at its first crash, which is a critical error. */
async function gaveUp(options: { readonly log?: Logger | 'silent' }, word = 'boom', listens = false) {
  const printed = printedLines()
  const runtime = createRuntime({
    scheduler: suiteScheduler,
    agents: [dogAgent()],
    intensity: never,
    clock: createSimulatedClock(),
    random: seededRandom(1),
    ...options,
  })
  if (listens) runtime.bus.errors(() => {})
  await runtime.start()
  await runtime.bus.publish(command({ word }))
  await settle()
  expect(runtime.bus.history({ type: 'system.stopped' }).length).toBeGreaterThan(0)
  await runtime.stop()
  return printed()
}

const codeOf = (data: unknown): string => (data as { readonly code: string }).code

function listLogger() {
  const lines: [string, LogFields, string][] = []
  const write = (level: string) => (fields: LogFields, message: string) => void lines.push([level, fields, message])
  return { lines, info: write('info'), warn: write('warn'), error: write('error') }
}

describe('an error', () => {
  it('that nobody listens for is one line on stderr, with its code, its address and what to do', async () => {
    expect(await gaveUp({})).toEqual([
      expect.stringMatching(
        /^troupe: error AGENT_FAILED at runtime\/dog: "runtime\/dog" failed while it handled "pets.command": boom. Fix its machine.\n/,
      ),
      'troupe: critical ESCALATED at runtime: "runtime/dog" would have been restart number 1 within 1000 ms, so its supervisor gave up and stopped its agents. The last error was: boom. Fix the agent, or allow more restarts.',
    ])
  })

  it('has its stack under its line, once', async () => {
    const lines = await gaveUp({})
    const shown = lines.flatMap(line => String(line).split('\n')).filter(line => !line.startsWith('troupe: '))
    expect(shown[0]).toBe('    Error: boom')
    expect(shown[1]).toMatch(/^ {8}at .*pets\.ts/)
    expect(shown.filter(line => line.includes('Error: boom'))).toHaveLength(1)
  })

  it('that somebody listens for is no line', async () => {
    expect(await gaveUp({}, 'boom', true)).toEqual([])
  })

  it('that a filter lets through once is told, and no line', async () => {
    const printed = printedLines()
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), intensity: never, log: undefined })
    const seen = new Set<string>()
    const heard: string[] = []
    runtime.bus.subscribe('system.error', ({ data }) => void heard.push(codeOf(data)), {
      filter: ({ data }) => !seen.has(codeOf(data)) && seen.add(codeOf(data)).size > 0,
    })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.agent('dog').send(command({ word: 'boom' }))
    await settle()
    expect(party.state.status).toBe('error')
    expect(heard).toEqual(['AGENT_FAILED', 'ESCALATED'])
    expect(printed()).toEqual([])
  })

  it('hides nothing in its line', async () => {
    const printed = printedLines()
    const inner = memoryJournal()
    const marks: Journal['marks'] = () => {
      throw new Error('the disk \u202eis\u2066 sick\u001b[31m')
    }
    const { runtime } = await startRuntime({ journal: { ...inner, marks }, log: undefined })
    runtime.bus.subscribe('system.started', () => {}, { durable: 'ledger' })
    await settle()
    expect(printed()).toEqual([
      expect.stringMatching(
        /^troupe: error UNEXPECTED at runtime: the disk \?is\? sick\?\[31m\n {4}Error: the disk \?is/,
      ),
    ])
  })

  it('that is too small for those who listen is one line', async () => {
    const printed = printedLines()
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), intensity: never, log: undefined })
    const heard: string[] = []
    runtime.bus.errors(({ data }) => heard.push(data.severity), { atLeast: 'critical' })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.agent('dog').send(command({ word: 'boom' }))
    await settle()
    expect(party.state.status).toBe('error')
    expect(heard).toEqual([])
    expect(printed()).toEqual([
      expect.stringMatching(/^troupe: error AGENT_FAILED at party\/p1\/dog: /),
      expect.stringMatching(/^troupe: error ESCALATED at party\/p1: /),
    ])
  })

  it('that keeps a party from coming back is one line, with its id and what to do', async () => {
    const printed = printedLines()
    const program = createProgram()
    const first = await program.start({ party: petsParty(dogAgent()) })
    await first.parties.create({ id: 'p1' })
    await program.start({ party: petsParty(), log: undefined })
    expect(printed()).toEqual([
      'troupe: error PARTY_QUARANTINED at party/p1: Party "p1" is quarantined (MACHINE_UNKNOWN): Version "0" of agent "dog" was saved, but this program has no agent of that name. Register it: createRuntime({ registered: [...] }). Fix that and call runtime.parties.retry("p1") or start again, or give the party up with runtime.parties.delete("p1").',
    ])
  })

  it('of which the agents outside the parties gave up is one line in the next process too', async () => {
    const program = createProgram()
    const options = { agents: [dogAgent()], intensity: never }
    const first = await program.start(options)
    await first.bus.publish(command({ word: 'boom' }))
    await settle()
    expect(first.bus.history({ type: 'system.error' }).length).toBeGreaterThan(0)
    const printed = printedLines()
    await program.start({ ...options, log: undefined })
    expect(printed()).toEqual([expect.stringMatching(/^troupe: error GAVE_UP at runtime\/dog: /)])
  })

  it('is no line of a runtime that is silent', async () => {
    expect(await gaveUp({ log: 'silent' })).toEqual([])
  })

  it('goes to a logger, whether somebody listens or not, and so do starts and stops', async () => {
    const log = listLogger()
    expect(await gaveUp({ log }, 'boom', true)).toEqual([])
    expect(log.lines.map(([level, { code }, message]) => [level, code ?? message])).toEqual([
      ['info', 'The runtime has started.'],
      ['error', 'AGENT_FAILED'],
      ['error', 'ESCALATED'],
      ['info', 'The runtime has stopped.'],
    ])
    const stack: unknown = expect.stringMatching(/^Error: boom\n/)
    expect(log.lines[2]?.[1]).toEqual({ severity: 'critical', code: 'ESCALATED', address: 'runtime', stack })
  })

  it('stops nothing where the logger throws', async () => {
    const fail = () => {
      throw new Error('disk full')
    }
    expect(await gaveUp({ log: { info: fail, warn: fail, error: fail } })).toEqual([])
  })

  it('stops nothing where the logger fails later', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => void process.off('unhandledRejection', unhandled))
    const fail = async () => {
      throw new Error('disk full')
    }
    expect(await gaveUp({ log: { info: fail, warn: fail, error: fail } })).toEqual([])
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('a warning', () => {
  it('has under its line who called the runtime, and nothing twice', async () => {
    const printed = printedLines()
    const { runtime } = await startRuntime({ events: [command], development: true, log: undefined })
    await runtime.bus.publish(command({ word: 'a' }))
    const [line, ...below] = String(printed()[0]).split('\n')
    expect(line).toMatch(/^troupe: warning EVENT_UNHEARD at runtime: "pets.command" was published/)
    expect(below[0]).toMatch(/^ {8}at .*log\.test\.ts/)
    expect(below.filter(frame => frame.includes('/src/') || frame.includes('was published'))).toEqual([])
  })

  it.each([
    ['one line in development', { development: true }, false, 1],
    ['no line where somebody listens', { development: true }, true, 0],
    ['no line elsewhere', { development: false }, false, 0],
  ])('is %s', async (_, options, listens, lines) => {
    const printed = printedLines()
    const { runtime } = await startRuntime({ agents: [dogAgent()], log: undefined, ...options })
    if (listens) runtime.bus.errors(() => {})
    runtime.bus.subscribe(command, () => {
      throw new Error('deaf')
    })
    await runtime.bus.publish(command({ word: 'a' }))
    await settle()
    expect(runtime.bus.history({ type: 'system.error' }).length).toBeGreaterThan(0)
    expect(printed()).toEqual(Array(lines).fill(expect.stringMatching(/^troupe: warning \w+ at runtime/)))
  })
})
