import { defineCommand } from '../../../src/cli/command.ts'
import { consultDoctor } from '../../../src/cli/doctor/consult.ts'
import { namesNothing } from '../cast.ts'
import { checks, verdicts } from '../doctor/doctor.ts'
import { json } from '../flags.ts'

export const doctor = defineCommand({
  name: 'doctor',
  help: { doctor: 'whether this machine can run everything here, and what to do if not' },
  flags: { json },
  words: [0, 0],
  misused: namesNothing('doctor'),
  run: (_, { json }, signal) => consultDoctor(checks, { json, signal, verdicts }),
})
