export { type AroundAbilities, type AroundCase, aroundContract, type SeenSpan } from './around-contract.ts'
export { type ChannelOptions, channelTransport } from './channel-transport.ts'
export { alwaysFollowedBy, before, CheckError, eventually, type Following, never, type Same } from './checks.ts'
export type { ContractCase } from './contract-case.ts'
export { type Duration, DurationError } from './duration.ts'
export { GivenAgent, type GivenWork, given } from './given.ts'
export { HandlerProbe, type HandlerProbeOptions } from './handler-probe.ts'
export {
  asked,
  type DataOf,
  died,
  type Happening,
  published,
  ran,
  restarted,
  type Sought,
  type Wanted,
} from './happening.ts'
export { type JournalAbilities, journalContract } from './journal-contract.ts'
export { type OwnershipAbilities, type OwnershipUnderTest, ownershipContract } from './ownership-contract.ts'
export { type PartitionKindUse, partitionKindContract } from './partition-kind-contract.ts'
export { AgentProbe, probe, type SaidBy } from './probe.ts'
export { type RandomScheduler, randomScheduler } from './random-scheduler.ts'
export {
  NotReceivedError,
  ProbeAnsweredError,
  ProbeDefinitionError,
  type ProbedDataOf,
  type ProbedEvent,
  type ProbedOf,
  type ProbedRequest,
  ProbeGoneError,
  ProbePlaceError,
  UnexpectedError,
} from './received.ts'
export { type RecordedSpan, type RecordOptions, recordSpans, type SpanRecorder } from './record-spans.ts'
export type { RecordedAsk, RecordedRestart, RecordedWork, RunRecord } from './run-record.ts'
export { schedulerContract } from './scheduler-contract.ts'
export { Script, type ScriptedCall, type ScriptedTime, ScriptOverError, script } from './script.ts'
export { seededRandom } from './seeded-random.ts'
export {
  NeverSettlesError,
  type SettleOptions,
  type SettlingOptions,
  type SettlingScheduler,
  settlingScheduler,
} from './settling-scheduler.ts'
export {
  type JoinOptions,
  type SharedOwnership,
  type SharedOwnershipOptions,
  sharedOwnership,
} from './shared-ownership.ts'
export { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts'
export { type HeldJournal, heldJournal, slowJournal } from './slow-journal.ts'
export { type StandIn, StandInFreeError, type StandInPlace, StandInTakenError, StandInTwiceError } from './stand-in.ts'
export {
  createTestRuntime,
  TestCrashedError,
  type TestRuntime,
  type TestRuntimeChanges,
  type TestRuntimeOptions,
  TestStoppedError,
} from './test-runtime.ts'
export { type Ends, type TransportAbilities, transportContract } from './transport-contract.ts'
export { NoSuchEventError, type Run, why } from './why.ts'
