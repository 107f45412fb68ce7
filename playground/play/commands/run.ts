import { defineCommand } from '../../../src/cli/command.ts'
import { anyText, onOff, valued } from '../../../src/cli/flag.ts'
import { UsageError } from '../../../src/cli/usage-error.ts'
import { findScenarios } from '../../stage/find.ts'
import { checkKnown, scenariosNamed } from '../cast.ts'
import { json, quiet, seed, speed, timeout, verbose } from '../flags.ts'
import { playScenarios } from '../play-scenarios.ts'
import { playOnChanges } from '../watch/play-on-changes.ts'

export const run = defineCommand({
  name: 'run',
  help: { 'run NAME... | --all': 'plays them, on simulated time' },
  flags: {
    all: onOff(),
    json,
    seed,
    record: valued('F', 'writes the run of one scenario down, for replay', anyText),
    watch: onOff(
      'plays again whenever a file of the project changes, and tells what is different then; Ctrl-C ends it',
    ),
    speed,
    'real-time': onOff('the same as --speed 1'),
    timeout,
    quiet,
    verbose,
  },
  words: [0, Number.POSITIVE_INFINITY],
  async run(names, { all, watch, 'real-time': isRealTime, ...given }, signal) {
    const { json, record, speed } = given
    if (all && names.length > 0) throw new UsageError('Name scenarios, or say --all, not both.')
    if (!all && names.length === 0) throw new UsageError('Which one? run NAME..., or run --all. The names: list')
    if (record !== undefined && names.length !== 1)
      throw new UsageError('A record is of one scenario. Name one: run NAME --record FILE')
    if (watch && (json || record !== undefined))
      throw new UsageError('--watch tells people what a change does. Say it without --json and --record.')
    if (speed !== undefined && isRealTime) throw new UsageError('Say --speed or --real-time, not both.')
    // A file that is watched may be broken now, and fixed by the next change.
    for (const name of names) checkKnown(name)
    if (watch) return await playOnChanges(signal)
    const scenarios = all ? await findScenarios() : await scenariosNamed(names)
    return await playScenarios(scenarios, { ...given, speed: isRealTime ? 1 : speed }, signal)
  },
})
