import type { Frame, Idle, Journal } from 'troupe'

/** Milliseconds until all agents must rest, also on a busy machine. */
const patience = 60_000

/** Waits until no work and no timers are left. */
export async function settled(runtime: { idle(options: { readonly timeout: number }): Promise<Idle> }): Promise<void> {
  const limit = Date.now() + patience
  for (;;) {
    const { reason, waitingFor } = await runtime.idle({ timeout: patience })
    if (reason === 'settled') return
    if (Date.now() > limit) throw new Error(`it waits for ${JSON.stringify(waitingFor)}`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

/** All frames of a partition. */
export async function framesOf(journal: Journal, partition: string): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for await (const frame of journal.read(partition)) frames.push(frame)
  return frames
}
