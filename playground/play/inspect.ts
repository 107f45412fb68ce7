import {
  InspectorServeError,
  type InspectorServer,
  pageSource,
  type Source,
  serveStreams,
  statelySource,
} from 'troupe/inspect'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { say, tell } from '../output.ts'
import { type Playing, playScenario } from '../scenarios/play.ts'
import { scenarioNamed } from './cast.ts'
import { InterruptedError, interruptible } from './interruption.ts'
import type { Options } from './options.ts'
import { Report } from './report.ts'

/** The port that is tried first, and how many after it, when nobody says which. */
const ports = { first: 4_300, most: 20 }

/** A server of what a runtime does, and the first who looks. */
interface Inspected {
  readonly server: InspectorServer
  readonly looked: Promise<void>
}

/**
 * Serves a scenario to inspectors on this machine: it begins when somebody looks, plays at the speed of a clock on the wall,
 * and stays as it ends until Ctrl-C.
 *
 * @throws UsageError; InspectorServeError if it cannot be served
 */
export async function inspect(name: string, options: Options): Promise<ExitCode> {
  const scenario = await scenarioNamed(name)
  const { seed = scenario.seed, speed = 1 } = options
  const interruption = interruptible()
  const report = new Report(tell, options.quiet)
  let server: InspectorServer | undefined
  try {
    const { ok } = await playScenario(scenario, {
      seed,
      speed,
      signal: interruption.signal,
      told: one => report.told(scenario.id, one),
      onStart: async runtime => {
        const inspected = await served(runtime, options)
        server = inspected.server
        announce(server, options)
        tell(`${scenario.id} begins when somebody looks. Ctrl-C ends it.`)
        await Promise.race([inspected.looked, interruption.isOver])
        interruption.signal.throwIfAborted()
        report.begins(scenario, seed)
      },
      onEnd: async () => {
        tell('It is over. Whoever looks sees how everything stands, until Ctrl-C.')
        await interruption.isOver
      },
    })
    return ok ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    return exitCodes.interrupted
  } finally {
    await server?.stop()
    interruption.end()
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
      if (!isTaken || next === ports.first + ports.most) throw error
    }
}
