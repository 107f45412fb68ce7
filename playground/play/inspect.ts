import { setTimeout as sleep } from 'node:timers/promises'
import { type Journal, memoryJournal } from 'troupe'
import {
  InspectorServeError,
  type InspectorServer,
  pageSource,
  type Source,
  serveStreams,
  statelySource,
} from 'troupe/inspect'
import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts'
import { say, tell } from '../../src/cli/output.ts'
import { ports } from '../../src/cli/ports.ts'
import { type Playing, playScenario } from '../scenarios/play.ts'
import { scenarioNamed } from './cast.ts'
import type { Options } from './options.ts'
import { Report } from './report.ts'

/** A server of what a runtime does, and the first who looks. */
interface Inspected {
  readonly server: InspectorServer
  readonly looked: Promise<void>
}

/** Milliseconds that everything takes at least which is written down, so that people can follow. */
const beat = 300

/**
 * Serves a scenario to inspectors on this machine: it begins when somebody looks, plays so that people can follow, and stays
 * as it ends until Ctrl-C.
 *
 * @throws UsageError; InspectorServeError if it cannot be served; the reason of the signal, unless all was played
 */
export async function inspect(name: string, options: Options, signal: AbortSignal): Promise<ExitCode> {
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
        const inspected = await served(runtime, options)
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

/** One URL for programs, the rest for people. */
function announce({ url, port }: InspectorServer, { stately, port: wanted }: Options): void {
  const sockets = `ws://127.0.0.1:${port}`
  if (port !== ports.first && wanted === undefined) tell(`Port ${ports.first} is taken.`)
  say(stately ? `${url}/` : `${sockets}/inspect`)
  if (stately)
    tell(
      'Open it in a browser. The page in it comes from https://stately.ai and is told everything that is played here.',
    )
  else tell('That is what createWebSocketReceiver of @statelyai/inspect reads.')
  tell(`Frames for a page of your own: ${sockets}/ui. Only this machine can look.`)
}

async function served(runtime: Playing, { port, stately }: Options): Promise<Inspected> {
  const { promise: looked, resolve } = Promise.withResolvers<void>()
  const noticed =
    (source: Source<object>): Source<object> =>
    send => {
      resolve()
      return source(send)
    }
  const sources = { '/inspect': noticed(statelySource(runtime)), '/ui': noticed(pageSource(runtime)) }
  return { server: await listening(sources, { port, stately }), looked }
}

/** On the port that was named, or else on the first that is free. */
async function listening(
  sources: Readonly<Record<string, Source<object>>>,
  { port, stately }: { readonly port: number | undefined; readonly stately: boolean },
): Promise<InspectorServer> {
  if (port !== undefined) return await serveStreams(sources, { port, stately })
  for (let next = ports.first; ; next++)
    try {
      return await serveStreams(sources, { port: next, stately })
    } catch (error) {
      const isTaken = error instanceof InspectorServeError && error.reason === 'port-taken'
      if (!isTaken || next === ports.last) throw error
    }
}
