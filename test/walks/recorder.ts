import { Session as OwnSession } from 'node:inspector/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'

/** A function of `src` that ran, in the order in which functions began. */
export interface Call {
  readonly file: string
  readonly name: string
  /** The file of `src` that called it; none if the engine did. */
  readonly by: string | undefined
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const fileOf = (url: string) => (url.startsWith('file://') ? relative(root, fileURLToPath(url)) : url)

/** Where the debugger stops, if not at each function: `name file`, separated by commas. */
const [, , stops] = process.argv
const wanted = stops === undefined ? undefined : new Set(stops.split(','))

/**
 * Records which functions of `src` an action calls, by a debugger that stops at the beginning of each. The action runs three
 * times: the first time loads what is loaded late, the second time shows which functions it calls, the third time is recorded.
 */
export async function record(action: () => Promise<unknown>): Promise<readonly Call[]> {
  await action()
  const places = await placesOf(action)
  const { port1, port2 } = new MessageChannel()
  const debuggerThread = new Worker(new URL('debugger.ts', import.meta.url), {
    workerData: { places, port: port2, root },
    transferList: [port2],
  })
  await nextMessage(port1)
  await action()
  port1.postMessage('stop')
  const calls = await nextMessage(port1)
  await debuggerThread.terminate()
  return calls as readonly Call[]
}

/** Where the functions begin that an action calls. */
export interface Place {
  readonly url: string
  readonly offset: number
}

async function placesOf(action: () => Promise<unknown>): Promise<readonly Place[]> {
  const session = new OwnSession()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await session.post('Profiler.takePreciseCoverage')
  await action()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  return result
    .filter(({ url }) => fileOf(url).startsWith('src/'))
    .flatMap(({ url, functions }) =>
      functions.flatMap(({ functionName, ranges: [range] }) => {
        const isWanted = wanted === undefined || wanted.has(`${functionName} ${fileOf(url)}`)
        return isWanted && range && range.count > 0 ? [{ url, offset: range.startOffset }] : []
      }),
    )
}

function nextMessage(port: MessagePort): Promise<unknown> {
  return new Promise(resolve => port.once('message', resolve))
}
