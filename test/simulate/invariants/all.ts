import type { Invariant, Report } from '../invariant.ts'
import { Causes } from './causes.ts'
import { DurableFirst } from './durable-first.ts'
import { Expiry } from './expiry.ts'
import { OneWriter } from './one-writer.ts'
import { Positions } from './positions.ts'
import { SenderOrder } from './sender-order.ts'
import { WorkOnce } from './work-once.ts'

/** What each run is checked for. */
export const standardInvariants: readonly ((report: Report) => Invariant)[] = [
  report => new OneWriter(report),
  report => new Positions(report),
  report => new WorkOnce(report),
  report => new DurableFirst(report),
  report => new Causes(report),
  report => new SenderOrder(report),
  report => new Expiry(report),
]
