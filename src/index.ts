import { checkNode } from './node-version.ts'

export { ActionRejectedError, EventUnsaidError } from './actor/custom-action.ts'
export { StepOverflowError } from './actor/held-scope.ts'
export type { MailboxFigures } from './actor/inbox.ts'
export type { Inside, Path } from './actor/inside.ts'
export { EventMissedError } from './actor/missed-events.ts'
export { StraySendError } from './actor/output.ts'
export type { Routing } from './actor/routing.ts'
export { StepCircleError } from './actor/stepped-logic.ts'
export {
  type Agent,
  type AgentOptions,
  type AgentRules,
  AgentStartError,
  defineAgent,
  type Hook,
  type HookScope,
  type OnRestart,
  type RestartType,
  type TimersAfterRestart,
} from './agent/agent.ts'
export { acceptedBy } from './agent/busy.ts'
export { MachineChangedError, MachineEditedError } from './agent/edited.ts'
export { type AgentTypes, agentTypes, type Heard, type HearsAndSays, type Said } from './agent/hears-and-says.ts'
export { MigrationError } from './agent/migrate.ts'
export {
  type MigratedMachine,
  type Migration,
  MigrationPathError,
  type Migrations,
  migration,
  type OldMachine,
} from './agent/migration.ts'
export { SystemIdError } from './agent/prepared-machine.ts'
export { MachineForeignError, MachineUnknownError, MachineVersionError } from './agent/restorable.ts'
export { SnapshotShapeError } from './agent/saved-machine.ts'
export { StrayWorkError, UnnamedActorError } from './agent/strays.ts'
export type { Around, Span, SpanEnd, SpanFacts, TraceContext } from './around.ts'
export type { Backoff } from './backoff.ts'
export type { BusFigures } from './bus/bus-figures.ts'
export type { TypeFigures } from './bus/event-figures.ts'
export type { EventStream } from './bus/event-stream.ts'
export type { HistoryQuery } from './bus/history.ts'
export { SubscriberLagError } from './bus/missed.ts'
export { BusFullError, BusQueueError } from './bus/queue.ts'
export { type RateFigures, RateLimitError, type RateLimitOptions, RateLimitOptionsError } from './bus/rate-limits.ts'
export type { RateLimit, RateWindow } from './bus/rate-meter.ts'
export { FilterError, type SubscribeOptions, SubscribeOptionsError } from './bus/subscribe-options.ts'
export { SubscriberError, SubscriberTimeoutError } from './bus/subscriber.ts'
export type { Subscription, SubscriptionInfo } from './bus/subscription.ts'
export type { TodayFigures } from './bus/today.ts'
export { type Clock, type MeasuringClock, systemClock, type TimerOptions } from './clock.ts'
export { TroupeError } from './errors.ts'
export {
  type Catalog,
  type Definition,
  DuplicateEventError,
  defineCatalog,
  EventVersionError,
  type UncheckedEvent,
  UnknownEventError,
  UnknownTopicError,
  type VersionedEvent,
} from './events/catalog.ts'
export {
  defineEvent,
  type EventDefinition,
  EventDefinitionError,
  type EventOf,
  type EventOptions,
  PriorityError,
  TtlError,
} from './events/event.ts'
export { type JsonSchema, schemaUrn } from './events/json-schema.ts'
export { MissingDefinitionError } from './events/missing.ts'
export { IllegalPatternError } from './events/pattern.ts'
export { EventPayloadError, type PayloadIssue } from './events/payload.ts'
export * from './events/persist.ts'
export {
  AskRefusedByCalleeError,
  type Refusal,
  type RefusalInput,
  type RefusalOutput,
  type RefusalSchema,
  type Refusals,
} from './events/refusal.ts'
export { type AskedOf, defineRequest, type RefusalOf, type ReplyOf, type RequestDefinition } from './events/request.ts'
export * from './events/runtime-events.ts'
export type { EventFor, Topic } from './events/topic.ts'
export {
  defineTransform,
  type Outgoing,
  type Transform,
  TransformError,
  type TransformFigures,
  type TransformOptions,
  type TransformScope,
  type TransformWork,
  type Way,
} from './events/transform.ts'
export { type OldPayload, UpcastError, type Upcaster, type Upcasters } from './events/upcast.ts'
export { AroundError } from './following.ts'
export { type Ids, IllegalIdError } from './ids.ts'
export { type AskLogic, type AskOptions, ask, requestOf } from './invoke/ask.ts'
export { AskCycleError } from './invoke/ask-circles.ts'
export {
  AskCancelledError,
  AskFailedError,
  AskRefusedError,
  AskStoppedError,
  AskTimeoutError,
} from './invoke/ask-errors.ts'
export { type AskManyLogic, type AskManyOptions, askMany } from './invoke/ask-many.ts'
export { AskRetryError, type AskWaitOptions } from './invoke/ask-options.ts'
export { AmbiguousAskError, UnheardAskError } from './invoke/check-asks.ts'
export {
  ChildEndedError,
  type ChildLogic,
  type ChildOptions,
  child,
  type Orphan,
  withChildren,
} from './invoke/child.ts'
export {
  EffectExhaustedError,
  type EffectFunction,
  type EffectLogic,
  type EffectOptions,
  EffectOptionsError,
  type EffectScope,
  EffectTimeoutError,
  effect,
  type InDoubt,
} from './invoke/effect.ts'
export {
  type Details,
  EnrichError,
  type Enrichment,
  type Tags,
  type WorkCompleted,
  type WorkStarted,
} from './invoke/enrichment.ts'
export { type Answer, type AskFailure, AskManyError, type Need, NeedError } from './invoke/gather.ts'
export type { HandlerFunction, HandlerOptions, HandlerRef, HandlerScope } from './invoke/handler.ts'
export {
  NoRuntimeError,
  type Outcome,
  type OutsideLogic,
  type OutsideSnapshot,
  type Settled,
} from './invoke/outside.ts'
export { type CauseLine, causeLines } from './journal/cause-lines.ts'
export { type CauseLink, Causes } from './journal/causes.ts'
export type {
  AgentChange,
  Cause,
  ClockReading,
  Entry,
  FirstInput,
  Frame,
  GoneReason,
  PartyMetadata,
} from './journal/frame.ts'
export {
  type Checkpoint,
  type Checkpoints,
  type InHand,
  type Journal,
  JournalAppendError,
  JournalClosedError,
  JournalConflictError,
  JournalCorruptError,
  type JournalError,
  JournalPruneError,
  JournalReadError,
  type PartitionInfo,
  type Saved,
  type Snapshot,
} from './journal/journal.ts'
export { memoryJournal } from './journal/memory.ts'
export type { Claim, Ownership } from './journal/ownership.ts'
export { OwnershipLostError, PartitionOwnedError, soleOwnership } from './journal/ownership.ts'
export {
  PartitionExistsError,
  PartitionFailedError,
  PartitionNotFoundError,
  PartitionQuarantinedError,
  PartitionStoppedError,
} from './kinds/errors.ts'
export type { IdleOptions } from './kinds/idle.ts'
export { UnknownPartitionKindError } from './kinds/kinds.ts'
export type { PartitionRef } from './kinds/partition-ref.ts'
export { PartitionKindUnregisteredError, type PartitionsOf, type QuarantinedPartition } from './kinds/partitions-of.ts'
export type { Quarantined } from './kinds/registry.ts'
export type { AgentRef, AgentSnapshot } from './lifecycle/agent-ref.ts'
export { HookError, type HookName, HookTimeoutError } from './lifecycle/hooks.ts'
export * from './lifecycle/lone-agent.ts'
export { type LoneStep, LoneTimersError, type LoneWork } from './lifecycle/lone-host.ts'
export type { PoolRef, ScaleOptions } from './lifecycle/pool-ref.ts'
export { AgentLimitError } from './lifecycle/roster.ts'
export { DeadlyEventError } from './lifecycle/unhandled.ts'
export type { LogFields, Logger } from './log.ts'
export { type Address, AddressTakenError, NoAddressError } from './mail/address.ts'
export { AgingError } from './mail/aging.ts'
export type { DeadLetter, DeadLetterQuery, DeadLetterRules, DeadReason } from './mail/dead-letters.ts'
export type { Envelope, EnvelopeOf, Redriven } from './mail/envelope.ts'
export type { Origin } from './mail/handled.ts'
export type { Accepts } from './mail/lane.ts'
export { MailboxFullError } from './mail/mailbox.ts'
export {
  type CoalesceKey,
  type MailboxOptions,
  MailboxOptionsError,
  type MailboxRules,
  type Overflow,
} from './mail/mailbox-options.ts'
export { PublishCancelledError } from './mail/patience.ts'
export { NodeVersionError } from './node-version.ts'
export { OptionValueError, UnknownOptionError } from './options.ts'
export {
  type Idle,
  IdleLongError,
  IdleTimeoutError,
  type UnderWay,
  WaitInsideError,
  type WaitingFor,
} from './partition/activity.ts'
export { EffectGivenUpError, type HeldEffect, type HeldEffects, NotHeldError } from './partition/held-effects.ts'
export * from './partition/observation.ts'
export type { PublishOptions } from './partition/offer.ts'
export { PersistRuleError } from './partition/persistence.ts'
export { AgentFailedError, WatcherError } from './partition/reports.ts'
export { type SnapshotOptions, SnapshotOptionsError } from './partition/snapshots.ts'
export type { Limits } from './partition/system.ts'
export { type ImportOptions, PartyImportError } from './party/import.ts'
export { type CreateOptions, NoPartyDefinitionError, type Parties } from './party/parties.ts'
export type { Party } from './party/party.ts'
export {
  PartyExistsError,
  PartyFailedError,
  PartyNotFoundError,
  PartyQuarantinedError,
  PartyStoppedError,
  type QuarantinedParty,
} from './party/party-errors.ts'
export { PartyMetadataError } from './party/party-metadata.ts'
export { PartyMovingError } from './party/transfer.ts'
export type { DeadLetterOffice } from './readers/dead-letter-office.ts'
export { DurableLagError } from './readers/durable-lag.ts'
export { type DurableName, DurableNameTakenError } from './readers/durable-subscriptions.ts'
export {
  type Replayed,
  ReplayMutedError,
  type ReplayOptions,
  type ReplayQuery,
  ReplayQueryError,
} from './readers/replay.ts'
export type { ScheduleInfo, ScheduleOptions, Schedules } from './readers/schedules.ts'
export { EventUnheardError, PartyNeededError } from './readers/unheard.ts'
export type { BusMetrics } from './runtime/bus-metrics.ts'
export type { CatalogEvent, CatalogRequest, RuntimeCatalog } from './runtime/catalog.ts'
export { RuntimeOptionsError } from './runtime/check-options.ts'
export { CleanupError } from './runtime/cleanup.ts'
export { closeBus, DefaultBusError, getBus, initBus } from './runtime/default-bus.ts'
export type { OwnedPartitions, PartitionOwner } from './runtime/owned-partitions.ts'
export type { PulseOptions } from './runtime/pulse.ts'
export { createRuntime, type Runtime } from './runtime/runtime.ts'
export type { BusPublishOptions, ErrorOptions, RuntimeBus, SystemError } from './runtime/runtime-bus.ts'
export type { RuntimeOptions } from './runtime/runtime-options.ts'
export type { StopOptions } from './runtime/shutdown.ts'
export type { SpawnOptions } from './runtime/spawn.ts'
export { type RuntimeState, RuntimeStateError } from './runtime/status.ts'
export { HearsMissingError } from './runtime/unlisted.ts'
export { type ChangeOptions, DuplicateInputError, InputNotFoundError, VersionConflictError } from './state/admission.ts'
export {
  type AddedEvent,
  defineParty,
  type Figures,
  type InputFields,
  type InputFor,
  type InputOf,
  type InputsChange,
  type PartyDefinition,
  type PartyOptions,
  type RemovalFor,
  type RemovedEvent,
} from './state/definition.ts'
export { foldParty } from './state/fold.ts'
export type { Inputs } from './state/inputs.ts'
export {
  type Apply,
  definePartitionKind,
  type PartitionKind,
  PartitionKindNameError,
  type PartitionKindOptions,
  StateEventError,
  StateKeyError,
} from './state/kind.ts'
export { LoneState, UnchangingEventError } from './state/lone-state.ts'
export { FiguresError, type PartiesStats } from './state/stats.ts'
export { type PartyState, type PartyStatus, StateApplyError, type Unwatch } from './state/store.ts'
export {
  DuplicateNameError,
  definePool,
  defineSupervisor,
  NoSupervisorError,
  type PoolDefinition,
  type PoolOptions,
  PoolSizeError,
  type Supervised,
  type SupervisionOptions,
  type SupervisorDefinition,
  type SupervisorOptions,
} from './supervision/definition.ts'
export { EscalatedError, GaveUpError, type RestartIntensity } from './supervision/restart-intensity.ts'
export type { Strategy } from './supervision/strategy.ts'
export { type ErrorData, type ErrorWords, errorOf, RecordedError } from './thrown.ts'
export { SchedulerError } from './time/chosen-agents.ts'
export {
  type Missed,
  type Moment,
  type PlannedCron,
  type PlannedEvery,
  type PlannedOnce,
  type PlannedSchedule,
  type Schedule,
  type ScheduleAfter,
  type ScheduleAt,
  type ScheduleCron,
  ScheduleError,
  type ScheduleEvery,
} from './time/schedule.ts'
export { type ReadyAgent, type Scheduler, systemScheduler } from './time/scheduler.ts'
export type { Message, Messages } from './transport/message.ts'
export * from './transport/transport.ts'
export { ValueFormatError } from './values/json.ts'
export { type Patch, PatchError, patched, patchesBetween } from './values/patch.ts'
export { ValueError, type ValueFault } from './values/value.ts'
export { type OutsideAskManyOptions, type OutsideAskOptions, RequestIdTakenError } from './work/outside-ask-options.ts'
export { StrayInvokeError } from './work/outside-work.ts'

// Checked first: on an older Node, any later line may fail, with an error that does not name the reason.
checkNode(process.versions.node)
