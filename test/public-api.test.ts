import * as troupe from 'troupe'
import * as agents from 'troupe/agents'
import * as testing from 'troupe/testing'
import { expect, it } from 'vitest'

/** The names that each sub-path exports: changing a list is a visible decision. */

it('troupe exports these names', () => {
  expect(Object.keys(troupe).toSorted()).toMatchInlineSnapshot(`
    [
      "AddressTakenError",
      "AgentStartError",
      "AmbiguousAskError",
      "AskCancelledError",
      "AskCycleError",
      "AskFailedError",
      "AskRefusedError",
      "AskStoppedError",
      "AskTimeoutError",
      "DuplicateEventError",
      "DuplicateInputError",
      "EscalatedError",
      "EventDefinitionError",
      "EventPayloadError",
      "EventVersionError",
      "IdleTimeoutError",
      "IllegalIdError",
      "IllegalPatternError",
      "InputNotFoundError",
      "JournalAppendError",
      "JournalConflictError",
      "JournalReadError",
      "MailboxFullError",
      "MailboxOptionsError",
      "NoAddressError",
      "NoPartyDefinitionError",
      "NoRuntimeError",
      "NoSupervisorError",
      "PartyExistsError",
      "PartyFailedError",
      "PartyNotFoundError",
      "PartyStoppedError",
      "PriorityError",
      "RuntimeStateError",
      "StateApplyError",
      "StepOverflowError",
      "StrayInvokeError",
      "StraySendError",
      "SubscriberError",
      "SystemIdError",
      "TroupeError",
      "TtlError",
      "UnknownEventError",
      "VersionConflictError",
      "WaitInsideError",
      "WatcherError",
      "agentEscalated",
      "agentFailed",
      "agentRestarted",
      "agentStarted",
      "agentStopped",
      "agentTypes",
      "ask",
      "askFailed",
      "askSucceeded",
      "createRuntime",
      "deadLettered",
      "defineAgent",
      "defineCatalog",
      "defineEvent",
      "defineParty",
      "defineRequest",
      "defineSupervisor",
      "effect",
      "memoryJournal",
      "partyCreated",
      "partyDeleted",
      "partyQuarantined",
      "runtimeEvents",
      "systemError",
      "systemStarted",
      "systemStarting",
      "systemStopped",
      "systemStopping",
    ]
  `)
})

it('troupe/agents exports these names', () => {
  expect(Object.keys(agents).toSorted()).toMatchInlineSnapshot(`
    [
      "agentCompleted",
      "agentDataRemoved",
      "agentFailed",
      "agentShouldExecute",
      "agentStarted",
      "briefUpdated",
      "budgetUpdated",
      "builtInDirectory",
      "checkedDirectory",
      "definePartyPlanner",
      "guestCount",
      "inputAdded",
      "inputRemoved",
      "orders",
      "partyPlanner",
      "planUpdated",
      "quotesSilenced",
      "readByRules",
      "taskCompleted",
      "vendorQuotes",
    ]
  `)
})

it('troupe/testing exports these names', () => {
  expect(Object.keys(testing).toSorted()).toMatchInlineSnapshot(`
    [
      "createSimulatedClock",
      "heldJournal",
      "seededRandom",
      "slowJournal",
    ]
  `)
})
