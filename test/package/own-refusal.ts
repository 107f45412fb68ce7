import { agentTypes, createRuntime, defineAgent, defineRequest } from 'troupe'
import { emit, setup } from 'xstate'
import * as z from 'zod'

const getUser = defineRequest('get.user', {
  input: z.object({ id: z.string() }),
  output: z.object({ name: z.string() }),
  refusals: { NO_SUCH_USER: z.object({ id: z.string() }) },
})
const hears = [getUser]
const machine = setup({ types: agentTypes({ context: {}, hears, says: hears }) }).createMachine({
  on: {
    'get.user': {
      actions: emit(({ event }) => {
        const { id } = event.data
        return id === 'u1'
          ? getUser.reply(event, { name: 'Ada' })
          : getUser.fail(event, { code: 'NO_SUCH_USER', message: `Nobody is ${id}.`, data: { id } })
      }),
    },
  },
})
const users = defineAgent({ name: 'users', machine, hears, says: hears })

const runtime = await createRuntime({ agents: [users] }).start()
try {
  await runtime.ask('runtime/users', getUser, { id: 'u7' })
} catch (error) {
  if (getUser.isRefusal(error)) console.log(error.refusal.data.id) // u7
}
await runtime.stop()
