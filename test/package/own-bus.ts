import { createRuntime, defineEvent, defineTransform } from 'troupe'
import * as z from 'zod'

const ordered = defineEvent('shop.ordered', z.object({ item: z.string(), price: z.int() }), { tags: ['money'] })
const paid = defineEvent('shop.paid', z.object({ item: z.string() }))

// What is said between publish and delivery: nobody hears of an order that is not trimmed.
const trim = defineTransform({ name: 'trim', on: ordered, enrich: ({ data }) => ({ item: data.item.trim() }) })

const runtime = await createRuntime({
  events: [ordered, paid],
  transforms: [trim],
  rateLimit: { perSecond: 100, burst: 50, source: { perSecond: 20 }, exceeded: 'delay' },
}).start()
const { bus } = runtime

// What a subscriber publishes gets the correlation id of the event that it was called with.
bus.subscribe(ordered, async ({ data }) => void (await bus.publish(paid({ item: data.item }))))

// One that keeps its place under a name misses nothing, however slow it is, and goes on where it was.
const sums: number[] = []
const ledger = bus.subscribe(ordered, async ({ data }) => void sums.push(data.price), {
  durable: 'ledger',
  filter: ({ data }) => data.price > 0,
})

// The same as a loop; leaving it ends it.
const paying = bus.events('shop.paid')
const order = await bus.publish(ordered({ item: ' cake ', price: 12 }), { source: 'counter', priority: 2 })
for await (const { data, causationid } of paying) {
  console.log(data, causationid === order.id) // { item: 'cake' } true
  break
}
console.log(sums, ledger.info.lag, bus.subscriptions('ledger').length) // [ 12 ] 0 1

// Calls a function or a subscription again with the events in the journal, ten times as fast; nothing else happens.
const since = { type: [ordered, paid], from: Date.now() - 60_000 }
const { replayed } = await bus.replay(since, ({ type }) => console.log(type), { speed: 10 })
console.log(replayed, bus.metrics().types['shop.ordered']?.published) // 2 1
await runtime.stop()
