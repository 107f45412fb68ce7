import { doctor } from './doctor/doctor.ts'
import { manifestIn } from './doctor/manifest.ts'
import { home } from './doctor/packages.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { exportAgents, exportParty } from './export.ts'
import { faultText } from './fault.ts'
import { untilInterrupted } from './interruption.ts'
import { help, type Options, readOptions } from './options.ts'
import { say, tell } from './output.ts'
import { record } from './recording.ts'
import { replay } from './replay.ts'
import { UsageError } from './usage-error.ts'
import { sourceAt } from './where.ts'
import { tellWhy } from './why.ts'

/** Does what the words of a command line say, and returns how that ended; errors are told. */
export async function command(args: readonly string[]): Promise<ExitCode> {
  try {
    const options = readOptions(args)
    if (!options.color) process.env['NO_COLOR'] = '1'
    return await untilInterrupted(signal => main(options, signal))
  } catch (error) {
    tell(faultText(error))
    return error instanceof UsageError ? exitCodes.usage : exitCodes.environment
  }
}

async function main(options: Options, signal: AbortSignal): Promise<ExitCode> {
  const { command, words, app } = options
  const [first = '', second = ''] = words
  if (options.version) say(manifestIn(home).version ?? '')
  else if (options.help || command === undefined) process.stdout.write(help)
  if (options.version || options.help) return exitCodes.ok
  switch (command) {
    case undefined:
      return exitCodes.ok
    case 'doctor':
      return await doctor(words[0], options, signal)
    case 'why':
      return await why(first, second, options, signal)
    case 'replay':
      return await replay(first, options, signal)
    case 'record':
      return await record(first, second, options, signal)
    case 'export':
      return app === undefined ? await exportParty(first, words[1]) : await exportAgents(app, options)
    case 'inspect': {
      // The packages that this command needs are loaded only when it runs.
      const { inspect } = await import('./inspect.ts')
      return await inspect(words[0], options, signal)
    }
  }
}

async function why(event: string, where: string, options: Options, signal: AbortSignal): Promise<ExitCode> {
  const { json, verbose } = options
  const sources = async function* () {
    yield await sourceAt(where, signal)
  }
  await tellWhy(event, sources(), { json, verbose, where })
  return exitCodes.ok
}
