import { ServiceBroker } from '../../peers/moleculer.ts'
import { askRounds, timeLimit } from './rounds.ts'

export const moleculer = askRounds(async () => {
  const broker = new ServiceBroker({ logger: false, internalServices: false })
  broker.createService({ name: 'bench', actions: { double: ({ params }) => params.n * 2 } })
  await broker.start()
  return async n => Number(await broker.call('bench.double', { n }, { timeout: timeLimit }))
})
