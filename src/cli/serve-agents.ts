import { type Observable, pageSource, statelySource } from '../inspect/index.ts'
import { loadApp } from './app.ts'
import { counted } from './bytes.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { tell } from './output.ts'
import { announce, type ServingOptions, served } from './serving.ts'
import { standingStill } from './still.ts'
import { type PartitionSurvey, survey } from './survey.ts'
import { UsageError } from './usage-error.ts'
import { inJournal } from './where.ts'

interface Choices extends ServingOptions {
  /** The module of the application. */
  readonly app: string | undefined
}

/**
 * Serves agents to inspectors on this machine until Ctrl-C: the saved agents of a data directory, or the agents of a runtime that
 * a module has started.
 *
 * @throws UsageError, AppError; InspectorServeError if no port can be used; what the journal throws; the reason of the signal
 */
export async function serveAgents(
  directory: string | undefined,
  options: Choices,
  signal: AbortSignal,
): Promise<ExitCode> {
  const observable = await observableOf(directory, options, signal)
  const sources = { '/inspect': statelySource(observable), '/ui': pageSource(observable) }
  const server = await served(sources, options)
  try {
    announce(server, options)
    tell('Ctrl-C ends it.')
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    signal.throwIfAborted()
    return exitCodes.ok
  } finally {
    await server.stop()
  }
}

async function observableOf(
  directory: string | undefined,
  { app: module }: Choices,
  signal: AbortSignal,
): Promise<Observable> {
  const app = module === undefined ? undefined : await loadApp(module)
  if (directory === undefined) {
    if (app?.runtime) return app.runtime
    throw new UsageError(
      module === undefined
        ? 'Inspect what? inspect DIR, or inspect --app MODULE, a module that exports a runtime.'
        : `"${module}" exports no runtime. Let it export one that was started, or name a data directory: inspect DIR`,
    )
  }
  return await inJournal(directory, async journal => {
    const surveys: PartitionSurvey[] = []
    for await (const one of survey(journal, undefined, signal)) surveys.push(one)
    const agents = surveys.reduce((sum, { checkpoints }) => sum + checkpoints.size, 0)
    tell(`${counted(agents, 'agent')}, as the journal has them. Nothing of them runs.`)
    if (!app) tell('Their charts come from the application: --app MODULE, a module that exports the party.')
    return standingStill(surveys, app)
  })
}
