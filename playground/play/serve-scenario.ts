import { setTimeout as sleep } from 'node:timers/promises'
import { type Journal, memoryJournal } from 'troupe'
import { type InspectorServer, pageSource, type Source, statelySource } from 'troupe/inspect'
import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts'
import { tell } from '../../src/cli/output.ts'
import { announce, type ServingOptions, served } from '../../src/cli/serving.ts'
import { type Playing, playScenario } from '../stage/play.ts'
import { scenarioNamed } from './cast.ts'
import { Report } from './report.ts'

interface Choices extends ServingOptions {
  /** None: that of the scenario. */
  readonly seed: number | undefined
  /** How many times faster than a clock on the wall. */
  readonly speed: number | undefined
  readonly quiet: boolean
}

/** A server that shows a runtime, and a promise that resolves when the first viewer connects. */
interface Inspected {
  readonly server: InspectorServer
  readonly looked: Promise<void>
}

/** Milliseconds that everything takes at least which is written down, so that people can follow. */
const beat = 300

/**
 * Serves a scenario to inspectors on this machine: it begins when a viewer connects, plays slowly enough for people, and stays
 * as it ends until Ctrl-C.
 *
 * @throws UsageError; InspectorServeError if it cannot be served; the reason of the signal, unless all was played
 */
export async function serveScenario(name: string, options: Choices, signal: AbortSignal): Promise<ExitCode> {
  const scenario = await scenarioNamed(name)
  const { seed = scenario.seed, speed = 1 } = options
  const report = new Report(tell, options.quiet)
  const givenUp = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  let server: InspectorServer | undefined
  try {
    const { ok } = await playScenario(scenario, {
      seed,
      speed,
      signal,
      journal: unhurried(memoryJournal(), beat / speed),
      told: one => report.told(scenario.id, one),
      onStart: async runtime => {
        const inspected = await serving(runtime, options)
        server = inspected.server
        announce(server, options)
        tell(`${scenario.id} begins when somebody looks. Ctrl-C ends it.`)
        await Promise.race([inspected.looked, givenUp])
        signal.throwIfAborted()
        report.begins(scenario, seed)
      },
      onEnd: async () => {
        tell('It is over. Whoever looks sees how everything stands, until Ctrl-C.')
        await givenUp
      },
    })
    return ok ? exitCodes.ok : exitCodes.failed
  } finally {
    await server?.stop()
  }
}

/** What leaves a party or is to be seen from outside waits until it is written. */
function unhurried(journal: Journal, ms: number): Journal {
  return {
    ...journal,
    async append(...what) {
      await sleep(ms)
      await journal.append(...what)
    },
  }
}

async function serving(runtime: Playing, options: ServingOptions): Promise<Inspected> {
  const { promise: looked, resolve } = Promise.withResolvers<void>()
  const noticed =
    (source: Source<object>): Source<object> =>
    send => {
      resolve()
      return source(send)
    }
  const sources = { '/inspect': noticed(statelySource(runtime)), '/ui': noticed(pageSource(runtime)) }
  return { server: await served(sources, options), looked }
}
