/**
 * What `troupe` is when the suite runs with TROUPE_STAND_IN: the same names, and a runtime that breaks its promises. With
 * `silent` it answers politely and does nothing; with `broken` it does what it should, except where the systems that the
 * promises come from did not keep them. Whatever test stays green there proves nothing: see test/promises.md.
 */
import * as troupe from '../../src/index.ts'
import { brokenBus, brokenLimits, brokenMailbox, brokenRuntime } from './broken.ts'
import { silentBus, silentRuntime } from './silent.ts'

export * from '../../src/index.ts'

const isBroken = process.env['TROUPE_STAND_IN'] === 'broken'

function weaker<O extends Pick<troupe.RuntimeOptions, 'rateLimit'>>(options: O): O {
  return isBroken && options.rateLimit ? { ...options, rateLimit: brokenLimits(options.rateLimit) } : options
}

export const createRuntime: typeof troupe.createRuntime = (options = {}) => {
  const runtime = troupe.createRuntime(weaker(options))
  return isBroken ? brokenRuntime(runtime) : silentRuntime(runtime)
}

const standIn = (bus: troupe.RuntimeBus) => (isBroken ? brokenBus(bus) : silentBus(bus))
let first: troupe.RuntimeBus | undefined

/** The one default bus, which always exists. */
export const initBus: typeof troupe.initBus = async options => {
  first ??= await troupe.initBus(options && weaker(options))
  return standIn(first)
}

export const getBus: typeof troupe.getBus = () => standIn(first ?? troupe.createRuntime().bus)

export const closeBus: typeof troupe.closeBus = async () => {}

export const defineAgent: typeof troupe.defineAgent = options => {
  const agent = troupe.defineAgent(options)
  return isBroken ? brokenMailbox(agent) : agent
}

/** A registry with one event, like the registry of the system that promised one. */
export const defineCatalog: typeof troupe.defineCatalog = () => troupe.defineCatalog([troupe.systemTick])
