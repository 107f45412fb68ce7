import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const packages = join(import.meta.dirname, '../../node_modules')

/** Where the receiver of Stately and what it imports are, for a page without a bundler. */
const imports = {
  '@statelyai/inspect': '/@statelyai/inspect/dist/index.mjs',
  '#uuid': '/@statelyai/inspect/dist/uuid-browser.mjs',
  'copy-anything': '/copy-anything/dist/index.js',
  'fast-safe-stringify': '/fast-safe-stringify/index.js',
  'is-what': '/is-what/dist/index.js',
  'isomorphic-ws': '/isomorphic-ws/browser.js',
  partysocket: '/partysocket/dist/index.mjs',
  'safe-stable-stringify': '/safe-stable-stringify/esm/wrapper.js',
  superjson: '/superjson/dist/esm/index.js',
  xstate: '/xstate/dist/xstate.esm.js',
}

/** Stands in for the page of Stately's inspector: reads by Stately's receiver, and calls the function `told` with all of it, in batches. */
const html = `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { createBrowserReceiver } from '@statelyai/inspect'
  const count = document.querySelector('output')
  let batch = []
  createBrowserReceiver().subscribe(event => {
    count.value = Number(count.value) + 1
    if (batch.push(event) > 1) return
    setTimeout(() => {
      told(batch)
      batch = []
    })
  })
</script>
Events: <output>0</output>
`

/** Serves that page, and resolves with its address. */
export async function serveInspectorPage(): Promise<string> {
  const server = createServer(({ url = '/' }, response) => {
    const file = fileAt(url)
    if (url === '/inspect') response.writeHead(200, { 'content-type': 'text/html' }).end(html)
    else if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/javascript' }).end(asModule(readFileSync(file, 'utf8')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/inspect`
}

/** Some leave out the ending. */
function fileAt(url: string): string | undefined {
  const file = join(packages, url)
  return [file, `${file}.js`].find(one => /\.m?js$/.test(one) && existsSync(one))
}

/** Some are no modules for a browser yet. */
function asModule(code: string): string {
  if (!/^(?:module\.)?exports\b/m.test(code)) return code
  return `const module = { exports: {} }, exports = module.exports\n${code}\nexport default module.exports\n`
}
