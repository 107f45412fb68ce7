import type { Suite } from '../suite.ts'
import { agent } from './agent/suite.ts'
import { ask } from './ask/suite.ts'
import { bus } from './bus/suite.ts'
import { imports } from './import/suite.ts'
import { inspect } from './inspect/suite.ts'
import { journal } from './journal/suite.ts'
import { load } from './load/suite.ts'
import { party } from './party/suite.ts'
import { recovery } from './recovery/suite.ts'
import { spawn } from './spawn/suite.ts'

/** Every suite, in the order in which they run. */
export const suites: readonly Suite[] = [spawn, agent, ask, bus, party, journal, inspect, imports, recovery, load]
