import { withChildren } from '../invoke/child.ts'
import { Kinds } from '../kinds/kinds.ts'
import type { KindGround } from '../kinds/lives.ts'
import { PartitionsOf } from '../kinds/partitions-of.ts'
import { Rest } from '../kinds/rest.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import { type Address, keyOf, runtimePartition } from '../mail/address.ts'
import { Parties } from '../party/parties.ts'
import { Schedules } from '../readers/schedules.ts'
import { Unheard } from '../readers/unheard.ts'
import { Recovery } from '../recovery/recovery.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import { defaultIntensity } from '../supervision/restart-intensity.ts'
import { buildSystem, type Later, type SystemParts } from './build-system.ts'
import { Handling } from './handling.ts'
import { Outside } from './outside.ts'
import { OwnedPartitions } from './owned-partitions.ts'
import { RuntimeBus } from './runtime-bus.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import { Shutdown } from './shutdown.ts'

/** What a runtime uses of its parts. */
export interface Parts<S extends object, A extends AddedEvent, R extends RemovedEvent>
  extends SystemParts,
    Omit<Later, 'parties' | 'kinds'> {
  readonly outside: Outside
  readonly handling: Handling
  readonly parties: Parties<S, A, R>
  /** The partitions of the user's own kinds, by the names of these. */
  readonly ownKinds: ReadonlyMap<string, PartitionsOf>
  readonly rest: Rest
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
  const outside = new Outside(system, partitions, options.intensity ?? defaultIntensity)
  const unheard = unheardOf(options, base)
  const schedules = new Schedules({
    system,
    partition: party => {
      status.checkRunning()
      const place: Whereabouts = party === undefined ? outside : parties.get(party).life
      place.checkOpen()
      return place.partition
    },
    unheard,
  })
  const ground = kindGroundOf(options, base, () => later)
  const parties = new Parties(options.party, ground)
  const ownKinds = new Map((options.kinds ?? []).map(kind => [kind.prefix, new PartitionsOf(kind, ground)]))
  const kinds = new Kinds(
    parties.lives,
    Array.from(ownKinds.values(), one => one.lives),
  )
  const bus = new RuntimeBus({
    system,
    outside,
    parties,
    durable,
    unheard,
    unknownTopic: unknown => warnings.unknownTopic(unknown),
  })
  const recovery = recoveryOf(base, { outside, schedules, kinds })
  const rest = new Rest({ outside, lives: () => kinds.lives })
  const handling = new Handling({ status, system, handlers, outside })
  const owned = new OwnedPartitions({ system, durable, outside, tree: base.definitions.tree, kinds, recovery })
  const shutdown = new Shutdown({ ...base, outside, kinds, handling, recovery, rest, owned })
  const later: Later = { schedules, parties, kinds, bus, recovery, owned, shutdown }
  return { ...base, outside, handling, schedules, parties, ownKinds, bus, recovery, rest, owned, shutdown }
}

function unheardOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  { party, transforms = [] }: RuntimeOptions<S, A, R>,
  { system: { bus }, partitions, development }: SystemParts,
): Unheard {
  // A transformation may send an event to other agents.
  const isTransformed = transforms.length > 0
  return new Unheard(party, {
    get outside() {
      return partitions.outside
    },
    development,
    isWanted: type => isTransformed || bus.isWanted(type),
    isHeard: (type, id) => isTransformed || bus.isHeard(type, id),
    warn: warning => partitions.outside.reportError('warning', warning),
  })
}

function kindGroundOf(
  { intensity = defaultIntensity }: Pick<RuntimeOptions, 'intensity'>,
  { system, partitions, durable, cleanup }: SystemParts,
  later: () => Later,
): KindGround {
  const drop = (partition: Address) => {
    later().schedules.forget(partition)
    cleanup.forget(partition)
  }
  return {
    system,
    intensity,
    partitions,
    durable,
    recover: (partition, how) => later().recovery.one(partition, how),
    drop,
    forget: partition => {
      drop(partition)
      system.bus.forget(keyOf(partition))
    },
  }
}

function recoveryOf(
  { system, durable, development, definitions }: SystemParts,
  { outside, schedules, kinds }: { readonly outside: Outside; readonly schedules: Schedules; readonly kinds: Kinds },
): Recovery {
  const { tree, registered, insiders, outsiders } = definitions
  const warned = new Set<string>()
  return new Recovery({
    system,
    get outside() {
      return outside.partition
    },
    get crew() {
      return outside.crew
    },
    tree,
    definitions: withChildren([...registered, ...insiders, ...outsiders]),
    schedules,
    development,
    recovering: () => durable.recovering(),
    recovered: () => durable.recovered(system),
    saved: partition => kinds.saved(partition),
    imported: (partition, position) => durable.imported(partition, position, system),
    quarantine: (partition, error) => {
      if (system.claims.isOwned(partition)) kinds.quarantine(partition, error)
      else kinds.elsewhere(partition)
    },
    quarantined: () => kinds.quarantined,
    elsewhere: (partition, error) => {
      if (partition === runtimePartition) outside.leave(error)
      else kinds.elsewhere(partition)
    },
    // Once, however many parties have an agent of this definition.
    edited: warning => {
      if (!warned.has(warning.message)) outside.partition.reportError('warning', warning)
      warned.add(warning.message)
    },
  })
}
