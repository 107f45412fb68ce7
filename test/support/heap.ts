import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage; resolves to the used bytes. */
export async function collected(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  // Objects that a promise or a turn held are free in the next turn.
  for (let times = 0; times < 3; times++) {
    await new Promise(setImmediate)
    collect()
  }
  return process.memoryUsage().heapUsed
}

/** How many of some objects are still reachable. */
export async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  await collected()
  return refs.filter(ref => ref.deref()).length
}
