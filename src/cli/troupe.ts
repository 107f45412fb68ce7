import { doctor } from './commands/doctor.ts'
import { exportCommand } from './commands/export.ts'
import { inspect } from './commands/inspect.ts'
import { record } from './commands/record.ts'
import { replay } from './commands/replay.ts'
import { why } from './commands/why.ts'
import { manifestIn } from './doctor/manifest.ts'
import { home } from './doctor/packages.ts'
import type { ExitCode } from './exit-codes.ts'
import { type Program, runProgram } from './program.ts'

const program: Program = {
  call: 'troupe',
  commands: [doctor, why, replay, record, exportCommand, inspect],
  version: () => manifestIn(home).version ?? '',
  columns: 80,
  about: `Looks at what agents did: at a data directory of sqliteJournal({ directory }).
Nothing in it is changed, and a program may have it open meanwhile.

  npx troupe COMMAND [options]`,
  notes: '  WHERE is a data directory, or a file that record or export has written.',
  exits: 'Exit codes: 0 ok, 1 something is not as it should be, 2 usage, 3 environment, 130 interrupted.',
}

/** `npx troupe`: runs the command of a command line, and returns its exit code. */
export function troupe(args: readonly string[]): Promise<ExitCode> {
  return runProgram(program, args)
}
