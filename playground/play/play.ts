import type { ExitCode } from '../../src/cli/exit-codes.ts'
import { type Program, runProgram } from '../../src/cli/program.ts'
import { choose } from './commands/choose.ts'
import { doctor } from './commands/doctor.ts'
import { exportCommand } from './commands/export.ts'
import { inspect } from './commands/inspect.ts'
import { list } from './commands/list.ts'
import { replay } from './commands/replay.ts'
import { run } from './commands/run.ts'
import { why } from './commands/why.ts'

const program: Program = {
  call: 'npm run play --',
  commands: [list, run, replay, why, inspect, exportCommand, doctor],
  alone: choose,
  unknown: word => ` To play a scenario: run ${word}`,
  columns: 124,
  about: `Plays scenarios: small programs, each of which shows one pattern and asserts it.

  npm run play -- [command] [options]`,
  exits: 'Exit codes: 0 ok, 1 an assert fails or a replay differs, 2 usage, 3 environment, 4 timeout, 130 interrupted.',
}

/** `npm run play`: runs what a command line says, and returns how it ended. */
export function play(args: readonly string[]): Promise<ExitCode> {
  return runProgram(program, args)
}
