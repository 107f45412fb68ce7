import type { TraceContext } from '../around.ts'
import type { Following, OpenSpan } from '../following.ts'
import type { Address } from '../mail/address.ts'
import type { Shown } from './partition-observer.ts'

/** Whose frames are appended. */
interface Owner {
  readonly address: Address
  readonly party: string | undefined
}

/** Begins the span of an append. What led to its first frame leads to it; it links to what led to the other frames. */
export function beginAppend(around: Following, { address, party }: Owner, batch: readonly Shown[]): OpenSpan {
  const [parent, ...links] = tracesOf(batch)
  const [from = 0, to = from] = [batch[0]?.frame.position, batch.at(-1)?.frame.position]
  const cause = batch[0]?.step?.handled.envelope?.id
  return around.begin(
    { kind: 'append', partition: address, party, cause, frames: batch.length, from, to, links },
    parent,
  )
}

/** The contexts of steps and publishes, each once. */
function tracesOf(batch: readonly Shown[]): ReadonlySet<TraceContext> {
  const traces = new Set<TraceContext>()
  for (const { step, said } of batch) {
    const trace = step ? step.handled.trace : said[0]?.trace
    if (trace) traces.add(trace)
  }
  return traces
}
