import { defineCommand } from '../../../src/cli/command.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { within } from '../../../src/cli/interruption.ts'
import { UsageError } from '../../../src/cli/usage-error.ts'
import { tellWhy } from '../../../src/cli/why.ts'
import { json, seed, timeout, verbose } from '../flags.ts'
import { framesIn } from '../frames-in.ts'

export const why = defineCommand({
  name: 'why',
  help: {
    'why EVENT [WHERE]':
      'what led to it, back to somebody outside; EVENT is an id, or a type for the newest of it, and WHERE a directory of npm start -- --data, a record, or a scenario: all of them, if left out',
  },
  flags: { json, seed, timeout, verbose },
  words: [1, 2],
  misused: () => 'Name one event, and where it is: why EVENT [WHERE], for example why party.plan.updated jungle-party',
  run: ([event = '', where], { json, verbose, seed, timeout }, signal) =>
    within(timeout, signal, async either => {
      // Each run of a scenario has other ids, so an id says nothing without the run that it belongs to.
      const check = ({ type }: { readonly type: string }) => {
        if (where === undefined && type !== event) throw new UsageError(whichRun(event))
      }
      const sources = framesIn(where, { seed, signal: either })
      await tellWhy(event, sources, { json, verbose, where: where ?? 'any scenario', check })
      return exitCodes.ok
    }),
})

function whichRun(id: string): string {
  return `"${id}" is an id, and every run has its own. Say which one: why ${id} WHERE, a scenario, a record or a directory.`
}
