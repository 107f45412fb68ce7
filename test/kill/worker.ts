import { env } from 'node:process'
import { parentPort } from 'node:worker_threads'
import { serve } from '../../src/sqlite/serve.ts'
import { dyingAt } from './cut.ts'

// The thread of a journal. It ends its process inside a transaction, or after the transaction and before the acknowledgement.
const reached = dyingAt(Number(env['CUT_TURN']))
let isWritten = false

if (env['CUT_STAGE'] === 'committed' && parentPort) {
  const port = parentPort
  const tell = port.postMessage.bind(port)
  port.postMessage = (...what: Parameters<typeof tell>) => {
    if (isWritten) reached()
    isWritten = false
    tell(...what)
  }
}

serve({
  beforeCommit: () => {
    if (env['CUT_STAGE'] === 'inserted') reached()
    isWritten = true
  },
})
