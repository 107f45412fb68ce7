export { eventsOf, inputsOf, outputsOf } from './arbitrary.ts'
export { ArbitraryError } from './bounded.ts'
