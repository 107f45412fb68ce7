import { portOf } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { onOff, valued } from '../flag.ts'
import { app } from '../flags.ts'
import { ports } from '../ports.ts'

export const inspect = defineCommand({
  name: 'inspect',
  help: {
    'inspect DIR': 'its agents, as they stand there, for inspectors',
    'inspect --app FILE': 'the agents of the runtime that it exports, as they run',
  },
  flags: {
    app,
    port: valued(
      'N',
      `where inspect serves; 0 for any that is free; ${ports.first} by default, or the next free one`,
      portOf,
    ),
    stately: onOff(
      'inspect in the inspector of Stately: its page comes from https://stately.ai, and is told what is shown',
    ),
  },
  words: [0, 1],
  async run([directory], given, signal) {
    // The packages that this command needs are loaded only when it runs.
    const { serveAgents } = await import('../serve-agents.ts')
    return await serveAgents(directory, given, signal)
  },
})
