import fc from 'fast-check'
import type { MailboxOptions, Routing } from 'troupe'
import type { Family } from './family.ts'
import { command, spray, trick, urgent } from './pets.ts'
import type { Stage } from './stage.ts'

/** Random families, and random things that happen to them. */

/** One act. */
export interface Act {
  perform(stage: Stage): unknown
}

/** An act that prints as its name, so that a failing schedule can be read. */
const act = <T extends object>(
  weight: number,
  name: string,
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
  perform: (stage: Stage, fields: T) => unknown,
) => ({
  weight,
  arbitrary: fc.record(fields).map((chosen): Act & fc.WithToStringMethod => ({
    perform: stage => perform(stage, chosen),
    [fc.toStringMethod]: () => `${name} ${JSON.stringify(chosen)}`,
  })),
})

const word = fc.constantFrom('sit', 'nothing', 'boom', 'log-boom', 'rest', 'nap', 'run', 'leave')
const name = fc.constantFrom('roll', 'silence', 'twice', 'boom', 'later')
const pet = fc.constantFrom('trainer', 'dog', 'puppy', 'hose', 'late')
const priority = fc.integer({ min: 1, max: 10 })
const ttl = fc.constantFrom(1, 1_000, 1e9)
const timeout = fc.constantFrom(100, 60_000)
const count = fc.integer({ min: 1, max: 40 })
const ms = fc.integer({ min: 1, max: 6_000 })
const size = fc.integer({ min: 1, max: 4 })
const to = fc.constantFrom('party/p1/dog', 'party/p1/puppy', 'runtime/dog')
const late = fc.constantFrom('late', 'later')
const supervisor = fc.constantFrom('kennel', undefined)

const acts = fc.oneof(
  act(12, 'say', { word, priority, ttl, timeout }, ({ runtime, wait, signal }, { word, ...options }) =>
    wait(runtime.bus.publish(command({ word }), { party: 'p1', signal: signal(), ...options })),
  ),
  act(6, 'wake', {}, ({ runtime, wait }) => wait(runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' }))),
  act(6, 'send', { pet, word }, ({ agent, wait }, { pet, word }) => wait(agent(pet).send(command({ word })))),
  act(6, 'train', { name }, ({ pets, wait }, { name }) => wait(pets.addInput(name))),
  act(3, 'retrain', { name }, ({ pets, wait }, { name }) => {
    const [oldest] = [...pets.state.inputs].map(({ inputId }) => inputId)
    return wait(pets.update({ add: [name, name], ...(oldest !== undefined && { remove: [oldest] }) }))
  }),
  act(6, 'ask', { to, name }, ({ runtime, wait, signal }, { to, name }) =>
    wait(runtime.ask(to, trick, { name }, { signal: signal() })),
  ),
  act(6, 'spray', { count }, ({ runtime, wait }, { count }) =>
    wait(runtime.bus.publish(spray({ from: 0, count }), { party: 'p1' })),
  ),
  act(6, 'tick', { ms }, ({ clock }, { ms }) => clock.advance(ms)),
  act(8, 'turn', {}, () => new Promise(setImmediate)),
  act(2, 'idle', {}, ({ pets, wait, signal }) => wait(pets.idle({ signal: signal() }))),
  act(2, 'abort', {}, stage => stage.abort()),
  act(2, 'spawn', { late, supervisor }, ({ spawn, wait }, { late, supervisor }) => wait(spawn(late, supervisor))),
  act(2, 'stop', { pet }, ({ agent, wait }, { pet }) => wait(agent(pet).stop())),
  act(3, 'scale', { size, timeout }, ({ pets, wait }, { size, timeout }) =>
    wait(Promise.resolve().then(() => pets.pool('litter').scale(size, { timeout }))),
  ),
  act(1, 'delete', {}, ({ runtime, wait }) => wait(runtime.parties.delete('p1'))),
)

const strategy = fc.constantFrom('one_for_one' as const, 'one_for_all' as const, 'rest_for_one' as const)
const restart = fc.constantFrom('permanent' as const, 'transient' as const, 'temporary' as const)
const overflow = fc.oneof(
  fc.constant('backpressure' as const),
  fc.constantFrom('reject' as const, 'drop-newest' as const, 'drop-oldest' as const),
)
const capacity = fc.integer({ min: 1, max: 4 })
const coalesce = fc.constantFrom<MailboxOptions['coalesce'] & object>(
  {},
  { 'pets.command': ({ data }) => JSON.stringify(data) },
)
const onCrash = fc.constantFrom('drop' as const, 'redeliver' as const)
const onRestart = fc.constantFrom('reset' as const, 'keep' as const, 'anew' as const)

export const family: fc.Arbitrary<Family> = fc.record({
  strategy,
  intensity: fc.record({ max: fc.integer({ min: 0, max: 8 }), within: fc.constant(1_000) }),
  backoff: fc.option(fc.record({ initial: fc.constantFrom(10, 2_000) }), { nil: undefined }),
  kennel: fc.record({ strategy, restart }),
  restart: fc.record({ trainer: restart, dog: restart, puppy: restart, hose: restart }),
  litter: fc.constantFrom<Routing>('round-robin', 'least-mail', { hash: ({ data }) => JSON.stringify(data) }),
  dogs: fc.record({ onCrash, onRestart, mailbox: fc.record({ capacity, overflow, coalesce }) }),
  runs: fc.constantFrom('done' as const, 'failed' as const, 'endless' as const),
  trained: fc.constantFrom('dog' as const, 'runtime/dog' as const),
})

/** The seed that chooses the order of turns; half of the runs have the usual order. */
export const order = fc.option(fc.nat(), { nil: undefined, freq: 1 })

/** Up to 40 acts; without `max`, fast-check would hardly ever make more than ten. */
export const schedule = fc.array(acts, { size: 'max', maxLength: 40 })
