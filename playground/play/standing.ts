import { asJson } from '../../src/cli/as-json.ts'
import type { Standing } from '../../src/cli/record.ts'
import type { Playing } from '../stage/play.ts'

/** How everything stands in a runtime, as JSON has it. */
export function standingIn(runtime: Playing): Standing {
  const agents: [string, unknown][] = []
  const stop = runtime.observe(one => {
    if (one.kind !== 'actor' || one.role !== 'agent') return
    const { status, value, context } = one.snapshot
    agents.push([one.address, { status, value, context }])
  })
  stop()
  const parties = runtime.parties.list().map(({ id, state }) => [id, state])
  return asJson({ parties: Object.fromEntries(parties), agents: Object.fromEntries(agents) })
}
