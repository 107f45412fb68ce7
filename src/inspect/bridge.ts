/** The WebSocket close code for a viewer that makes way for another. */
export const madeWay = 1_013

/**
 * The page that passes a stream on to Stately's inspector in a frame. It begins when the inspector reports that it is ready. If
 * the server ends, the page tries every second to connect again; if the server closed the connection for another viewer, it does
 * not try.
 */
export function bridgePage(path: string, inspector: string): string {
  return `<!doctype html>
<title>Inspector</title>
<link rel="icon" href="data:,">
<style>
  html, body, iframe { display: block; margin: 0; width: 100%; height: 100%; border: 0 }
</style>
<iframe id="inspector" src="${inspector}"></iframe>
<script>
  const frame = document.getElementById('inspector')
  const target = new URL(frame.src).origin
  let socket
  const connect = () => {
    const mine = new WebSocket('ws://' + location.host + '${path}')
    socket = mine
    mine.onmessage = message => frame.contentWindow.postMessage(JSON.parse(message.data), target)
    // Does not connect again if this connection was closed for another viewer.
    mine.onclose = ({ code }) => code !== ${madeWay} && setTimeout(() => socket === mine && connect(), 1000)
  }
  window.addEventListener('message', ({ data, source }) => {
    if (source !== frame.contentWindow || data?.type !== '@statelyai.connected') return
    const before = socket
    connect()
    before?.close()
  })
</script>
`
}
