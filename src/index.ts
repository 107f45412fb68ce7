import { checkNode } from './node-version.ts'

export type { MailboxFigures } from './actor/actor.ts'
export { type Address, AddressTakenError, NoAddressError } from './actor/address.ts'
export {
  type Agent,
  type AgentOptions,
  AgentStartError,
  type AgentTypes,
  agentTypes,
  defineAgent,
  type Heard,
  type HearsAndSays,
  type Hook,
  type HookScope,
  type OnRestart,
  type RestartType,
  type Said,
  SystemIdError,
  type TimersAfterRestart,
} from './actor/agent.ts'
export { AgingError } from './actor/aging.ts'
export {
  AskCancelledError,
  AskCycleError,
  AskFailedError,
  type AskLogic,
  type AskOptions,
  AskRefusedError,
  AskRetryError,
  AskStoppedError,
  AskTimeoutError,
  ask,
} from './actor/ask.ts'
export {
  type Answer,
  type AskFailure,
  AskManyError,
  type AskManyLogic,
  type AskManyOptions,
  askMany,
  type Need,
  NeedError,
} from './actor/ask-many.ts'
export { type BusFigures, BusFullError, BusQueueError } from './actor/bus.ts'
export { ChildEndedError, type ChildLogic, type ChildOptions, child, type Orphan, withChildren } from './actor/child.ts'
export type { DeadLetter, DeadLetterQuery, DeadLetterRules, DeadReason } from './actor/dead-letters.ts'
export { MachineChangedError, MachineEditedError } from './actor/edited.ts'
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
} from './actor/effect.ts'
export {
  type Details,
  EnrichError,
  type Enrichment,
  type Tags,
  type WorkCompleted,
  type WorkStarted,
} from './actor/enrichment.ts'
export type { Envelope, EnvelopeOf, Redriven } from './actor/envelope.ts'
export type { TypeFigures } from './actor/event-figures.ts'
export type { EventStream } from './actor/event-stream.ts'
export type { HandlerFunction, HandlerOptions, HandlerRef, HandlerScope } from './actor/handler.ts'
export type { HistoryQuery } from './actor/history.ts'
export {
  type CoalesceKey,
  MailboxFullError,
  type MailboxOptions,
  MailboxOptionsError,
  type MailboxRules,
  type Overflow,
} from './actor/mailbox.ts'
export { MigrationError } from './actor/migrate.ts'
export {
  type MigratedMachine,
  type Migration,
  MigrationPathError,
  type Migrations,
  migration,
  type OldMachine,
} from './actor/migration.ts'
export { EventMissedError } from './actor/missed-events.ts'
export { NoRuntimeError, type Outcome, type OutsideLogic, type OutsideSnapshot, type Settled } from './actor/outside.ts'
export { PublishCancelledError } from './actor/patience.ts'
export {
  type RateFigures,
  RateLimitError,
  type RateLimitOptions,
  RateLimitOptionsError,
} from './actor/rate-limits.ts'
export type { RateLimit, RateWindow } from './actor/rate-meter.ts'
export {
  MachineForeignError,
  MachineUnknownError,
  MachineVersionError,
} from './actor/restorable.ts'
export type { Routing } from './actor/routing.ts'
export { SnapshotShapeError } from './actor/saved-machine.ts'
export { type Missed, type Moment, type PlannedSchedule, type Schedule, ScheduleError } from './actor/schedule.ts'
export {
  ActionRejectedError,
  EventUnsaidError,
  StepCircleError,
  StepOverflowError,
  StraySendError,
} from './actor/step.ts'
export { StrayWorkError, UnnamedActorError } from './actor/strays.ts'
export { FilterError, type SubscribeOptions, SubscribeOptionsError } from './actor/subscribe-options.ts'
export { SubscriberError, SubscriberTimeoutError } from './actor/subscriber.ts'
export { SubscriberLagError, type Subscription, type SubscriptionInfo } from './actor/subscription.ts'
export type { TodayFigures } from './actor/today.ts'
export type { Backoff } from './backoff.ts'
export { type Clock, systemClock, type TimerOptions } from './clock.ts'
export { closeBus, DefaultBusError, getBus, initBus } from './default-bus.ts'
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
export {
  type PersistOptions,
  PersistOptionsError,
  type PersistRule,
  persistBy,
  type SaidEvent,
} from './events/persist.ts'
export {
  AskRefusedByCalleeError,
  type Refusal,
  type RefusalInput,
  type RefusalOutput,
  type Refusals,
} from './events/refusal.ts'
export { type AskedOf, defineRequest, type RefusalOf, type ReplyOf, type RequestDefinition } from './events/request.ts'
export * from './events/runtime-events.ts'
export type { EventFor, Topic } from './events/topic.ts'
export {
  defineTransform,
  type Transform,
  TransformError,
  type TransformFigures,
  type TransformOptions,
  type TransformScope,
} from './events/transform.ts'
export { type OldPayload, UpcastError, type Upcaster, type Upcasters } from './events/upcast.ts'
export { type Ids, IllegalIdError } from './ids.ts'
export type { AgentChange, Cause, Entry, Frame, GoneReason, PartyMetadata } from './journal/frame.ts'
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
  memoryJournal,
  type PartitionInfo,
  type Saved,
  type Snapshot,
} from './journal/journal.ts'
export type { LogFields, Logger } from './log.ts'
export { NodeVersionError } from './node-version.ts'
export { OptionValueError, UnknownOptionError } from './options.ts'
export {
  type Idle,
  IdleLongError,
  IdleTimeoutError,
  type UnderWay,
  WaitInsideError,
  type WaitingFor,
} from './party/activity.ts'
export { type ChangeOptions, DuplicateInputError, InputNotFoundError, VersionConflictError } from './party/admission.ts'
export type { AgentRef, AgentSnapshot } from './party/agent-ref.ts'
export { type ImportOptions, PartyImportError } from './party/arrival.ts'
export { type OutsideAskManyOptions, type OutsideAskOptions, RequestIdTakenError } from './party/ask-from-outside.ts'
export { AmbiguousAskError, UnheardAskError } from './party/check-asks.ts'
export { RuntimeOptionsError } from './party/check-options.ts'
export { CleanupError } from './party/cleanup.ts'
export type { DeadLetterOffice } from './party/dead-letter-office.ts'
export {
  type AddedEvent,
  type Apply,
  defineParty,
  type Figures,
  type InputFor,
  type InputOf,
  type InputsChange,
  type PartyDefinition,
  type PartyOptions,
  type RemovalFor,
  type RemovedEvent,
  StateEventError,
  StateKeyError,
} from './party/definition.ts'
export { DurableLagError, type DurableName, DurableNameTakenError } from './party/durable-subscriptions.ts'
export { foldParty } from './party/fold.ts'
export { EffectGivenUpError, type HeldEffect, type HeldEffects, NotHeldError } from './party/held-effects.ts'
export type { IdleOptions } from './party/idle.ts'
export type { Inputs } from './party/inputs.ts'
export { HookError, HookTimeoutError } from './party/lifecycle.ts'
export type {
  Observation,
  ObservedActor,
  ObservedAnswer,
  ObservedAsk,
  ObservedDeadLetter,
  ObservedEvent,
  ObservedSnapshot,
  ObservedStep,
  ObservedStop,
  ObservedSupervision,
  ObserveOptions,
  Observer,
} from './party/observation.ts'
export type { PublishOptions } from './party/offer.ts'
export { StrayInvokeError } from './party/outside-work.ts'
export {
  type CreateOptions,
  NoPartyDefinitionError,
  type Parties,
  PartyExistsError,
  PartyMetadataError,
  PartyNotFoundError,
  PartyQuarantinedError,
  type QuarantinedParty,
} from './party/parties.ts'
export { AgentFailedError, type Limits, WatcherError } from './party/partition.ts'
export { type Party, PartyFailedError, PartyStoppedError } from './party/party.ts'
export { PersistRuleError } from './party/persistence.ts'
export type { PoolRef } from './party/pool-ref.ts'
export type { PulseOptions } from './party/pulse.ts'
export {
  type Replayed,
  ReplayMutedError,
  type ReplayOptions,
  type ReplayQuery,
  ReplayQueryError,
} from './party/replay.ts'
export { DeadlyEventError } from './party/returning.ts'
export { AgentLimitError } from './party/roster.ts'
export type { BusMetrics, BusPublishOptions, ErrorOptions, RuntimeBus, SystemError } from './party/runtime-bus.ts'
export type { ScheduleInfo, ScheduleOptions, Schedules } from './party/schedules.ts'
export { type SnapshotOptions, SnapshotOptionsError } from './party/snapshots.ts'
export { FiguresError, type PartiesStats } from './party/stats.ts'
export { type PartyState, type PartyStatus, StateApplyError, type Unwatch } from './party/store.ts'
export { PartyMovingError } from './party/transfer.ts'
export { EventUnheardError, HearsMissingError, PartyNeededError } from './party/unheard.ts'
export {
  createRuntime,
  type Runtime,
  type RuntimeOptions,
  RuntimeStateError,
  type SpawnOptions,
  type StopOptions,
} from './runtime.ts'
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
export { type ErrorWords, errorOf, RecordedError } from './thrown.ts'
export { ValueFormatError } from './values/json.ts'
export { type Patch, PatchError, patched, patchesBetween } from './values/patch.ts'
export { ValueError, type ValueFault } from './values/value.ts'

// At once: what an older Node lacks would fail anywhere, and say nothing of that.
checkNode(process.versions.node)
