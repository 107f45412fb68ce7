import { ServiceBroker } from '../../peers/moleculer.ts'
import { inTens } from './in-tens.ts'
import { type, typedRounds } from './rounds.ts'

export const moleculer = typedRounds(async hears => {
  const broker = new ServiceBroker({ logger: false, internalServices: false })
  for (const [place, hear] of hears.entries())
    broker.createService({ name: `hearer-${place}`, events: { [type]: ({ params }) => hear(params.n) } })
  await broker.start()
  return {
    publish: (first, size) => inTens(first, size, n => broker.broadcastLocal(type, { n })),
    async crowd(types, hearOther) {
      broker.createService({
        name: 'others',
        events: Object.fromEntries(types.map(other => [other, () => hearOther()])),
      })
      await broker.waitForServices(['others'])
    },
  }
})
