import { InspectorServeError, type InspectorServer, type Source, serveStreams } from '../inspect/index.ts'
import { say, tell } from './output.ts'
import { ports } from './ports.ts'

/** Where streams are served. */
export interface ServingOptions {
  /** `undefined`: the first free port. */
  readonly port: number | undefined
  /** Whether the inspector of Stately shows them. */
  readonly stately: boolean
}

/** Serves streams on the named port, or else on the first free port. @throws InspectorServeError */
export async function served(
  sources: Readonly<Record<string, Source<object>>>,
  { port, stately }: ServingOptions,
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

/** Prints the URL on stdout for programs, and the rest on stderr for people. */
export function announce({ url, port }: InspectorServer, { stately, port: wanted }: ServingOptions): void {
  const sockets = `ws://127.0.0.1:${port}`
  if (port !== ports.first && wanted === undefined) tell(`Port ${ports.first} is taken.`)
  say(stately ? `${url}/` : `${sockets}/inspect`)
  if (stately)
    tell(
      'Open it in a browser. The page in it comes from https://stately.ai and is told everything that is shown here.',
    )
  else tell('That is what createWebSocketReceiver of @statelyai/inspect reads.')
  tell(`Frames for a page of your own: ${sockets}/ui. Only this machine can look.`)
}
