import { withChildren } from '../invoke/child.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import type { Log } from '../log.ts'
import { type Address, keyOf } from '../mail/address.ts'
import type { HeldEffects } from '../partition/held-effects.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import { Parties } from '../party/parties.ts'
import { Rest } from '../party/rest.ts'
import { Schedules } from '../readers/schedules.ts'
import { Unheard } from '../readers/unheard.ts'
import { Recovery } from '../recovery/recovery.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import { defaultIntensity } from '../supervision/restart-intensity.ts'
import type { Handlers } from '../work/handlers.ts'
import { buildSystem, type Later, type SystemParts } from './build-system.ts'
import type { Definitions } from './definitions.ts'
import { Handling } from './handling.ts'
import { Outside } from './outside.ts'
import { RuntimeBus } from './runtime-bus.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import { Shutdown } from './shutdown.ts'
import type { RuntimeStatus } from './status.ts'
import type { Warnings } from './warnings.ts'

/** What a runtime uses of its parts. */
export interface Parts<S extends object, A extends AddedEvent, R extends RemovedEvent> {
  readonly definitions: Definitions
  readonly development: boolean
  readonly log: Log
  readonly status: RuntimeStatus
  readonly warnings: Warnings
  readonly system: System<Partition>
  readonly held: HeldEffects
  readonly outside: Outside
  readonly handlers: Handlers
  readonly handling: Handling
  readonly schedules: Schedules
  readonly parties: Parties<S, A, R>
  readonly bus: RuntimeBus
  readonly recovery: Recovery
  readonly rest: Rest
  readonly shutdown: Shutdown
}

/**
 * Creates the parts of a runtime, each from the parts before it. The system also calls some parts that are created after it,
 * through `later`.
 */
export function wire<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  options: RuntimeOptions<S, A, R>,
): Parts<S, A, R> {
  const base = buildSystem(options, () => later)
  const { system, status, partitions, durable, warnings, handlers } = base
  const outside = new Outside(system, options.intensity ?? defaultIntensity)
  partitions.add(outside.partition)
  const unheard = unheardOf(options, base)
  const schedules = new Schedules({
    system,
    partition: party => {
      status.checkRunning()
      const place: Whereabouts = party === undefined ? outside : parties.get(party)
      place.checkOpen()
      return place.partition
    },
    unheard,
  })
  const parties = partiesOf(options, base, () => later)
  const bus = new RuntimeBus({
    system,
    outside: outside.partition,
    parties,
    durable,
    unheard,
    unknownTopic: unknown => warnings.unknownTopic(unknown),
  })
  const recovery = recoveryOf(base, { outside, schedules, parties })
  const rest = new Rest({ outside: outside.partition, crew: outside.crew, parties: () => parties.list() })
  const handling = new Handling({ status, system, handlers, partition: outside.partition })
  const shutdown = new Shutdown({ ...base, outside, parties, handling, recovery, rest })
  const later: Later = { schedules, parties, bus, recovery, shutdown }
  return { ...base, outside, handling, schedules, parties, bus, recovery, rest, shutdown }
}

function unheardOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  { party, transforms = [] }: RuntimeOptions<S, A, R>,
  { system: { bus }, partitions: { outside }, development }: SystemParts,
): Unheard {
  // A transformation may send an event to other agents.
  const isTransformed = transforms.length > 0
  return new Unheard(party, {
    outside,
    development,
    isWanted: type => isTransformed || bus.isWanted(type),
    isHeard: (type, id) => isTransformed || bus.isHeard(type, id),
    warn: warning => outside.reportError('warning', warning),
  })
}

function partiesOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  { party, intensity = defaultIntensity }: RuntimeOptions<S, A, R>,
  { system, partitions, durable, cleanup }: SystemParts,
  later: () => Later,
): Parties<S, A, R> {
  const drop = (partition: Address) => {
    later().schedules.forget(partition)
    cleanup.forget(partition)
  }
  return new Parties({
    definition: party,
    system,
    intensity,
    partitions,
    durable,
    recover: (partition, how) => later().recovery.party(partition, how),
    drop,
    forget: partition => {
      drop(partition)
      system.bus.forget(keyOf(partition))
    },
  })
}

function recoveryOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  { system, durable, development, definitions }: SystemParts,
  { outside, schedules, parties }: Pick<Parts<S, A, R>, 'outside' | 'schedules' | 'parties'>,
): Recovery {
  const { tree, registered, insiders, outsiders } = definitions
  return new Recovery({
    system,
    outside: outside.partition,
    crew: outside.crew,
    tree,
    definitions: withChildren([...registered, ...insiders, ...outsiders]),
    schedules,
    development,
    recovering: () => durable.recovering(),
    recovered: () => durable.recovered(system),
    savedParty: id => parties.saved(id),
    imported: (partition, position) => durable.imported(partition, position, system),
    quarantine: (partition, error) => parties.quarantine(partition, error),
    quarantined: () => parties.quarantined().length,
  })
}
