import { defineCommand } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { json, verbose } from '../flags.ts'
import { sourceAt } from '../where.ts'
import { tellWhy } from '../why.ts'

export const why = defineCommand({
  name: 'why',
  help: {
    'why EVENT WHERE': 'what led to an event, back to somebody outside; EVENT is an id, or a type for the newest of it',
  },
  flags: { json, verbose },
  words: [2, 2],
  async run([event = '', where = ''], given, signal) {
    const sources = async function* () {
      yield await sourceAt(where, signal)
    }
    await tellWhy(event, sources(), { ...given, where })
    return exitCodes.ok
  },
})
