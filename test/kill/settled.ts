import type { Frame, Idle, Journal } from 'troupe'

/** Milliseconds that all may take to come to rest, on a machine that has much else to do. */
const patience = 60_000

/** Waits until nothing is left to be done, timers too. */
export async function settled(runtime: { idle(options: { readonly timeout: number }): Promise<Idle> }): Promise<void> {
  const limit = Date.now() + patience
  for (;;) {
    const { reason, waitingFor } = await runtime.idle({ timeout: patience })
    if (reason === 'settled') return
    if (Date.now() > limit) throw new Error(`it waits for ${JSON.stringify(waitingFor)}`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

/** All that a journal holds of a partition. */
export async function framesOf(journal: Journal, partition: string): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for await (const frame of journal.read(partition)) frames.push(frame)
  return frames
}
