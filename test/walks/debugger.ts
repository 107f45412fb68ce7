import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MessagePort, workerData } from 'node:worker_threads'
import type { Call, Place } from './recorder.ts'

// The debugger of the main thread: it stops at the beginning of each function, notes it, and goes on.

const { places, port, root } = workerData as { places: readonly Place[]; port: MessagePort; root: string }
const calls: Call[] = []
const scripts = new Map<string, string>()
const urls = new Map<string, string>()
const session = new Session()
session.connectToMainThread()
session.on('Debugger.scriptParsed', ({ params: { url, scriptId } }) => {
  scripts.set(url, scriptId)
  urls.set(scriptId, url)
})
session.on('Debugger.paused', ({ params: { callFrames } }) => {
  const [here] = callFrames
  const [file, by] = callFrames.flatMap(({ location }) => fileOf(urls.get(location.scriptId) ?? '') ?? [])
  if (here && file !== undefined) calls.push({ file, name: here.functionName, by })
  void session.post('Debugger.resume')
})
// The port keeps this thread alive; a session does not.
port.on('message', () => port.postMessage(calls))
await session.post('Debugger.enable')
for (const place of places) await stopAt(place)
port.postMessage('ready')

async function stopAt({ url, offset }: Place): Promise<void> {
  const scriptId = scripts.get(url)
  if (scriptId === undefined) return
  const before = readFileSync(fileURLToPath(url), 'utf8').slice(0, offset).split('\n')
  const start = { scriptId, lineNumber: before.length - 1, columnNumber: before.at(-1)?.length ?? 0 }
  const { locations } = await session.post('Debugger.getPossibleBreakpoints', { start, restrictToFunction: true })
  const [location] = locations
  if (location) await session.post('Debugger.setBreakpoint', { location })
}

function fileOf(url: string): string | undefined {
  if (!url.startsWith('file://')) return undefined
  const file = relative(root, fileURLToPath(url))
  return file.startsWith('src/') ? file : undefined
}
