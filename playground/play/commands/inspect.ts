import { portOf } from '../../../src/cli/arguments.ts'
import { defineCommand } from '../../../src/cli/command.ts'
import { onOff, valued } from '../../../src/cli/flag.ts'
import { ports } from '../../../src/cli/ports.ts'
import { quiet, seed, speed } from '../flags.ts'

export const inspect = defineCommand({
  name: 'inspect',
  help: {
    'inspect [NAME]':
      'serves a scenario, or jungle-party, to inspectors on this machine; it begins when somebody looks',
  },
  flags: {
    port: valued(
      'N',
      `where inspect serves; 0 for any that is free, ${ports.first} or the next free one by default`,
      portOf,
    ),
    stately: onOff(
      'inspect in the inspector of Stately: its page comes from https://stately.ai, and is told what is played',
    ),
    seed,
    speed,
    quiet,
  },
  words: [0, 1],
  misused: () => 'Name one scenario: inspect NAME. The names: list',
  async run([name = 'jungle-party'], given, signal) {
    // The packages that this command needs are loaded only when it runs.
    const { serveScenario } = await import('../serve-scenario.ts')
    return await serveScenario(name, given, signal)
  },
})
