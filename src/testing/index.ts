export { type ContractCase, type JournalAbilities, journalContract } from './journal-contract.ts'
export { seededRandom } from './seeded-random.ts'
export { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts'
export { type HeldJournal, heldJournal, slowJournal } from './slow-journal.ts'
