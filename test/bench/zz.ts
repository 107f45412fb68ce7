import { createRuntime, defineEvent } from 'troupe'
import * as z from 'zod'
const tick = defineEvent('bench.tick', z.object({ n: z.int() }), { persist: false })
const { bus } = await createRuntime({ events: [tick] }).start()
let heard = 0
bus.subscribe(tick, ({ data }) => { heard += data.n })
for (let r = 0; r < 6; r++) {
  const N = 1_000_000
  const t = performance.now()
  for (let i = 0; i < N; i++) { void bus.publish(tick({ n: i })); if ((i & 255) === 0) await null }
  const a = performance.now() - t
  let t2 = performance.now()
  for (let i = 0; i < N; i++) { heard += tick({ n: i }).data.n; if ((i & 255) === 0) await null }
  t2 = performance.now() - t2
  console.log('publish+make', (a / N * 1e6).toFixed(0), 'ns; make alone', (t2 / N * 1e6).toFixed(0))
}
process.exit()
