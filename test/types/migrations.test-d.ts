import { agentTypes, defineAgent, type Migrations, migration } from 'troupe'
import { expectTypeOf } from 'vitest'
import { type StateValue, setup } from 'xstate'
import * as z from 'zod'

interface Counted {
  readonly guests: number
  readonly currency: 'USD' | 'EUR'
  readonly names: string[]
  readonly note?: string
}
const context: Counted = { guests: 0, currency: 'USD', names: [] }
const machine = setup({ types: agentTypes({ context, hears: [], says: [] }) }).createMachine({
  version: '3',
  context,
  initial: 'idle',
  states: { idle: {}, counting: { initial: 'first', states: { first: {}, second: {} } } },
})
const agent = { name: 'host', machine, hears: [], says: [] } as const
const old = z.object({ guests: z.number() })

// ---- the old context is that of the schema, the old value any ----

migration(z.object({ guests: z.string().transform(Number) }), ({ value, context, status }) => {
  expectTypeOf(value).toEqualTypeOf<StateValue>()
  expectTypeOf(context).toEqualTypeOf<{ guests: number }>()
  expectTypeOf(status).toEqualTypeOf<'active' | 'done' | 'error' | 'stopped'>()
  return { context }
})
// @ts-expect-error a migration without a context
migration(old, () => ({ value: 'idle' }))
// @ts-expect-error a migration that takes its time
migration(old, async ({ context }) => ({ context }))

// ---- what it makes fits the machine, without a word of its author's ----

defineAgent({
  ...agent,
  migrations: {
    '0': migration(old, ({ context }) => ({ context: { ...context, currency: 'USD', names: [] } })),
    '1': migration(old, ({ value, context }) =>
      value === 'asking'
        ? { value: { counting: 'second' }, context: { ...context, currency: 'EUR', names: ['Ada'], note: 'asked' } }
        : { value: 'counting', context: { ...context, currency: 'USD', names: [] } },
    ),
    // A value that is handed through is looked at when it is there.
    '2': migration(old, ({ value, context: { guests } }) => ({
      value: value === 'asking' ? 'counting' : value,
      context: { guests, currency: guests > 1 ? 'USD' : 'EUR', names: [] },
    })),
  },
})
defineAgent({
  ...agent,
  migrations: {
    // Checked by the migration that leads on.
    '1': migration(old, ({ context: { guests } }) => ({ value: 'other', context: { many: guests } }), { to: '2' }),
    '2': migration(z.object({ many: z.number() }), ({ context: { many } }) => ({
      value: 'idle',
      context: { guests: many, currency: 'USD', names: [] },
    })),
  },
})
const anyhow: Migrations = {}
defineAgent({ ...agent, migrations: anyhow })

defineAgent({
  ...agent,
  // @ts-expect-error A migration leads to a state or a context that the machine does not have.
  migrations: {
    '1': migration(old, ({ context }) => ({ value: 'countin', context: { ...context, currency: 'USD', names: [] } })),
  },
})
defineAgent({
  ...agent,
  // @ts-expect-error A migration leads to a state or a context that the machine does not have.
  migrations: {
    '1': migration(old, ({ context }) => ({
      value: { counting: 'third' },
      context: { ...context, currency: 'USD', names: [] },
    })),
  },
})
defineAgent({
  ...agent,
  // @ts-expect-error A migration leads to a state or a context that the machine does not have.
  migrations: { '1': migration(old, ({ context }) => ({ context })) },
})
defineAgent({
  ...agent,
  // @ts-expect-error A migration leads to a state or a context that the machine does not have.
  migrations: {
    '1': migration(old, ({ context }) => ({ context: { ...context, currency: 'USD', names: [] } })),
    '2': migration(old, ({ context }) => ({ context: { ...context, currency: 'yen', names: [] } })),
  },
})

// ---- the example of `migration` ----

{
  const context = { guests: 0, currency: 'USD' }
  const machine = setup({ types: agentTypes({ context, hears: [], says: [] }) }).createMachine({
    version: '2',
    context,
    initial: 'counting',
    states: { counting: {}, counted: {} },
  })
  const fromFirst = migration(z.object({ guests: z.number() }), ({ value, context }) => ({
    value: value === 'asking' ? 'counting' : 'counted',
    context: { ...context, currency: 'USD' },
  }))
  const host = defineAgent({ name: 'host', machine, hears: [], says: [], migrations: { '1': fromFirst } })
  expectTypeOf(host.name).toEqualTypeOf<'host'>()
}
