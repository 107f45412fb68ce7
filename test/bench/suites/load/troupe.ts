import type { Cases } from '../../suite.ts'
import { floodRounds } from './flood.ts'
import { minuteRounds } from './minute.ts'
import { partyRounds } from './parties.ts'
import { troupeHops } from './troupe-hops.ts'

export const troupe: Cases = { ...troupeHops, ...floodRounds, ...partyRounds, ...minuteRounds }
